import type { ProductId, Server } from '../updater/fleet/model';
import { coreModule } from '../updater/packages/coordinates';
import { runsOnePackage } from '../updater/packages/loaded-version';
import type { Action, Severity, Verdict } from '../updater/plan/plan';
import type { Outcome, ServerStatus } from '../updater/rollout/events';
import type { ServerState } from '../updater/rollout/state';
import { lazily, spokenLanguage, t } from './l10n';

/** How each status reads behind a server's name. */
export const statusWords = lazily((): Record<ServerStatus, string> => ({
  unknown: t('not asked yet'),
  unreachable: t('unreachable'),
  unsupported: t('not supported'),
  'not-downloaded': t('not downloaded'),
  queued: t('queued'),
  downloading: t('downloading'),
  loaded: t('loaded'),
  installing: t('installing'),
  restarting: t('restarting'),
  verifying: t('verifying'),
  installed: t('installed'),
  'rolling-back': t('rolling back'),
  failed: t('failed'),
  'rollback-failed': t('rollback failed'),
  stalled: t('stalled'),
}));

/** The three states of a server in the vendor's own table, where a system runs one package at a time. */
const onePackageWords = lazily((): Partial<Record<ServerStatus, string>> => ({
  'not-downloaded': t('Not downloaded'),
  loaded: t('Loaded'),
  installed: t('Already installed'),
}));

/** How the status of a product's server reads. */
export function statusWord(product: ProductId, status: ServerStatus): string {
  return (runsOnePackage(product) ? onePackageWords()[status] : undefined) ?? statusWords()[status];
}

/** Statuses in which something is being done to the server. */
export const busyStatuses: ReadonlySet<ServerStatus> = new Set([
  'queued',
  'downloading',
  'installing',
  'restarting',
  'verifying',
  'rolling-back',
]);

/** Statuses that need a person. */
export const failedStatuses: ReadonlySet<ServerStatus> = new Set(['failed', 'rollback-failed', 'stalled']);

export const actionWords = lazily((): Record<Action, { verb: string; doing: string }> => ({
  download: { verb: t('Download'), doing: t('Downloading') },
  install: { verb: t('Install'), doing: t('Installing') },
  rollback: { verb: t('Roll Back'), doing: t('Rolling back') },
  restart: { verb: t('Restart'), doing: t('Restarting') },
}));

/** "Install 1.5.0", "Installing 1.5.0": the version only where all its servers go to the same. */
export function rolloutWords({ action, to }: { action: Action; to?: string | null | undefined }): {
  verb: string;
  doing: string;
} {
  const words = actionWords()[action];
  if (!to || action === 'restart') return words;
  return { verb: t('{0} {1}', words.verb, to), doing: t('{0} {1}', words.doing, to) };
}

/** How a server's part of a rollout ended; or that it begins by itself. */
export const outcomeWords = lazily((): Record<Outcome | 'armed', string> => ({
  armed: t('armed'),
  done: t('done'),
  failed: t('failed'),
  skipped: t('skipped'),
  blocked: t('blocked'),
  cancelled: t('cancelled'),
  'not-started': t('not started'),
}));

/** How a rollout stands. */
type RolloutState = 'running' | 'interrupted' | 'done' | 'failed' | 'cancelled';

export const rolloutStateWords = lazily((): Record<RolloutState, string> => ({
  running: t('running'),
  interrupted: t('interrupted'),
  done: t('done'),
  failed: t('failed'),
  cancelled: t('cancelled'),
}));

/** What somebody asked of a rollout that runs. */
export const askedWords = lazily((): Record<'pause' | 'cancel', string> => ({
  pause: t('paused'),
  cancel: t('being cancelled'),
}));

/** How a rule's sentence is to be taken. */
export const severityWords = lazily((): Record<Severity, string> => ({
  block: t('blocked'),
  confirm: t('to be confirmed'),
  warn: t('note'),
  skip: t('nothing to do'),
}));

/** What a plan says of a server. */
export const verdictWords = lazily((): Record<Verdict, string> => ({
  ready: t('ready'),
  blocked: t('blocked'),
  confirm: t('ready once confirmed'),
  skip: t('nothing to do'),
}));

/** "2 failed": a number and a word on what it counts. */
export const tallied = (n: number, word: string): string => t('{0} {1}', n, word);

/** "1 server", "5 servers". */
export const serverCount = (n: number): string => (n === 1 ? t('1 server') : t('{0} servers', n));

/** "2 of 5 servers". */
export const serversOf = (n: number, all: number): string =>
  all === 1 ? t('{0} of 1 server', n) : t('{0} of {1} servers', n, all);

export const serversSelected = (n: number): string =>
  n === 1 ? t('1 server selected') : t('{0} servers selected', n);

/** "2 modules to change". */
export const modulesToChange = (n: number): string =>
  n === 1 ? t('1 module to change') : t('{0} modules to change', n);

/** "a, b and c". */
export const allOf = (names: readonly string[]): string =>
  new Intl.ListFormat(spokenLanguage().language).format(names);

/** The first names and how many more there are. */
export function listed(names: readonly string[], most = 12): string {
  if (names.length <= most) return names.join(', ');
  return t('{0} and {1} more', names.slice(0, most).join(', '), names.length - most);
}

/** The version of the product itself that a server shall go to: what the fleet file names, else what its plan found; null: none. */
export function wantedVersion(server: Server, state: ServerState): string | null {
  if (runsOnePackage(server.product)) return server.eocortex?.version ?? state.assessment?.to ?? null;
  return server.banalytics?.modules[coreModule] ?? null;
}

/** One line without control characters: what a server says is data, also in a log. */
export function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
}
