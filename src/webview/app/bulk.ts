import { statusWords } from '../../vscode/words';
import type { Offer, ServerRow } from '../protocol';
import { inOrder } from './model';

export const offerWords: Record<Offer, string> = {
  download: 'Download',
  install: 'Install…',
  rollback: 'Roll Back…',
  restart: 'Restart…',
  resume: 'Resume…',
  cancel: 'Cancel Rollout…',
};

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
  const bySame = new Map<string, Offer[]>();
  for (const { offer, left } of actions) {
    // That resuming and cancelling are only for those that failed or are in work needs no saying.
    if (left.length === 0 || offer === 'resume' || offer === 'cancel') continue;
    const text = leftOutText(left);
    bySame.set(text, [...(bySame.get(text) ?? []), offer]);
  }
  return [...bySame].map(([text, offers]) => {
    const names = offers.map((offer) => offerWords[offer].replace('…', ''));
    const verb = names.length > 1 ? 'leave' : 'leaves';
    return `${listWords(names)} ${verb} out ${text}.`;
  });
}

/** Few by name, many by how they stand. */
function leftOutText(left: readonly ServerRow[]): string {
  if (left.length <= 3)
    return listWords([...left].sort((a, b) => inOrder(a.id, b.id)).map((row) => `${row.id} (${why(row)})`));
  const counts = new Map<string, number>();
  for (const row of left) counts.set(why(row), (counts.get(why(row)) ?? 0) + 1);
  return `${left.length} servers (${[...counts].map(([word, n]) => `${n} ${word}`).join(', ')})`;
}

const why = (row: ServerRow): string => (row.offers.includes('cancel') ? 'in work' : statusWords[row.status]);

function listWords(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
