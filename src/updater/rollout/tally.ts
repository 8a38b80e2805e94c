import type { Outcome } from './events';

export function count(outcomes: readonly Outcome[]): Record<Outcome, number> {
  const counts: Record<Outcome, number> = {
    done: 0,
    failed: 0,
    skipped: 0,
    blocked: 0,
    cancelled: 0,
    'not-started': 0,
  };
  for (const outcome of outcomes) counts[outcome]++;
  return counts;
}

/** How a rollout with such ends has ended. */
export function ended(counts: Record<Outcome, number>, cancelled: boolean): 'done' | 'failed' | 'cancelled' {
  if (counts.failed > 0 || counts['not-started'] > 0) return 'failed';
  return cancelled && counts.cancelled > 0 ? 'cancelled' : 'done';
}
