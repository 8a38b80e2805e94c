import { t } from '../../vscode/l10n';
import { actionWords, outcomeWords, rolloutStateWords, serverCount } from '../../vscode/words';
import { willAct } from '../../updater/plan/plan';
import type { RolloutView } from '../rollout-view';

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
    const { verb } = actionWords()[view.action];
    const acting = view.servers.filter(willAct);
    if (earlier === undefined || (earlier.finishedAt !== null && view.finishedAt === null))
      return {
        text:
          acting.length === 1
            ? t('{0} began on 1 server.', verb)
            : t('{0} began on {1} servers.', verb, acting.length),
        began: view.id,
      };
    if (earlier.finishedAt === null && view.finishedAt !== null)
      return { text: t('{0}: {1}.', verb, rolloutStateWords()[view.outcome ?? 'done']), ended: true };
    const done = acting.filter(({ outcome }) => outcome !== null);
    const doneBefore = new Set(earlier.servers.filter(({ outcome }) => outcome !== null).map(({ id }) => id));
    const fresh = done.filter(({ id }) => !doneBefore.has(id));
    const [first] = fresh;
    if (first === undefined) continue;
    const who =
      fresh.length === 1 && first.outcome !== null
        ? `${first.id} ${outcomeWords()[first.outcome]}`
        : serverCount(fresh.length);
    return { text: t('{0}: {1}. {2} of {3} ended.', verb, who, done.length, acting.length) };
  }
  return undefined;
}
