import { FleetError, asFleetError } from '../errors';
import type { Server, Window } from '../fleet/model';
import { beginsText, jobError } from '../plan/assess';
import type { PlanServer } from '../plan/plan';
import type { Answered } from '../plan/planner';
import { isOfRollout, isUnended, type JobFact } from '../targets/facts';
import type { Links } from '../targets/link';
import { platformOf } from '../targets/read-facts';
import { beforeOf, heldBy, plannedIn } from './before';
import type { FleetEvent, NewEvent } from './events';

/** What a server says of a rollout that is cancelled. */
export type Stopped =
  /** Its job there was told to stop. */
  | 'stopped'
  /** Its job there that has ended; null: none lies there. */
  | JobFact
  | null
  /** It was not reached, or did not take the word. */
  | FleetError;

/** Stops the jobs of a rollout where they lie. One server that is away keeps no other from it. */
export async function stopJobs(
  id: string,
  servers: readonly Server[],
  answered: ReadonlyMap<string, Answered>,
  links: Links,
): Promise<Map<string, Stopped>> {
  const stop = async (server: Server): Promise<Stopped> => {
    const platform = platformOf(server);
    if (platform === undefined) return null;
    const answer = answered.get(server.id);
    if (answer === undefined || 'error' in answer) return answer?.error ?? silent(server);
    const { job } = answer.facts;
    if (job === null || !isOfRollout(job, id)) return null;
    if (!isUnended(job)) return job;
    await platform.cancelJob(await links.get(server), job.id);
    return 'stopped';
  };
  const found = await Promise.all(
    servers.map(async (server): Promise<[string, Stopped]> => {
      const stopped = stop(server).catch((thrown: unknown) => asFleetError(thrown, { server: server.id }));
      return [server.id, await stopped];
    }),
  );
  return new Map(found);
}

const silent = ({ id }: Server): FleetError => new FleetError('link.lost', `${id} was not asked.`);

/** How a rollout stands whose jobs were told to stop. */
export interface Cancelled {
  /** How the parts of those ended that were open. */
  ends: (NewEvent & { type: 'server-finished' })[];
  /** Servers on which a job may still lie, for they could not be told; and why. */
  missed: Map<string, FleetError>;
}

/** What the journal of a rollout and its servers say together. A server on which nothing had begun need not be reached. */
export function cancelledBy(
  events: readonly FleetEvent[],
  servers: readonly Server[],
  found: ReadonlyMap<string, Stopped>,
): Cancelled {
  const held = heldBy(events);
  const { failing, ends: before } = beforeOf(events);
  const planned = plannedIn(events);
  const ends: Cancelled['ends'] = [];
  const missed: Cancelled['missed'] = new Map();
  for (const [id, outcome] of before) {
    // One that was not started when somebody let go of the rollout was still to come.
    if (outcome !== null && outcome !== 'not-started') continue;
    const server = servers.find((one) => one.id === id);
    const stopped = server === undefined ? unlisted(id) : (found.get(id) ?? null);
    if (stopped instanceof FleetError && held.has(id)) missed.set(id, stopped);
    else {
      const end = { type: 'server-finished', server: id, status: 'unknown', error: null } as const;
      const error = failing.get(id) ?? failureOf(server, stopped);
      if (error !== null) ends.push({ ...end, outcome: 'failed', status: 'failed', error });
      else ends.push({ ...end, outcome: isDone(stopped, planned.get(id)) ? 'done' : 'cancelled' });
    }
  }
  return { ends, missed };
}

const unlisted = (id: string): FleetError =>
  new FleetError('host.unknown', `${id} is no longer in the fleet file.`);

export const isJob = (stopped: Stopped): stopped is JobFact =>
  stopped !== null && stopped !== 'stopped' && !(stopped instanceof FleetError);

function failureOf(server: Server | undefined, stopped: Stopped): ReturnType<FleetError['toJSON']> | null {
  if (server === undefined || !isJob(stopped) || stopped.state !== 'failed') return null;
  return jobError(server, stopped.step, stopped.message ?? 'no reason given').toJSON();
}

/** It was ahead of whoever cancels: its job has brought all that was planned, and proven it there. */
const isDone = (stopped: Stopped, planned: PlanServer | undefined): boolean =>
  isJob(stopped) && stopped.state === 'done' && stopped.to === planned?.to;

/** "begins by itself on sat 2026-11-28 22:00 (Europe/Tallinn)"; undefined for one that is not armed, or has begun. */
export function beginning(
  planned: PlanServer | undefined,
  window: Window | undefined,
  now: Date,
): string | undefined {
  if (planned?.startsAt === undefined || Date.parse(planned.startsAt) <= now.getTime()) return undefined;
  return beginsText(new Date(planned.startsAt), window);
}

/** @param whatOf says what of a server that was missed goes on: "what runs there goes on" */
export function notCancelled(
  id: string,
  missed: ReadonlyMap<string, FleetError>,
  whatOf: (server: string) => string,
): FleetError {
  const alike = new Map<string, string[]>();
  for (const server of missed.keys())
    alike.set(whatOf(server), [...(alike.get(whatOf(server)) ?? []), server]);
  const said = [...alike].map(
    ([what, list]) => `${list.join(', ')} ${list.length === 1 ? 'was' : 'were'} not reached; ${what}.`,
  );
  const [only] = missed.size === 1 ? missed.keys() : [];
  return new FleetError('remote.failed', said.join(' '), {
    ...(only !== undefined && { server: only }),
    hint: `Cancel rollout ${id} again once ${missed.size === 1 ? 'the server answers' : 'they answer'}: whatever was reached is cancelled already.`,
    cause: [...missed.values()][0],
  });
}
