import type { Plan } from '../plan/plan';
import type { EventOf, FleetEvent, Outcome } from './events';
import { FleetError } from '../errors';
import { inspectJournal, listJournals } from './journal';
import { ownerOf } from './owner';

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
  /** When the last thing happened in it. */
  lastAt?: string;
  /** It was paused, or is to be cancelled, and has not ended. */
  asked?: 'pause' | 'cancel';
  /** Parts of its journal cannot be read any more. */
  damaged?: true;
}

/** What a rollout's journal adds up to; undefined for a journal without a beginning. */
export function summarise(
  id: string,
  events: readonly FleetEvent[],
  alive: boolean,
  missing = 0,
): RolloutSummary | undefined {
  const started = lastOf(events, 'rollout-started');
  if (started === undefined) return undefined;
  const since = events.slice(events.lastIndexOf(started));
  const finished = lastOf(since, 'rollout-finished');
  const first = events.find((event) => event.type === 'rollout-started');
  const asked = lastAsked(since)?.ask;
  const outcomes = outcomesOf(events);
  return {
    id,
    action: started.action,
    fleet: started.fleet,
    by: started.by,
    startedAt: first?.at ?? started.at,
    finishedAt: finished?.at ?? null,
    state: finished?.outcome ?? (alive ? 'running' : 'interrupted'),
    servers: (first?.plan ?? started.plan).servers.map(({ id: server }) => ({
      id: server,
      outcome: outcomes.get(server) ?? null,
    })),
    lastAt: events.at(-1)?.at ?? started.at,
    ...((asked === 'pause' || asked === 'cancel') && finished === undefined && { asked }),
    ...(missing > 0 && { damaged: true as const }),
  };
}

/** How each server's part ended, the newest word counting; null where it was begun anew. */
export function outcomesOf(events: readonly FleetEvent[]): Map<string, Outcome | null> {
  const outcomes = new Map<string, Outcome | null>();
  for (const event of events) {
    if (event.type === 'server-finished') outcomes.set(event.server, event.outcome);
    if (event.type !== 'rollout-started') continue;
    for (const { id, verdict } of event.plan.servers) if (acts(verdict)) outcomes.set(id, null);
  }
  return outcomes;
}

const acts = (verdict: string): boolean => verdict === 'ready' || verdict === 'confirm';

export function lastOf<T extends FleetEvent['type']>(
  events: readonly FleetEvent[],
  type: T,
): (EventOf<T> & { at: string }) | undefined {
  return events.filter((event): event is EventOf<T> => event.type === type).at(-1);
}

/** ms after which a rollout that was interrupted is gone on with only when somebody says so: it may not be wanted any more. */
const wantedFor = 12 * 60 * 60_000;

/** True for a rollout that is gone on with by itself: it was cut off in the middle, not long ago, and nobody had cancelled it. */
export function goesOnUnasked({ state, asked, lastAt }: RolloutSummary, now: Date): boolean {
  if (state !== 'interrupted' || asked === 'cancel' || lastAt === undefined) return false;
  return now.getTime() - Date.parse(lastAt) < wantedFor;
}

/** What people asked of a rollout last. */
export function lastAsked(events: readonly FleetEvent[]): EventOf<'rollout-asked'> | undefined {
  return lastOf(events, 'rollout-asked');
}

/** All rollouts on this machine that this version can read, newest first. */
export async function summaries(dir: string): Promise<RolloutSummary[]> {
  const all = await Promise.all((await listJournals(dir)).map((id) => summaryOf(dir, id)));
  return all.filter((one) => one !== undefined);
}

async function summaryOf(dir: string, id: string): Promise<RolloutSummary | undefined> {
  try {
    const { events, missing } = await inspectJournal(dir, id);
    return summarise(id, events, (await ownerOf(dir, id)) !== null, missing);
  } catch (error) {
    // A newer one's journal does not take the others down.
    if (error instanceof FleetError) return undefined;
    throw error;
  }
}
