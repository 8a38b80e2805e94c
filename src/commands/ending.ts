import type { Action } from '../updater/plan/plan';
import type { RolloutResult } from '../updater/updater';
import { actionWords, count, listed } from '../vscode/words';

/** The one notification at a rollout's end: how many, which failed, with cause and next step. */
export function ending(
  action: Action,
  servers: number,
  result: RolloutResult,
  note: string | undefined,
): string {
  return [main(action, servers, result), note].filter((part) => part !== undefined).join(' ');
}

function main(action: Action, servers: number, { outcome, failures }: RolloutResult): string {
  const { verb, done } = actionWords[action];
  if (outcome === 'done') return `${verb}: ${count(servers, 'server')} ${done}.`;
  if (outcome === 'cancelled') return `${verb}: cancelled. What was not done can be resumed.`;
  const [first, ...others] = failures;
  if (!first) return `${verb}: failed.`;
  const { server, error } = first;
  const step = error.step === undefined ? '' : ` at ${error.step}`;
  const hint = error.hint === undefined ? '' : ` ${error.hint}`;
  const more =
    others.length > 0
      ? ` Also failed: ${listed(
          others.map((failure) => failure.server),
          5,
        )}.`
      : '';
  return `${verb}: ${failures.length} of ${count(servers, 'server')} failed. ${server}${step}: ${error.message}${hint}${more}`;
}
