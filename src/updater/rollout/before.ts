import type { ErrorInfo } from '../errors';
import type { FleetEvent } from './events';
import type { Before } from './rollout';
import { lastAsked, outcomesOf } from './summary';

/** What a rollout had come to, by its journal. */
export function beforeOf(events: readonly FleetEvent[]): Before {
  const planned = new Map(
    events.flatMap((event) =>
      event.type === 'rollout-started' ? event.plan.servers.map((one) => [one.id, one] as const) : [],
    ),
  );
  const ends = new Map<string, number>();
  const atWork = new Set<string>();
  const failing = new Map<string, ErrorInfo>();
  const jobs = new Map<string, number>();
  for (const event of events) {
    // Armed, it waits on the server: its job lies there.
    if (event.type === 'status' && (event.status !== 'queued' || event.step === 'wait'))
      atWork.add(event.server);
    else if (event.type === 'status') atWork.delete(event.server);
    if (event.type === 'status' && event.step === 'start')
      jobs.set(event.server, (jobs.get(event.server) ?? 0) + 1);
    if (event.type === 'server-failing') failing.set(event.server, event.error);
    if (event.type !== 'server-finished') continue;
    // Let go of, or stopped in the middle, a job may still be there.
    if (event.outcome !== 'cancelled') atWork.delete(event.server);
    ends.set(event.server, Date.parse(event.at));
    // Let go of in the middle of it, it is still to be taken back.
    if (event.outcome !== 'cancelled' && event.outcome !== 'not-started') failing.delete(event.server);
  }
  const outcomes = outcomesOf(events);
  const done = [...planned.values()]
    .filter(({ id }) => outcomes.get(id) === 'done' && !failing.has(id))
    .map((one) => ({ planned: one, at: ends.get(one.id) ?? 0 }));
  const leaders = [...planned.values()].filter(
    ({ id, leads }) => leads !== undefined && (outcomes.get(id) !== 'done' || failing.has(id)),
  );
  return { done, leaders, atWork, failing, jobs };
}

/** Who had paused it, if it was paused when it was interrupted. */
export function pausedBy(events: readonly FleetEvent[]): { by: string } | null {
  const asked = lastAsked(events);
  return asked?.ask === 'pause' ? { by: asked.by } : null;
}
