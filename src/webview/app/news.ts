import { actionWords, count } from '../../vscode/words';
import { willActOn, type RolloutView } from '../rollout-view';

export interface News {
  /** In words, to be read aloud. */
  text: string;
  /** Id of a rollout that began. */
  began?: string;
  ended?: boolean;
}

/** What of the rollouts is worth telling between two states of them: a beginning, an end, a server that is done. */
export function rolloutNews(before: readonly RolloutView[], after: readonly RolloutView[]): News | undefined {
  for (const view of after) {
    const earlier = before.find(({ id }) => id === view.id);
    if (earlier === view) continue;
    const { verb } = actionWords[view.action];
    const acting = view.servers.filter(willActOn);
    if (earlier === undefined || (earlier.finishedAt !== null && view.finishedAt === null))
      return { text: `${verb} began on ${count(acting.length, 'server')}.`, began: view.id };
    if (earlier.finishedAt === null && view.finishedAt !== null)
      return { text: `${verb}: ${view.outcome ?? 'ended'}.`, ended: true };
    const done = acting.filter(({ outcome }) => outcome !== null);
    const doneBefore = new Set(earlier.servers.filter(({ outcome }) => outcome !== null).map(({ id }) => id));
    const fresh = done.filter(({ id }) => !doneBefore.has(id));
    const [first] = fresh;
    if (first === undefined) continue;
    const who = fresh.length === 1 ? `${first.id} ${first.outcome ?? ''}` : count(fresh.length, 'server');
    return { text: `${verb}: ${who}. ${done.length} of ${acting.length} ended.` };
  }
  return undefined;
}
