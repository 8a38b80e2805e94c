import { asFleetError, FleetError } from '../errors';
import type { Server, System } from '../fleet/model';
import type { NewEvent } from './events';
import type { Crew, RolloutContext } from './rollout';
import type { Lane, Standing } from './standing';
import type { Telling } from './telling';
import type { Waits, WorkContext, WorkResult } from './work';

/** What one server's part is done with. */
export interface Doing {
  context: RolloutContext;
  crew: Crew;
  telling: Telling;
  detach: AbortSignal;
  system: System | undefined;
  /** Servers that must not be down while this one is. */
  partners: readonly Server[];
  /** Whether so many more hops may begin now, by clock and pause. */
  mayBegin(hops: number): boolean;
}

/** One server's part, or as much of it as may be done now. */
export async function part(standing: Standing, lane: Lane, doing: Doing): Promise<WorkResult | Waits> {
  const { server, undo, inWork, unseen } = standing;
  const { context, crew, telling, detach, system } = doing;
  const own = workContext(standing, lane, doing);
  if (undo !== null) return attempt(server, () => crew.rollBack(own, undo, unseen));
  // A job that was left there is seen to its end first, whoever is away.
  if (lane === 'change' && !inWork) {
    const away = await partnerAway(server, doing);
    if (away !== undefined) return away;
  }
  const result = await attempt(server, () => crew.work(own));
  const takeBack =
    result !== 'waits' &&
    result.outcome === 'failed' &&
    system?.onFailure === 'roll-back' &&
    context.plan.action === 'install' &&
    lane === 'change' &&
    !context.cancel.aborted &&
    !detach.aborted;
  if (!takeBack) return result;
  const error = result.error ?? new FleetError('internal', `${server.id} failed.`);
  await telling.say({ type: 'server-failing', server: server.id, error: error.toJSON() });
  return attempt(server, () => crew.rollBack(own, { ...result, error }, unseen));
}

function workContext(standing: Standing, lane: Lane, doing: Doing): WorkContext {
  const { server, planned, inWork, jobs } = standing;
  const { context, telling, detach, partners } = doing;
  const { action, to, ignoreWindow = false } = context.plan;
  let begun = false;
  const mayBegin = (hops: number): boolean => {
    if (lane === 'ahead') return false;
    standing.hops = hops;
    // What was left there is seen to its end; whatever is new goes through the queue.
    if (inWork) return false;
    // Partners are looked at before each hop: so there is one hop at a time.
    if (partners.length > 0 && begun) return false;
    begun = doing.mayBegin(hops);
    return begun;
  };
  const say = (event: NewEvent): Promise<void> => telling.say(event);
  return {
    ...context,
    rolloutId: context.id,
    server,
    planned,
    jobs,
    action,
    to,
    ignoreWindow,
    mayBegin,
    detach,
    say,
  };
}

/** Any thrown value is a failure of this server, with its cause. */
async function attempt<T>(server: Server, act: () => Promise<T>): Promise<T | WorkResult> {
  try {
    return await act();
  } catch (thrown) {
    return { outcome: 'failed', status: 'failed', error: asFleetError(thrown, { server: server.id }) };
  }
}

/** Why the server must not go down now: one that stands in for it is away, or not well. */
async function partnerAway(
  server: Server,
  { context: { id, plan, links, library, cancel }, crew, detach, partners }: Doing,
): Promise<WorkResult | undefined> {
  const signal = AbortSignal.any([cancel, detach]);
  const arming = plan.armed === true ? { arming: id } : {};
  const notStarted = (why: string): WorkResult => ({
    outcome: cancel.aborted ? 'cancelled' : 'not-started',
    status: 'unknown',
    error: new FleetError(
      cancel.aborted ? 'cancelled' : 'rollout.halted',
      `${server.id} was not started: ${why}`,
      {
        server: server.id,
        hint: 'Resume the rollout to go on with the servers that are not done.',
      },
    ),
  });
  for (const partner of partners) {
    const seen = await crew.look({ server: partner, links, library, signal, ...arming }).catch(() => null);
    if (seen === null) return notStarted('the rollout was cancelled before it began here.');
    if (seen.wrong !== null)
      return notStarted(`${partner.id} of its failover group is not well. ${seen.wrong.message}`);
  }
  return undefined;
}
