import type { ProductId, Server } from '../updater/fleet/model';
import { coreModule } from '../updater/packages/coordinates';
import { runsOnePackage } from '../updater/packages/loaded-version';
import type { Action } from '../updater/plan/plan';
import type { Outcome, ServerStatus } from '../updater/rollout/events';
import type { ServerState } from '../updater/rollout/state';

/** How each status reads behind a server's name. */
export const statusWords: Record<ServerStatus, string> = {
  unknown: 'not asked yet',
  unreachable: 'unreachable',
  unsupported: 'not supported',
  'not-downloaded': 'not downloaded',
  queued: 'queued',
  downloading: 'downloading',
  loaded: 'loaded',
  installing: 'installing',
  restarting: 'restarting',
  verifying: 'verifying',
  installed: 'installed',
  'rolling-back': 'rolling back',
  failed: 'failed',
  'rollback-failed': 'rollback failed',
  stalled: 'stalled',
};

/** The three states of a server in the vendor's own table, where a system runs one package at a time. */
const onePackageWords: Partial<Record<ServerStatus, string>> = {
  'not-downloaded': 'Not downloaded',
  loaded: 'Loaded',
  installed: 'Already installed',
};

/** How the status of a product's server reads. */
export function statusWord(product: ProductId, status: ServerStatus): string {
  return (runsOnePackage(product) ? onePackageWords[status] : undefined) ?? statusWords[status];
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

export const actionWords: Record<Action, { verb: string; doing: string; done: string }> = {
  download: { verb: 'Download', doing: 'Downloading', done: 'downloaded' },
  install: { verb: 'Install', doing: 'Installing', done: 'installed' },
  rollback: { verb: 'Roll Back', doing: 'Rolling back', done: 'rolled back' },
  restart: { verb: 'Restart', doing: 'Restarting', done: 'restarted' },
};

/** How a server's part of a rollout ended; or that it begins by itself. */
export const outcomeWords: Record<Outcome | 'armed', string> = {
  armed: 'armed',
  done: 'done',
  failed: 'failed',
  skipped: 'skipped',
  blocked: 'blocked',
  cancelled: 'cancelled',
  'not-started': 'not started',
};

/** "1 server", "5 servers". */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** The first names and how many more there are. */
export function listed(names: readonly string[], most = 12): string {
  if (names.length <= most) return names.join(', ');
  return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
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
