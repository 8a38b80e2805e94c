import { stat } from 'node:fs/promises';
import { oneVersion, willAct, type Plan } from '../plan/plan';
import type { EventOf, FleetEvent, Outcome } from './events';
import { FleetError } from '../errors';
import { inspectJournal, journalFile, listJournals } from './journal';
import { ownerOf } from './owner';
import { count, ended } from './tally';

export interface RolloutSummary {
  id: string;
  action: Plan['action'];
  /** The fleet file. */
  fleet: string;
  by: string;
  /** The one version that its servers go to; null where there are several, or none. */
  to?: string | null;
  startedAt: string;
  finishedAt: string | null;
  /** `interrupted`: no process works on it any more and it has not ended. */
  state: 'running' | 'interrupted' | 'done' | 'failed' | 'cancelled';
  /** `outcome`: how its part ended, or `armed` where it begins by itself; null: neither. */
  servers: { id: string; outcome: string | null }[];
  /** When the last thing happened in it, or will by itself. */
  lastAt?: string;
  /** It was paused, or is to be cancelled, and has not ended. */
  asked?: 'pause' | 'cancel';
  /** Parts of its journal cannot be read any more. */
  damaged?: true;
}

/** True where nobody watches, and nobody need: all that is left to do servers begin by themselves. */
export function isLeftArmed({ state, servers }: RolloutSummary): boolean {
  const open = servers.filter(
    ({ outcome }) => outcome === 'armed' || outcome === null || outcome === 'cancelled',
  );
  return state === 'interrupted' && open.length > 0 && open.every(({ outcome }) => outcome === 'armed');
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
  const { servers } = first?.plan ?? started.plan;
  const armed = finished === undefined ? armedIn(events) : new Set<string>();
  const starts = servers.flatMap(({ id: server, startsAt }) => (armed.has(server) ? (startsAt ?? []) : []));
  return {
    id,
    action: started.action,
    fleet: started.fleet,
    by: started.by,
    to: oneVersion(servers),
    startedAt: first?.at ?? started.at,
    finishedAt: finished?.at ?? null,
    state: finished === undefined ? (alive ? 'running' : 'interrupted') : endOf(finished, outcomes.values()),
    servers: servers.map(({ id: server }) => ({
      id: server,
      outcome: armed.has(server) ? 'armed' : (outcomes.get(server) ?? null),
    })),
    lastAt: [events.at(-1)?.at ?? started.at, ...starts].sort().at(-1) ?? started.at,
    ...((asked === 'pause' || asked === 'cancel') && finished === undefined && { asked }),
    ...(missing > 0 && { damaged: true as const }),
  };
}

/** Earlier versions said `done` where those were whom it was gone on with last, whatever had become of the others. */
function endOf(
  { outcome }: EventOf<'rollout-finished'>,
  outcomes: Iterable<Outcome | null>,
): RolloutSummary['state'] {
  return outcome === 'done' ? ended(count(outcomes)) : outcome;
}

/** How each server's part ended, the newest word counting; null where it was begun anew. */
export function outcomesOf(events: readonly FleetEvent[]): Map<string, Outcome | null> {
  const outcomes = new Map<string, Outcome | null>();
  for (const event of events) {
    if (event.type === 'server-finished') outcomes.set(event.server, event.outcome);
    if (event.type !== 'rollout-started') continue;
    for (const server of event.plan.servers) if (willAct(server)) outcomes.set(server.id, null);
  }
  return outcomes;
}

/** Servers on which a job waits for its time, as far as the journal tells. */
const armedIn = (events: readonly FleetEvent[]): Set<string> =>
  stillOn(events, {
    begins: ({ step }) => step === 'wait',
    stays: (end, cancelling) => end.outcome === 'cancelled' && isLetGo(end, cancelling),
  });

/**
 * Servers of which something still holds by a journal.
 * @param what `begins`: with this status it holds, with any other not; `stays`: it holds although the server's part has ended so.
 *   `cancelling`: somebody had cancelled the rollout by then
 */
export function stillOn(
  events: readonly FleetEvent[],
  what: {
    begins: (status: EventOf<'status'>) => boolean;
    stays: (end: EventOf<'server-finished'>, cancelling: boolean) => boolean;
  },
): Set<string> {
  const on = new Set<string>();
  let cancelling = false;
  for (const event of events) {
    if (event.type === 'rollout-started') cancelling = false;
    else if (event.type === 'rollout-asked') cancelling ||= event.ask === 'cancel';
    else if (event.type === 'status' && what.begins(event)) on.add(event.server);
    else if (event.type === 'status') on.delete(event.server);
    else if (event.type === 'server-finished' && !what.stays(event, cancelling)) on.delete(event.server);
  }
  return on;
}

/**
 * Of a server whose part ended as cancelled: it was only let go of, and what lies there goes on. So it is too where somebody had
 * cancelled the rollout and left before an armed one could be told: then it ended in `wait`.
 */
export function isLetGo({ error }: Pick<EventOf<'server-finished'>, 'error'>, cancelling: boolean): boolean {
  return !cancelling || error?.step === 'wait';
}

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

/** All rollouts on this machine that this version can read. A journal is read again only when it has grown. */
export class Summaries {
  private readonly known = new Map<string, { mark: string; summary: RolloutSummary | undefined }>();

  constructor(private readonly dir: string) {}

  /** Newest first. */
  async all(): Promise<RolloutSummary[]> {
    const ids = await listJournals(this.dir);
    const there = new Set(ids);
    for (const id of this.known.keys()) if (!there.has(id)) this.known.delete(id);
    const all = await Promise.all(ids.map((id) => this.one(id)));
    return all.filter((one) => one !== undefined);
  }

  private async one(id: string): Promise<RolloutSummary | undefined> {
    const alive = (await ownerOf(this.dir, id)) !== null;
    const file = await stat(journalFile(this.dir, id)).catch(() => undefined);
    const mark = `${file?.size} ${file?.mtimeMs} ${alive}`;
    const known = this.known.get(id);
    if (known?.mark === mark) return known.summary;
    const summary = await summaryOf(this.dir, id, alive);
    this.known.set(id, { mark, summary });
    return summary;
  }
}

async function summaryOf(dir: string, id: string, alive: boolean): Promise<RolloutSummary | undefined> {
  try {
    const { events, missing } = await inspectJournal(dir, id);
    return summarise(id, events, alive, missing);
  } catch (error) {
    // A newer one's journal does not take the others down.
    if (error instanceof FleetError) return undefined;
    throw error;
  }
}
