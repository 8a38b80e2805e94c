import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { DEFAULTS } from './defaults';
import type { BanalyticsSettings, EocortexSettings, Fleet, OsFamily, Server, System } from './model';
import type { FleetFile, ServerEntry, SystemEntry } from './schema';

/** The fleet with each system's values laid under its servers' and defaults under both. `file` is an absolute path. */
export function resolveFleet(written: FleetFile, file: string): Fleet {
  return {
    name: written.name ?? basename(file).replace(/\.jsonc$/, ''),
    file,
    maxParallel: written.maxParallel,
    maxParallelPerSite: written.maxParallelPerSite,
    systems: Object.entries(written.systems).map(([id, system]) => resolveSystem(id, system, file)),
  };
}

function resolveSystem(id: string, system: SystemEntry, file: string): System {
  return {
    id,
    product: system.product,
    maxParallel: system.maxParallel,
    canary: system.canary ?? DEFAULTS.canary,
    waves: system.waves ?? [],
    maxFailures: system.maxFailures ?? DEFAULTS.maxFailures,
    soakMinutes: system.soakMinutes ?? DEFAULTS.soakMinutes,
    watchMinutes: system.watchMinutes ?? DEFAULTS.watchMinutes,
    onFailure: system.onFailure ?? DEFAULTS.onFailure,
    window: system.window,
    servers: Object.entries(system.servers ?? {}).map(([server, entry]) =>
      resolveServer(server, entry, id, system, file),
    ),
  };
}

function resolveServer(
  id: string,
  own: ServerEntry,
  systemId: string,
  system: SystemEntry,
  file: string,
): Server {
  const value = { ...system, ...own };
  const os: OsFamily = value.os ?? (system.product === 'banalytics' ? 'linux' : 'windows');
  const health = { ...system.health, ...own.health };
  return {
    id,
    system: systemId,
    product: system.product,
    host: own.host,
    port: value.port,
    user: value.user,
    jump: own.jump ?? inheritedJump(id, own.host, system.jump),
    identityFile: value.identityFile,
    os,
    app: value.app,
    role: value.role,
    site: value.site,
    failoverGroup: own.failoverGroup,
    tags: value.tags ?? [],
    outOfBand: value.outOfBand,
    stateDir: value.stateDir,
    sudo: value.sudo ?? DEFAULTS.sudo,
    commands: { ...system.commands, ...own.commands },
    bootIdFile: value.bootIdFile,
    returnMinutes: value.returnMinutes ?? DEFAULTS.returnMinutes,
    window: value.window,
    health: {
      ...health,
      settleSeconds: health.settleSeconds ?? DEFAULTS.settleSeconds,
      timeoutSeconds: health.timeoutSeconds ?? DEFAULTS.timeoutSeconds,
    },
    settingsPaths: value.settingsPaths ?? [],
    eocortex: system.product === 'eocortex' ? eocortex(own, system) : undefined,
    banalytics: system.product === 'banalytics' ? banalytics(own, system, os, file) : undefined,
  };
}

/** A system's jump host may be one of its own servers, which is then reached directly. */
function inheritedJump(id: string, host: string, jump: string | undefined): string | undefined {
  return jump === id || jump === host ? undefined : jump;
}

function eocortex(own: ServerEntry, system: SystemEntry): EocortexSettings {
  return {
    releaseLines: system.releaseLines ?? [],
    installerArgs: own.installer?.args ?? system.installer?.args ?? [...DEFAULTS.eocortexArgs],
  };
}

function banalytics(own: ServerEntry, system: SystemEntry, os: OsFamily, file: string): BanalyticsSettings {
  const value = { ...system, ...own };
  return {
    home: value.home ?? DEFAULTS.home,
    repository: value.repository === undefined ? undefined : repository(value.repository, file),
    updateType: value.updateType ?? DEFAULTS.updateType,
    restart: value.restart ?? DEFAULTS.restart,
    restartOnFailure: value.restartOnFailure ?? DEFAULTS.restartOnFailure,
    service: value.service ?? (os === 'windows' ? DEFAULTS.windowsService : DEFAULTS.service),
    environment: value.environment,
    modules: { ...system.modules, ...own.modules },
  };
}

/** An address as it stands, a folder as an absolute path: a relative one starts at the fleet file. */
function repository(root: string, file: string): string {
  if (/^[A-Za-z][A-Za-z0-9+.-]+:\/\//.test(root)) return root;
  if (/^~[\\/]/.test(root)) return join(homedir(), root.slice(2));
  return resolve(dirname(file), root);
}
