import type { ServerState } from '../updater/rollout/state';
import { t } from './l10n';
import { busyStatuses, failedStatuses, statusWords, tallied } from './words';

/** All servers at a glance: the status bar, and the words beside the view's title. */
export interface Summary {
  /** With codicons, for the status bar. */
  text: string;
  tooltip: string;
  failed: number;
  /** Plain words: "3 installed, 1 failed". */
  words: string;
}

export function summarise(states: Iterable<ServerState>): Summary {
  const all = [...states];
  const failed = all.filter(({ status }) => failedStatuses.has(status)).length;
  const words = tally(all.map(({ status }) => statusWords()[status]));
  const acting = all.filter(({ rollout }) => rollout !== null);
  const base = { failed, words, tooltip: words === '' ? t('No servers') : words };
  if (acting.length > 0) return { ...base, text: `$(sync~spin) VMS Fleet ${doing(acting)}` };
  if (failed > 0) return { ...base, text: `$(error) VMS Fleet ${t('{0} failed', failed)}` };
  const away = all.filter(({ status }) => status === 'unreachable').length;
  if (away > 0) return { ...base, text: `$(warning) VMS Fleet ${t('{0} unreachable', away)}` };
  if (all.some(({ checking }) => checking)) return { ...base, text: '$(sync~spin) VMS Fleet' };
  const behind = all.filter(({ status }) => status === 'not-downloaded' || status === 'loaded').length;
  if (behind > 0) return { ...base, text: `$(arrow-circle-up) VMS Fleet ${t('{0} to update', behind)}` };
  // A tick only where every server is known to be as the fleet file wants it.
  const icon = all.length > 0 && all.every(({ status }) => status === 'installed') ? 'check' : 'server';
  return { ...base, text: `$(${icon}) VMS Fleet ${all.length}` };
}

/** "2 of 5 downloading": servers in the most common status of those that are not waiting. */
function doing(acting: ServerState[]): string {
  const moving = acting.filter(({ status }) => busyStatuses.has(status) && status !== 'queued');
  const [status] = moving.map((state) => state.status);
  if (status === undefined)
    return acting.length === 1 ? t('1 server queued') : t('{0} servers queued', acting.length);
  const same = moving.filter((state) => state.status === status).length;
  return `${same}/${acting.length} ${statusWords()[status]}`;
}

function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, n]) => tallied(n, word)).join(', ');
}
