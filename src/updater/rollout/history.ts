import type { Action } from '../plan/plan';
import type { FleetEvent, Outcome, ServerStatus } from './events';
import type { RolloutSummary } from './summary';

/** What a rollout did to one server, by its journal. Times are ISO 8601 in UTC, by the clock of the workstation. */
export interface ServerRecord {
  id: string;
  system: string;
  from: string | null;
  to: string | null;
  /** Null while its part has not ended. */
  outcome: Outcome | null;
  status: ServerStatus | null;
  /** Why it failed, or was left out. */
  reason: string | null;
  /** When work on it began, and when its part ended. */
  startedAt: string | null;
  endedAt: string | null;
  seconds: number | null;
  /**
   * Seconds from the stop or restart until the service was proven again, as seen from here; null where nothing was restarted, or
   * where it did that alone: then nobody saw how long it took.
   */
  recordingGapSeconds: number | null;
}

export interface RolloutRecord {
  id: string;
  action: Action;
  /** The fleet file. */
  fleet: string;
  by: string;
  state: RolloutSummary['state'];
  startedAt: string;
  finishedAt: string | null;
  seconds: number | null;
  /** What people asked of it meanwhile. */
  asked: { at: string; ask: string; by: string }[];
  servers: ServerRecord[];
}

/** Steps of jobs that stop the recording, and the one that proves that it runs again. */
const downSteps = ['stop', 'restart', 'restart-service'];
const upStep = 'check-service';

/** What a rollout's journal tells of it. */
export function recordOf(summary: RolloutSummary, events: readonly FleetEvent[]): RolloutRecord {
  const { id, action, fleet, by, state, startedAt, finishedAt, servers } = summary;
  const planned = new Map(
    events.flatMap((event) =>
      event.type === 'rollout-started' ? event.plan.servers.map((one) => [one.id, one] as const) : [],
    ),
  );
  const own = new Map<string, FleetEvent[]>(servers.map((server) => [server.id, []]));
  const alone = new Set<string>();
  for (const event of events) {
    if ('server' in event) own.get(event.server)?.push(event);
    if (event.type === 'rollout-started')
      for (const { id: server, startsAt } of event.plan.servers)
        if (startsAt !== undefined && event.at > startsAt) alone.add(server);
  }
  return {
    ...{ id, action, fleet, by, state, startedAt, finishedAt },
    seconds: between(startedAt, finishedAt),
    asked: events.flatMap((event) =>
      event.type === 'rollout-asked' ? [{ at: event.at, ask: event.ask, by: event.by }] : [],
    ),
    servers: servers.map((server) => {
      const plan = planned.get(server.id);
      const named = {
        id: server.id,
        system: plan?.system ?? '',
        from: plan?.from ?? null,
        to: plan?.to ?? null,
      };
      const seen = serverRecord(own.get(server.id) ?? []);
      return { ...named, ...(alone.has(server.id) ? unseen(seen, plan?.startsAt) : seen) };
    }),
  };
}

type Seen = Omit<ServerRecord, 'id' | 'system' | 'from' | 'to'>;

function serverRecord(events: readonly FleetEvent[]): Seen {
  // Armed, it was laid down long before it began.
  const waited = events.findLastIndex((event) => event.type === 'status' && event.step === 'wait');
  const begin = events
    .slice(waited + 1)
    .find((event) => event.type === 'status' && event.status !== 'queued');
  const end = events.findLast((event) => event.type === 'server-finished');
  const finished = end?.type === 'server-finished' ? end : undefined;
  return {
    outcome: finished?.outcome ?? null,
    status: finished?.status ?? null,
    reason: finished?.error?.message ?? finished?.reason ?? null,
    startedAt: begin?.at ?? null,
    endedAt: finished?.at ?? null,
    seconds: begin && finished ? between(begin.at, finished.at) : null,
    recordingGapSeconds: recordingGap(events),
  };
}

/** It began by itself, and whoever looked came later: by then its times were past. */
function unseen(seen: Seen, startsAt: string | undefined): Seen {
  const startedAt = seen.startedAt === null ? null : (startsAt ?? null);
  return { ...seen, startedAt, seconds: null, recordingGapSeconds: null };
}

/** Seconds of every time that a server was down, together: a rollout may bring several versions. */
export function recordingGap(events: readonly FleetEvent[]): number | null {
  let total: number | null = null;
  let downAt: string | null = null;
  for (const event of events) {
    if (event.type === 'status' && event.step !== null && downSteps.includes(event.step)) downAt ??= event.at;
    const isUp =
      event.type === 'server-finished' ||
      (event.type === 'log' && event.step === upStep && event.level === 'info');
    if (!isUp || downAt === null) continue;
    total = (total ?? 0) + (between(downAt, event.at) ?? 0);
    downAt = null;
  }
  return total;
}

function between(from: string, to: string | null): number | null {
  return to === null ? null : Math.round((Date.parse(to) - Date.parse(from)) / 1000);
}
