import type { Action } from '../plan/plan';
import type { RolloutSummary } from './summary';

/** Outcomes behind which nothing is left to do. A server that a person had left out is at its end. */
export const settled: readonly (string | null)[] = ['done', 'skipped', 'blocked'];

/** Servers of a rollout that it has not brought to their end: whoever goes on with it goes on with these. */
export function unfinished({ servers }: RolloutSummary): string[] {
  return servers.filter(({ outcome }) => !settled.includes(outcome)).map(({ id }) => id);
}

/** With such an end nothing was done to a server. One that was skipped had it already, or a person had decided. */
const untouched: readonly (string | null)[] = ['not-started', 'blocked'];
const everyAction: Action[] = ['download', 'install', 'rollback', 'restart'];

/**
 * Of a fleet's rollouts those worth going on with, newest first: they left a server behind, and no later rollout
 * did the same to it, or more. Else a rollout that was interrupted once would be offered for ever.
 */
export function leftBehind(rollouts: readonly RolloutSummary[]): RolloutSummary[] {
  const newestFirst = [...rollouts].sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  const later = new Set<string>();
  return newestFirst.filter((rollout) => {
    const { action, state, servers } = rollout;
    const open = unfinished(rollout).some((id) => !later.has(`${action} ${id}`));
    // An installation downloads and restarts, and a rollback undoes whatever was begun.
    const covered = action === 'download' || action === 'restart' ? [action] : everyAction;
    for (const { id, outcome } of servers)
      if (!untouched.includes(outcome)) for (const one of covered) later.add(`${one} ${id}`);
    return open && (state === 'interrupted' || state === 'failed' || state === 'cancelled');
  });
}
