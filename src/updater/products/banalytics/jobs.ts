import { FleetError } from '../../errors';
import { activeFileName } from '../../packages/coordinates';
import type { PackageInfo } from '../../packages/package-info';
import type { HistoryEntry } from '../../targets/facts';
import type { JobLine } from '../../targets/platform';
import { healthLines } from '../health';
import { historyEntry } from '../history-entry';
import type { JobContext, JobPart } from '../product';
import { needs, room } from './plan';
import { activeSet, changes, desiredSet, sameSet, settings, writeModulesInfo } from './set';

const marker = 'modules-info.properties';
/** Seconds that the product may take from its start until it has swapped the staged set in. */
const swapSeconds = '180';

const step = (...words: JobLine['words']): JobLine => ({ kind: 'step', words });
const undo = (...words: JobLine['words']): JobLine => ({ kind: 'undo', words });

function places(context: JobContext): Record<'home' | 'active' | 'staged' | 'models' | 'config', string> {
  const { home } = settings(context.server);
  const join = (...names: [string, ...string[]]): string => context.platform.join(...names);
  return {
    home,
    active: join(home, 'modules'),
    staged: join(home, 'modules-upgrade'),
    models: join(home, 'models'),
    config: join(home, 'config'),
  };
}

/** What is saved before an update: the active set, the user's settings, and the models if the update brings new ones. */
function keeps(context: JobContext, withModels: boolean): { name: string; path: string }[] {
  const { active, config, models } = places(context);
  return [
    { name: 'modules', path: active },
    { name: 'config', path: config },
    ...(withModels ? [{ name: 'models', path: models }] : []),
    ...context.server.settingsPaths.map((path, index) => ({ name: `settings-${index}`, path })),
  ];
}

/** The restart, and the proofs after it. Behind `commit` nothing is taken back: the new set runs, whatever the history says. */
function activate(context: JobContext, markerFile: string, record: JobLine, stopped: boolean): JobLine[] {
  const { active } = places(context);
  const restart =
    settings(context.server).restart === 'reboot' ? 'restart' : stopped ? 'start' : 'restart-service';
  return [
    step(restart),
    step('check-swap', markerFile, context.platform.join(active, marker), swapSeconds),
    step('commit'),
    record,
    ...checks(context),
  ];
}

const checks = ({ server }: JobContext): JobLine[] => healthLines(server, (command) => command);

export function installJob(context: JobContext): JobPart {
  const { facts, jobDir, jobId, platform, server, to } = context;
  const { home, active, staged, models } = places(context);
  const wanted = desiredSet(server, to);
  const files = needs(context).map((need): PackageInfo => {
    if (need.package !== null) return need.package;
    throw new FleetError('package.not-loaded', `${need.module} ${need.version} is not in the library.`, {
      server: server.id,
      hint: 'Load it, or set a `repository` that has it.',
    });
  });
  const version = facts.installed?.version ?? null;
  const changed = new Set(changes(activeSet(facts), wanted).map((change) => change.module));
  const newModels = files.filter((info) => info.kind === 'model' && changed.has(info.module ?? ''));
  const kept = keeps(context, newModels.length > 0);
  const stagedMarker = platform.join(jobDir, marker);
  const sums = platform.join(jobDir, 'staged.sums');
  const kib = (bytes: number): string => String(Math.ceil(bytes / 1024));
  const need = room(context);

  const made = { jobId, by: context.by };
  const history: Record<string, string> = {
    entry: historyEntry(
      {
        id: jobId,
        version: to ?? wantedCore(wanted),
        modules: wanted,
        backup: true,
        kept,
      },
      made,
    ),
  };
  const lines: JobLine[] = [
    step('check-space', home, kib(need.home)),
    step('check-space', platform.stateDir(server), kib(need.state)),
    ...files.map((info) => step('check-package', info.sha256, info.file)),
  ];
  // The stack's lowest entry, or one that somebody else installed over ours, was not recorded by us: it is found.
  const top = facts.entries?.at(-1);
  if (version !== null && (top === undefined || !sameSet(top.modules, activeSet(facts)))) {
    const id = `${jobId}-found`;
    history.found = historyEntry({ id, version, modules: activeSet(facts), backup: false, kept: [] }, made);
    lines.push(step('record', platform.join(jobDir, 'found')), undo('unrecord', id));
  }
  lines.push(
    ...kept.map(({ name, path }) => step('backup', name, path)),
    step('remove', platform.join(staged, marker)),
    step('clear', staged),
    undo('clear', staged),
    ...files.flatMap((info) => stage(context, info, staged)),
    // Behind the first of them: whichever fails, all are taken back.
    ...newModels.flatMap((info, index) => [
      step('unpack', context.packagePath(info), models),
      ...(index === 0 ? [undo('restore', jobId, 'models', models)] : []),
    ]),
    ...(newModels.length > 0
      ? [step('check-sums', platform.join(jobDir, 'models.sums'), models), step('own', models, home)]
      : []),
    step('own', staged, home),
    step('arm', stagedMarker, staged, sums, platform.join(active, marker)),
    undo('remove', platform.join(staged, marker)),
    ...activate(context, stagedMarker, step('record', platform.join(jobDir, 'entry')), false),
  );
  return {
    lines,
    files: {
      ...history,
      [marker]: writeModulesInfo(
        files
          .filter((info) => info.kind === 'core' || info.kind === 'module')
          .map((info) => ({ module: info.module ?? '', version: info.version, uploaded: info.uploaded })),
      ),
      'staged.sums': stagedSums(files),
      ...(newModels.length > 0 && { 'models.sums': sumLines(unpackedSums(newModels)) }),
    },
  };
}

const wantedCore = (set: Record<string, string>): string => set['com.banalytics.box:core'] ?? '';

function stage(context: JobContext, info: PackageInfo, staged: string): JobLine[] {
  const at = context.packagePath(info);
  switch (info.kind) {
    case 'core':
    case 'module':
      return [
        step('place', at, context.platform.join(staged, activeFileName(info.module ?? '', info.version))),
      ];
    case 'dependencies':
      return [step('unpack', at, staged)];
    case 'model':
    case 'installer':
      return [];
  }
}

/** SHA-256 and path of every file that the staged folder must hold. */
function stagedSums(files: PackageInfo[]): string {
  const jars = files.filter((info) => info.kind === 'core' || info.kind === 'module');
  const sums = new Map(jars.map((info) => [activeFileName(info.module ?? '', info.version), info.sha256]));
  return sumLines([...sums, ...unpackedSums(files.filter((info) => info.kind === 'dependencies'))]);
}

/** Files out of archives. Two of them may bring the same one: the last unpacked stays. */
function unpackedSums(archives: PackageInfo[]): [path: string, sha256: string][] {
  const files = archives.flatMap((info) => info.contents ?? []);
  return [...new Map(files.map(({ path, sha256 }) => [path, sha256]))];
}

function sumLines(sums: [path: string, sha256: string][]): string {
  return sums.map(([path, sha256]) => `${sha256}  ${path}\n`).join('');
}

export function rollbackJob(context: JobContext, entry: HistoryEntry): JobPart {
  const { jobId, platform, server } = context;
  const { home, active, staged } = places(context);
  const from = entry.backup;
  if (from === null)
    throw new FleetError(
      'plan.blocked',
      `${server.id} keeps no backup of what was there before ${entry.version}.`,
      {
        server: server.id,
        hint: 'Install the earlier versions anew instead: set them in the fleet file.',
      },
    );
  const backup = (name: string): string => platform.join(platform.stateDir(server), 'backups', from, name);
  // The set comes back through the product's own swap, models and settings by a copy while the service stands still.
  const restored = entry.kept.filter(({ name }) => name === 'models' || name.startsWith('settings-'));
  const stops = restored.length > 0;
  const lines: JobLine[] = [
    step('check-backup', from, 'modules'),
    ...restored.map(({ name }) => step('check-backup', from, name)),
    ...restored.map(({ name, path }) => step('backup', name, path)),
    step('remove', platform.join(staged, marker)),
    step('clear', staged),
    undo('clear', staged),
    step('place-all', backup('modules'), staged, marker),
    step('own', staged, home),
    ...(stops ? [step('stop'), undo('start')] : []),
    ...restored.flatMap(({ name, path }) => [
      step('restore', from, name, path),
      undo('restore', jobId, name, path),
    ]),
    // Undo runs the other way round: stopped before the settings are put back, started after.
    ...(stops ? [undo('stop')] : []),
    step(
      'arm',
      platform.join(backup('modules'), marker),
      staged,
      backup('modules.sums'),
      platform.join(active, marker),
    ),
    undo('remove', platform.join(staged, marker)),
    ...activate(context, platform.join(backup('modules'), marker), step('unrecord', entry.id), stops),
  ];
  return { lines, files: {} };
}

export function restartJob(context: JobContext): JobPart {
  const machine = settings(context.server).restart === 'reboot';
  return {
    lines: [step(machine ? 'restart' : 'restart-service'), step('commit'), ...checks(context)],
    files: {},
  };
}
