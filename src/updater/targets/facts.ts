import type { OsFamily } from '../fleet/model';

/**
 * What a server says of itself: the contract of `--facts FILE` and `status --facts-out FILE` (DESIGN.md section 5).
 * Fields that only some products have are optional; a recorded file may lack any optional one.
 */
export interface Facts {
  os: { family: OsFamily; name: string; build?: number };
  /** `x64`, `x86`, `arm64`, or what the server calls it. */
  arch: string;
  /** Windows: the machine's own short name, which its local accounts begin with. */
  computerName?: string;
  bootId: string | null;
  /** Bytes free where the system, our state folder and the product's home lie. */
  freeBytes: { system: number; state: number; home?: number };
  installed: { version: string; app?: string; arch?: string } | null;
  service?: ServiceFact;
  hotfixes?: string[];
  dotnetRelease?: number;
  /** Windows: false where 32-bit programs do not start. */
  runs32Bit?: boolean;
  storage?: { fileSystem: string; disks: number; textChannels: boolean };
  /** Banalytics: "group:artifact" → active version. */
  modules?: Record<string, string>;
  /** Banalytics: no modules-info.properties, so a fresh installation. */
  firstRun?: boolean;
  /** Banalytics: there is no home folder at all. */
  homeMissing?: boolean;
  /** Packages that lie on the server, complete and verified there. */
  loaded: LoadedFact[];
  /** Versions, oldest first, the installed one last. */
  history: string[];
  /** The same, with all that the server keeps of each; absent in hand-written files. */
  entries?: HistoryEntry[];
  job: JobFact | null;
  /** Bytes in use, by the name the product asked under (`modules`, `config`, …). */
  sizes?: Record<string, number>;
  /** Folders that our user may not write, by the same names. */
  readOnly?: string[];
  /** Which file systems `freeBytes` speak of; the same word is the same file system. */
  volumes?: Record<string, string>;
  /** Programs found there that some step may need: `unzip`, `systemd`, … */
  tools?: string[];
  /** The login user, and whether commands run as root (directly or by sudo). */
  user?: { name: string; root: boolean };
}

export interface ServiceFact {
  name: string;
  state: 'running' | 'stopped' | 'failed' | 'missing' | 'unknown';
  account?: string;
  accountHasProfile?: boolean;
}

export interface LoadedFact {
  version: string;
  sha256: string;
  /** File name there; with `module`, `kind` filled in from the library where it knows the package. */
  file?: string;
  module?: string;
  kind?: string;
}

/** One entry of the rollback stack. */
export interface HistoryEntry {
  id: string;
  version: string;
  modules: Record<string, string>;
  /** Id under `backups/` that holds the state *before* this entry; null where there is none (found, not installed by us). */
  backup: string | null;
  /** What that backup holds: its name there and the path it came from. */
  kept: { name: string; path: string }[];
  /** The installer that brought it, for products that are installed whole; it lies among the server's packages. */
  package?: { sha256: string; file: string };
  /** Seconds since 1970, by the server's clock. */
  at: number;
  by: string;
}

export interface JobFact {
  id: string;
  action: 'install' | 'rollback' | 'restart';
  /** Version it leads to. */
  to: string | null;
  /** running: its process lives. interrupted: neither running nor ended. done, failed, cancelled: ended. */
  state: 'running' | 'interrupted' | 'done' | 'failed' | 'cancelled';
  /** Who started it: user@workstation. */
  by: string;
  /** Seconds since 1970, by the server's clock. */
  since: number;
  /** The step it is in, or ended in. */
  step: string | null;
  /** Why it failed. */
  message: string | null;
  /** Armed: it begins by itself then (ISO 8601). */
  startsAt?: string;
}

/** A job that waits on the server for its time. */
export function isArmed({ startsAt, step }: Pick<JobFact, 'startsAt' | 'step'>): boolean {
  return startsAt !== undefined && (step === null || step === 'wait');
}

/** A job of that rollout: behind its id stands a number. */
export const isOfRollout = ({ id }: Pick<JobFact, 'id'>, rollout: string): boolean =>
  id.startsWith(`${rollout}-`);

/** A job that runs, or was interrupted and can be gone on with. */
export const isUnended = ({ state }: Pick<JobFact, 'state'>): boolean =>
  state === 'running' || state === 'interrupted';
