import type { ServerState } from '../updater/rollout/state';
import { isArmed, isUnended } from '../updater/targets/facts';
import type { RolloutSummary } from '../updater/updater';

/** The id of a rollout, and behind it the number of its job on that server. */
const jobOfRollout = /^(.+)-\d+$/;

/**
 * Rollouts as servers tell of them by jobs that have not ended: a colleague may have begun them, or their journal be lost. Only of
 * servers that nobody here works on.
 * @param fleet the fleet file
 */
export function rolloutsOnServers(fleet: string, states: Iterable<ServerState>): RolloutSummary[] {
  const found = new Map<string, RolloutSummary>();
  for (const { id: server, rollout, facts } of states) {
    const job = facts?.job;
    const id = jobOfRollout.exec(job?.id ?? '')?.[1];
    if (!job || id === undefined || rollout !== null || !isUnended(job)) continue;
    const { action, by, since } = job;
    const startedAt = new Date(since * 1000).toISOString();
    const known = found.get(id) ?? { servers: [], startedAt };
    const outcome = job.state === 'running' && isArmed(job) ? 'armed' : null;
    found.set(id, {
      ...{ id, action, fleet, by, finishedAt: null, state: 'interrupted' },
      startedAt: known.startedAt < startedAt ? known.startedAt : startedAt,
      servers: [...known.servers, { id: server, outcome }],
    });
  }
  return [...found.values()].sort((a, b) => b.startedAt.localeCompare(a.startedAt));
}
