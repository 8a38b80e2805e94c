import type { FleetEvent, Outcome } from '../updater/rollout/events';
import { t } from '../vscode/l10n';
import { statusWords } from '../vscode/words';

export interface News {
  /** Percent of the whole rollout, since the last news. */
  increment: number;
  message: string;
}

export interface RolloutProgress {
  /** What to show after this event; undefined where it changes nothing, or belongs to another rollout. */
  event(event: FleetEvent): News | undefined;
  /** Its id, once known. */
  id(): string | undefined;
  /** Servers that it has brought to a good end so far. */
  done(): number;
}

/** One rollout's progress, folded from the event stream. Without an id it is the next one that starts with just these servers. */
export function rolloutProgress(servers: readonly string[], known: string | undefined): RolloutProgress {
  const mine = new Set(servers);
  const ended = new Map<string, Outcome>();
  let id = known;
  return {
    id: () => id,
    done: () => [...ended.values()].filter((outcome) => outcome === 'done').length,
    event(event) {
      if (event.rollout === undefined) return undefined;
      if (event.type === 'rollout-started' && id === undefined && sameServers(mine, event.plan.servers))
        id = event.rollout;
      if (event.rollout !== id || !('server' in event) || !mine.has(event.server)) return undefined;
      if (event.type !== 'status' && event.type !== 'progress' && event.type !== 'server-finished')
        return undefined;
      const isNewEnd = event.type === 'server-finished' && !ended.has(event.server);
      // One that is watched afterwards may fail after all.
      if (event.type === 'server-finished') ended.set(event.server, event.outcome);
      return {
        increment: isNewEnd ? 100 / mine.size : 0,
        message: `${ended.size}/${mine.size} · ${event.server}: ${words(event)}`,
      };
    },
  };
}

function words(event: Extract<FleetEvent, { type: 'status' | 'progress' | 'server-finished' }>): string {
  if (event.type === 'progress') {
    const percent = event.total > 0 ? Math.floor((event.done / event.total) * 100) : 0;
    return t('{0} {1} %', event.step, percent);
  }
  return statusWords()[event.status];
}

function sameServers(mine: ReadonlySet<string>, planned: readonly { id: string }[]): boolean {
  return planned.length === mine.size && planned.every(({ id }) => mine.has(id));
}
