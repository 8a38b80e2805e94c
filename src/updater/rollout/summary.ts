import type { Plan } from '../plan/plan';
import type { EventOf, FleetEvent } from './events';
import { listJournals, ownerOf, readJournal } from './journal';

export interface RolloutSummary {
  id: string;
  action: Plan['action'];
  /** The fleet file. */
  fleet: string;
  by: string;
  startedAt: string;
  finishedAt: string | null;
  /** `interrupted`: no process works on it any more and it has not ended. */
  state: 'running' | 'interrupted' | 'done' | 'failed' | 'cancelled';
  servers: { id: string; outcome: string | null }[];
}

/** What a rollout's journal adds up to; undefined for a journal without a beginning. */
export function summarise(
  id: string,
  events: readonly FleetEvent[],
  alive: boolean,
): RolloutSummary | undefined {
  const started = lastOf(events, 'rollout-started');
  if (started === undefined) return undefined;
  const since = events.slice(events.lastIndexOf(started));
  const finished = lastOf(since, 'rollout-finished');
  const first = events.find((event) => event.type === 'rollout-started');
  return {
    id,
    action: started.action,
    fleet: started.fleet,
    by: started.by,
    startedAt: first?.at ?? started.at,
    finishedAt: finished?.at ?? null,
    state: finished?.outcome ?? (alive ? 'running' : 'interrupted'),
    servers: started.plan.servers.map((server) => ({ id: server.id, outcome: outcomeOf(events, server.id) })),
  };
}

/** How a server's part ended, the newest word counting. */
export function outcomeOf(events: readonly FleetEvent[], server: string): string | null {
  for (const event of [...events].reverse()) {
    if (event.type === 'server-finished' && event.server === server) return event.outcome;
    if (
      event.type === 'rollout-started' &&
      event.plan.servers.some((one) => one.id === server && acts(one.verdict))
    )
      return null;
  }
  return null;
}

const acts = (verdict: string): boolean => verdict === 'ready' || verdict === 'confirm';

export function lastOf<T extends FleetEvent['type']>(
  events: readonly FleetEvent[],
  type: T,
): (EventOf<T> & { at: string }) | undefined {
  return events.filter((event): event is EventOf<T> => event.type === type).at(-1);
}

/** All rollouts on this machine, newest first. */
export async function summaries(dir: string): Promise<RolloutSummary[]> {
  const all = await Promise.all(
    (await listJournals(dir)).map(async (id) =>
      summarise(id, await readJournal(dir, id), (await ownerOf(dir, id)) !== null),
    ),
  );
  return all.filter((one) => one !== undefined);
}
