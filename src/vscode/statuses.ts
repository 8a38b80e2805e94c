import type { ServerStatus } from '../updater/rollout/events';
import type { ServerState } from '../updater/rollout/state';

/** What needs a person first, then what is being done, then what is to be done, then what is well. */
const statusOrder: readonly ServerStatus[] = [
  ...(['rollback-failed', 'failed', 'stalled', 'unreachable'] as const),
  ...(['rolling-back', 'restarting', 'verifying', 'installing', 'downloading', 'queued'] as const),
  ...(['loaded', 'not-downloaded', 'installed', 'unsupported', 'unknown'] as const),
];

/** Place of a status in that order, for whatever is sorted by it. */
export const urgency = (status: string): number => statusOrder.findIndex((one) => one === status);

/** What is known of a server outlives a change of the fleet file; only new ones are asked by themselves. */
export function isUnasked(state: ServerState | undefined): boolean {
  return state !== undefined && state.status === 'unknown' && !state.checking;
}
