import type { ServerState } from '../updater/rollout/state';
import { t } from './l10n';
import { statusWords, tallied } from './words';

/** Why a server needs a person, in a word or two; undefined where it does not. */
function needOf({ status, error, facts }: ServerState): string | undefined {
  switch (status) {
    case 'failed':
    case 'rollback-failed':
    case 'stalled':
      return statusWords()[status];
    case 'unreachable':
      // Not a matter of the network: somebody may stand in between.
      if (error?.code === 'hostkey.changed') return t('with another host key');
      // One that never answered is being set up; one that did has dropped out.
      return facts === null ? undefined : t('not reachable any more');
    default:
      return undefined;
  }
}

/** Servers that need a person: how many, and in words. */
export function attention(states: Iterable<ServerState>): { value: number; tooltip: string } | undefined {
  const needs = new Map<string, number>();
  for (const state of states) {
    const need = needOf(state);
    if (need !== undefined) needs.set(need, (needs.get(need) ?? 0) + 1);
  }
  const value = [...needs.values()].reduce((sum, n) => sum + n, 0);
  if (value === 0) return undefined;
  const words = [...needs].map(([need, n]) => tallied(n, need)).join(', ');
  const tooltip =
    value === 1
      ? t('1 server needs a person: {0}', words)
      : t('{0} servers need a person: {1}', value, words);
  return { value, tooltip };
}
