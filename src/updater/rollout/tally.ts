import type { Outcome } from './events';

/** Null, for a part that has not ended, is counted nowhere. */
export function count(outcomes: Iterable<Outcome | null>): Record<Outcome, number> {
  const counts: Record<Outcome, number> = {
    done: 0,
    failed: 0,
    skipped: 0,
    blocked: 0,
    cancelled: 0,
    'not-started': 0,
  };
  for (const outcome of outcomes) if (outcome !== null) counts[outcome]++;
  return counts;
}

/** How a rollout with such ends has ended. A server may be cancelled without it: somebody disarmed it, or stopped its job. */
export function ended(counts: Record<Outcome, number>): 'done' | 'failed' | 'cancelled' {
  if (counts.failed > 0 || counts['not-started'] > 0) return 'failed';
  return counts.cancelled > 0 ? 'cancelled' : 'done';
}
