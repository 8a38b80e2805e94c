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
    version: system.version,
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
  const os = own.os ?? usualOs(system);
  const { port, ...health } = { ...system.health, ...own.health };
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
    stateDir: value.stateDir === undefined ? undefined : path(value.stateDir, os),
    sudo: value.sudo ?? DEFAULTS.sudo,
    commands: { ...system.commands, ...own.commands },
    bootIdFile: value.bootIdFile,
    returnMinutes: value.returnMinutes ?? DEFAULTS.returnMinutes,
    restartDelaySeconds: value.restartDelaySeconds ?? DEFAULTS.restartDelaySeconds,
    restartReason: value.restartReason ?? DEFAULTS.restartReason,
    window: value.window,
    health: {
      ...health,
      ...(port !== undefined && { ports: [port].flat() }),
      settleSeconds: health.settleSeconds ?? DEFAULTS.settleSeconds,
      timeoutSeconds: health.timeoutSeconds ?? DEFAULTS.timeoutSeconds,
    },
    settingsPaths: (value.settingsPaths ?? []).map((one) => path(one, os)),
    eocortex: system.product === 'eocortex' ? eocortex(own, system, os) : undefined,
    banalytics: system.product === 'banalytics' ? banalytics(own, system, os, file) : undefined,
  };
}

/** What a server runs that does not say it itself. */
export function usualOs({ product, os }: Pick<SystemEntry, 'product' | 'os'>): OsFamily {
  return os ?? (product === 'banalytics' ? 'linux' : 'windows');
}

/** A system's jump host may be one of its own servers, which is then reached directly. */
function inheritedJump(id: string, host: string, jump: string | undefined): string | undefined {
  return jump === id || jump === host ? undefined : jump;
}

/**
 * A path as the server's own programs take it. Windows has `/` for options in many of them, and a backslash before a closing
 * quote hides the quote.
 */
function path(written: string, os: OsFamily): string {
  if (os !== 'windows' || written.startsWith('/')) return written;
  const back = written.replaceAll('/', '\\').replace(/\\+$/, '');
  return /^[A-Za-z]:$/.test(back) ? `${back}\\` : back;
}

function eocortex(own: ServerEntry, system: SystemEntry, os: OsFamily): EocortexSettings {
  const value = { ...system, ...own };
  const installer = { ...system.installer, ...own.installer };
  const usual = DEFAULTS.eocortex;
  return {
    version: value.version,
    releaseLines: system.releaseLines ?? [],
    installerArgs: installer.args ?? [...usual.installerArgs],
    installerTimeoutMinutes: installer.timeoutMinutes ?? usual.installerTimeoutMinutes,
    restart: value.restart ?? usual.restart,
    service: value.service ?? usual.service,
    home: path(value.home ?? usual.home, os),
    program: (value.program ?? usual.program).replaceAll('/', '\\'),
    uninstallName: value.uninstallName ?? usual.uninstallName,
  };
}

function banalytics(own: ServerEntry, system: SystemEntry, os: OsFamily, file: string): BanalyticsSettings {
  const value = { ...system, ...own };
  return {
    home: path(value.home ?? DEFAULTS.home, os),
    repository: value.repository === undefined ? undefined : repository(value.repository, file),
    updateType: value.updateType ?? DEFAULTS.updateType,
    // "if-needed" has been refused.
    restart: value.restart === 'service' ? 'service' : DEFAULTS.restart,
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
