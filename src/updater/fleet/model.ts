import type { Share } from './share';

/**
 * What the user wrote, after reading: every server with its own and its system's settings already laid over each other.
 * The file format itself is `schema.ts`; this is what the rest of the core sees.
 */
export type ProductId = 'eocortex' | 'mirasys' | 'banalytics';
export type OsFamily = 'linux' | 'windows';

export interface Fleet {
  name: string;
  /** Absolute path of the file it was read from. */
  file: string;
  systems: System[];
  /** Servers that a rollout changes at the same time, in all systems together. */
  maxParallel?: number | undefined;
  /** The same, at one site. */
  maxParallelPerSite?: number | undefined;
}

export interface System {
  id: string;
  product: ProductId;
  /** That of its loaded package, where its product comes in one; a server may have its own. Undefined: none is named. */
  version: string | undefined;
  /** Servers updated at the same time; never above the product's own limit. Undefined: the product's default. */
  maxParallel: number | undefined;
  /** Size of the first wave; 0: none. */
  canary: number;
  /** Sizes of the waves behind the canary; the last is repeated. Empty: one wave of all. */
  waves: Share[];
  /** So many failures are borne; one more halts the rollout. */
  maxFailures: Share;
  /** Minutes that the first wave is watched before the next begins. */
  soakMinutes: number;
  /** Minutes that each server is watched after its part. */
  watchMinutes: number;
  onFailure: OnFailure;
  /** Of those of its servers that have none of their own. */
  window: Window | undefined;
  servers: Server[];
}

/** What becomes of a server whose update failed, and of the rollout: `keep` alone halts for nothing. */
export type OnFailure = 'stop' | 'roll-back' | 'keep';

/** When servers may be changed, by the clock on the wall: from `from` to `to` ("HH:MM"), which may be on the next day. */
export interface Window {
  from: string;
  to: string;
  /** "mon" to "sun", the day it opens on; undefined: every day. */
  days?: string[] | undefined;
  /** IANA name; undefined: the workstation's. */
  timeZone?: string | undefined;
}

export interface Server {
  /** Unique in the fleet. */
  id: string;
  /** Id of its system. */
  system: string;
  product: ProductId;
  host: string;
  /** Undefined: what `~/.ssh/config` says, else 22. */
  port: number | undefined;
  /** Undefined: what `~/.ssh/config` says, else the local user. */
  user: string | undefined;
  /** A name in `~/.ssh/config`, another server's id, or `user@host:port`. */
  jump: string | undefined;
  /** Private key file; `~` is the home folder. */
  identityFile: string | undefined;
  os: OsFamily;
  app: string | undefined;
  role: string | undefined;
  site: string | undefined;
  /** Servers of one group are never down together. */
  failoverGroup?: string | undefined;
  tags: string[];
  /** How to reach the machine when the network way is gone (iDRAC, KVM, a person's phone). */
  outOfBand: string | undefined;
  /** Absolute path on the server; undefined: the platform's default. */
  stateDir: string | undefined;
  /** Use `sudo -n` where the login user is not root and may. */
  sudo: boolean;
  /** How the machine and its service are commanded where it is not plain systemd. Words, never a shell line. */
  commands: ServerCommands;
  /** File whose content is the boot identity, for servers that share their kernel (containers, chroots). Linux: default `/proc/sys/kernel/random/boot_id`. */
  bootIdFile: string | undefined;
  /** Minutes a restarted server may be away before it counts as lost. */
  returnMinutes: number;
  /** Seconds between the order to restart a Windows machine and the restart. */
  restartDelaySeconds: number;
  /** One line, without a double quote, shown to whoever is logged on at a Windows machine that is restarted. */
  restartReason: string;
  /** Undefined: any time will do. */
  window: Window | undefined;
  health: HealthCheck;
  /** Files and folders saved before an update and put back by its rollback. */
  settingsPaths: string[];
  eocortex: EocortexSettings | undefined;
  banalytics: BanalyticsSettings | undefined;
}

export interface ServerCommands {
  /** Each is an argument list, run as it stands; exit code 0 is success. */
  reboot?: string[] | undefined;
  serviceRestart?: string[] | undefined;
  serviceStop?: string[] | undefined;
  serviceStart?: string[] | undefined;
  /** Exit code 0: the service runs. */
  serviceStatus?: string[] | undefined;
}

export interface HealthCheck {
  /** Run on the server; exit code 0 is healthy. */
  command?: string[] | undefined;
  /** TCP ports that must be listened on. */
  ports?: number[] | undefined;
  /** Asked for as the server sees it; a status below 400 is healthy. */
  url?: string | undefined;
  /** Seconds the service must stay up without a restart of its own. */
  settleSeconds: number;
  /** Seconds until the checks must have passed. */
  timeoutSeconds: number;
}

/** SYSTEMS.md section 1. */
export interface EocortexSettings {
  /** Version of the loaded package: what the system shall run. Undefined: the highest that is loaded. */
  version: string | undefined;
  /** Release lines ("4.5") beyond those that this version knows. */
  releaseLines: string[];
  /** Words given to the installer so that it asks nothing; without double quotes. */
  installerArgs: string[];
  /** An installer that takes longer is ended. */
  installerTimeoutMinutes: number;
  /**
   * `if-needed`: the machine is restarted where the installer asks for it (exit code 3010 or 1641); `reboot`: after every update;
   * `service`: never, only the service.
   */
  restart: 'if-needed' | 'reboot' | 'service';
  service: string;
  /** Install folder, with backslashes and without one at the end. */
  home: string;
  /** The server's executable, below `home` or absolute. */
  program: string;
  /** DisplayName of the product's uninstall entry in the registry. */
  uninstallName: string;
}

/** SYSTEMS.md section 3. `modules`: "group:artifact" → wanted version, null where it is not to be installed. */
export interface BanalyticsSettings {
  home: string;
  repository: string | undefined;
  updateType: 'manual' | 'on-boot';
  restart: 'reboot' | 'service';
  restartOnFailure: 'stop' | 'immediately' | '10s' | '30s' | '1m';
  service: string;
  environment: string | undefined;
  modules: Record<string, string | null>;
}

export function servers(fleet: Fleet): Server[] {
  return fleet.systems.flatMap((system) => system.servers);
}
