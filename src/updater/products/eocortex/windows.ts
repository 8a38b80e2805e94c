import { win32 } from 'node:path';
import { FleetError } from '../../errors';
import type { EocortexSettings, Server } from '../../fleet/model';
import { compareVersions, isVersion } from '../../packages/versions';
import type { HistoryEntry } from '../../targets/facts';
import type { JobLine } from '../../targets/platform';
import { windowsCommandLine } from '../../targets/windows/words';
import { healthLines } from '../health';
import { historyEntry } from '../history-entry';
import type { Hands, JobContext, JobPart } from '../product';
import { installerFile, wanted, type InstallerFile } from './supply';

/** 10^6 bytes; the vendor asks for 5 GB on the system drive (`eocortex.free-space`). */
const leastFreeMb = '5000';

const step = (...words: JobLine['words']): JobLine => ({ kind: 'step', words });
const undo = (...words: JobLine['words']): JobLine => ({ kind: 'undo', words });

function settings(server: Server): EocortexSettings {
  if (server.eocortex === undefined) throw new Error(`${server.id} is no Eocortex server`);
  return server.eocortex;
}

/** The server's executable: what says the version where the list of programs does not. */
function executable(server: Server): string {
  const { home, program } = settings(server);
  return win32.isAbsolute(program) ? program : win32.join(home, program);
}

/** What the runner is told of the product; it knows none by itself. */
function told(server: Server): Record<string, string[]> {
  const { service, uninstallName } = settings(server);
  return {
    service: [service],
    program: [uninstallName],
    'program-length': [String(uninstallName.length)],
    executable: [executable(server)],
  };
}

const keeps = ({ settingsPaths }: Server): { name: string; path: string }[] =>
  settingsPaths.map((path, index) => ({ name: `settings-${index}`, path }));

/** The installer, and the restart of the machine that it may ask for. */
function installing({ server }: JobContext, file: InstallerFile): JobLine[] {
  const { installerArgs, installerTimeoutMinutes, restart } = settings(server);
  const words = windowsCommandLine(installerArgs);
  const run = [
    'run',
    file.sha256,
    file.file,
    file.format,
    plain(file.version),
    String(installerTimeoutMinutes),
  ];
  const restarts = { 'if-needed': 'if-asked', reboot: 'always', service: 'never' } as const;
  return [
    step(...(run as [string, ...string[]]), ...(words === '' ? [] : [words])),
    step('restart', restarts[restart]),
  ];
}

const health = ({ server }: JobContext): JobLine[] =>
  healthLines(server, (command) => [windowsCommandLine(command)]);

/** As the runner compares versions: without zeros at the end. */
const plain = (version: string): string => version.replace(/(?:\.0)+$/, '');

/** Settings are backed up only with the service stopped: the vendor forbids touching them while it runs, reading included. */
function installJob(context: JobContext): JobPart {
  const { facts, jobId, platform, jobDir, server } = context;
  const version = wanted(context);
  const file = version === null ? null : installerFile(context, version);
  if (version === null || file === null) throw notLoaded(server, version ?? 'a version');
  const kept = keeps(server);
  const made = { jobId, by: context.by, at: context.now };
  const at = (name: string): string => platform.join(jobDir, name);
  const from = facts.installed?.version;
  const files: Record<string, string> = {
    entry: historyEntry({ id: jobId, version, backup: true, kept, package: file }, made),
  };
  const found = `${jobId}-found`;
  const top = facts.entries?.at(-1)?.version;
  const unknownBefore =
    from !== undefined && (top === undefined || !isVersion(top) || compareVersions(top, from) !== 0);
  // The stack's lowest entry, or a version that somebody else installed over ours, was not recorded by us: it is found.
  if (unknownBefore) files.found = historyEntry({ id: found, version: from, backup: false, kept: [] }, made);
  return {
    settings: told(server),
    files,
    lines: [
      step('check-space', 'system', leastFreeMb),
      step('check-package', file.sha256, file.file),
      step('check-idle'),
      ...(unknownBefore ? [step('record', at('found'), found), undo('unrecord', found)] : []),
      step('stop'),
      undo('start'),
      ...kept.map(({ name, path }) => step('backup', name, path)),
      ...installing(context, file),
      step('check-version', plain(version)),
      // The version is there, so from here on the way back is a rollback: a version that does not start has one too.
      step('record', at('entry'), jobId),
      undo('unrecord', jobId),
      step('commit'),
      step('start'),
      ...kept.map(({ name }) => step('seal', name)),
      ...health(context),
    ],
  };
}

/** The installer of the version before, then the settings as they were before the update that is taken back. */
function rollbackJob(context: JobContext, entry: HistoryEntry): JobPart {
  const { facts, jobId, server } = context;
  const from = entry.backup;
  const below = facts.entries?.at(-2);
  if (from === null || below === undefined)
    throw new FleetError(
      'plan.blocked',
      `${server.id} keeps no backup of what was there before ${entry.version}.`,
      { server: server.id, hint: 'Install an earlier version of the same release line instead.' },
    );
  const file = installerFile(context, below.version);
  if (file === null) throw notLoaded(server, below.version);
  return {
    settings: told(server),
    files: {},
    lines: [
      step('check-space', 'system', leastFreeMb),
      step('check-package', file.sha256, file.file),
      step('check-idle'),
      ...entry.kept.map(({ name }) => step('check-backup', from, name)),
      step('stop'),
      undo('start'),
      // What is replaced is kept: nobody else has it.
      ...entry.kept.map(({ name, path }) => step('backup', name, path)),
      ...installing(context, file),
      // The installer may have started it.
      step('stop'),
      ...entry.kept.map(({ name, path }) => step('restore', from, name, path)),
      step('start'),
      step('check-version', plain(below.version)),
      step('commit'),
      step('unrecord', entry.id),
      ...entry.kept.map(({ name }) => step('seal', name)),
      ...health({ ...context, jobId }),
    ],
  };
}

function restartJob(context: JobContext): JobPart {
  const { server } = context;
  const service = settings(server).restart === 'service';
  return {
    settings: told(server),
    files: {},
    lines: [
      service ? step('restart-service') : step('restart', 'always'),
      step('commit'),
      step('start'),
      ...health(context),
    ],
  };
}

function notLoaded(server: Server, version: string): FleetError {
  return new FleetError('package.not-loaded', `The installer of ${version} is not in the library.`, {
    server: server.id,
    hint: 'Load its file, then run the same action again.',
  });
}

/** Eocortex on Windows: what a server is asked, and the jobs that install and roll back. */
export const windows: Hands = {
  asks(server) {
    const { service, uninstallName } = settings(server);
    // Nothing of the settings: the vendor forbids touching them while the server runs.
    return [
      { ask: 'service', name: service },
      { ask: 'program', name: uninstallName, path: executable(server) },
    ];
  },

  read(server, answers) {
    const { account, accountHasProfile, program = null } = answers.windows ?? {};
    return {
      installed:
        program === null ? null : { ...program, ...(server.app !== undefined && { app: server.app }) },
      service: {
        name: settings(server).service,
        state: answers.service ?? 'unknown',
        ...(account !== undefined && { account }),
        ...(accountHasProfile !== undefined && { accountHasProfile }),
      },
    };
  },

  installJob,
  rollbackJob,
  restartJob,

  reached({ facts, to }, action) {
    if (action === 'restart' || action === 'download') return true;
    const installed = facts.installed?.version;
    return (
      to !== null && installed !== undefined && isVersion(installed) && compareVersions(installed, to) === 0
    );
  },
};
