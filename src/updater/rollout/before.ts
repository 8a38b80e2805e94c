import type { ErrorInfo } from '../errors';
import type { PlanServer } from '../plan/plan';
import type { EventOf, FleetEvent } from './events';
import type { Before } from './rollout';
import { isLetGo, lastAsked, outcomesOf, stillOn } from './summary';

/** What a rollout had come to, by its journal. */
export function beforeOf(events: readonly FleetEvent[]): Required<Before> {
  const planned = plannedIn(events);
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
  const held = heldBy(events);
  const isOpen = (id: string): boolean => held.has(id) || failing.has(id);
  return {
    ...{ done, leaders, atWork, failing, jobs },
    ends: new Map([...outcomes].map(([id, outcome]) => [id, isOpen(id) ? null : outcome])),
  };
}

/** What a rollout was to do to each server, the newest plan counting. */
export function plannedIn(events: readonly FleetEvent[]): Map<string, PlanServer> {
  return new Map(
    events.flatMap((event) =>
      event.type === 'rollout-started' ? event.plan.servers.map((one) => [one.id, one] as const) : [],
    ),
  );
}

/**
 * Servers on which a job of it may still lie, as far as its journal tells: armed, at work, let go of, or out of reach when they were
 * looked at last. One that was cancelled by somebody who reached it is none of them.
 */
export const heldBy = (events: readonly FleetEvent[]): Set<string> =>
  stillOn(events, { begins: (status) => !isJobless(status), stays: mayStayBehind });

/** It waits for its turn, or takes files. */
const isJobless = ({ status, step }: EventOf<'status'>): boolean =>
  status === 'downloading' || (status === 'queued' && step !== 'wait');

/** @param cancelling somebody had cancelled the rollout by then */
function mayStayBehind({ outcome, status, error }: EventOf<'server-finished'>, cancelling: boolean): boolean {
  if (outcome === 'cancelled') return isLetGo({ error }, cancelling);
  return outcome === 'failed' && (status === 'stalled' || status === 'unreachable');
}

/** Who had paused it, if it was paused when it was interrupted. */
export function pausedBy(events: readonly FleetEvent[]): { by: string } | null {
  const asked = lastAsked(events);
  return asked?.ask === 'pause' ? { by: asked.by } : null;
}
