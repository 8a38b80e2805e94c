import type { Action } from '../../updater/plan/plan';
import { lazily, t } from '../../vscode/l10n';
import { actionWords, allOf, statusWords, tallied } from '../../vscode/words';
import type { Offer, ServerRow } from '../protocol';
import { inOrder } from './model';

export const offerWords = lazily((): Record<Offer, string> => ({
  download: t('Download'),
  install: t('Install…'),
  rollback: t('Roll Back…'),
  restart: t('Restart…'),
  resume: t('Resume…'),
  cancel: t('Cancel Rollout…'),
}));

export interface BulkAction {
  offer: Offer;
  taken: ServerRow[];
  left: ServerRow[];
}

const order: Offer[] = ['install', 'download', 'rollback', 'restart', 'resume', 'cancel'];

/** What can be done with these servers: for each action, whom it takes and whom it leaves out. */
export function bulkActions(rows: readonly ServerRow[]): BulkAction[] {
  return order.flatMap((offer) => {
    const taken = rows.filter(({ offers }) => offers.includes(offer));
    const left = rows.filter(({ offers }) => !offers.includes(offer));
    return taken.length > 0 ? [{ offer, taken, left }] : [];
  });
}

/** "Install leaves out pier-1 (installed)": one sentence for all actions that leave out the same servers. */
export function leftOutSentences(actions: readonly BulkAction[]): string[] {
  const bySame = new Map<string, Action[]>();
  for (const { offer, left } of actions) {
    // That resuming and cancelling are only for those that failed or are in work needs no saying.
    if (left.length === 0 || offer === 'resume' || offer === 'cancel') continue;
    const text = leftOutText(left);
    bySame.set(text, [...(bySame.get(text) ?? []), offer]);
  }
  return [...bySame].map(([text, offers]) => {
    const verbs = offers.map((offer) => actionWords()[offer].verb);
    return verbs.length === 1
      ? t('{0} leaves out {1}.', allOf(verbs), text)
      : t('{0} leave out {1}.', allOf(verbs), text);
  });
}

/** Few by name, many by how they stand. */
function leftOutText(left: readonly ServerRow[]): string {
  if (left.length <= 3)
    return allOf([...left].sort((a, b) => inOrder(a.id, b.id)).map((row) => `${row.id} (${why(row)})`));
  const counts = new Map<string, number>();
  for (const row of left) counts.set(why(row), (counts.get(why(row)) ?? 0) + 1);
  const words = [...counts].map(([word, n]) => tallied(n, word)).join(', ');
  return t('{0} servers ({1})', left.length, words);
}

const why = (row: ServerRow): string =>
  row.offers.includes('cancel') ? t('in work') : statusWords()[row.status];
