import { setTimeout as sleep } from 'node:timers/promises';
import { asFleetError, FleetError } from '../errors';
import type { Server } from '../fleet/model';
import type { Links } from './link';
import type { Platform, Pulse } from './platform';

/** ms for one probe, its handshake included: an old connection, or a slow one, must never hold up the wait. */
const probeDeadline = 12_000;
const pause = 700;

export interface ReturnOptions {
  /** The boot identity that must go. */
  before: string;
  /** The job that asked for the restart; if it has ended without one, the wait is over too. */
  jobId: string | null;
  /** ms. */
  patience: number;
  signal?: AbortSignal;
}

/**
 * Waits until a server has restarted: until a valid boot identity other than `before` is read over a new connection.
 * A failed or empty probe proves nothing.
 * @throws FleetError `restart.no-return`; `hostkey.changed`, which no waiting mends.
 */
export async function awaitReturn(
  links: Links,
  platform: Platform,
  server: Server,
  options: ReturnOptions,
): Promise<Pulse> {
  const start = Date.now();
  let last: FleetError | undefined;
  let seenOld = false;
  while (Date.now() - start < options.patience) {
    options.signal?.throwIfAborted();
    try {
      const { jobId, signal } = options;
      const seen = await probe(links, platform, server, { jobId, deadline: probeDeadline, signal });
      if (seen.bootId !== null && seen.bootId !== options.before) return seen;
      if (seen.ended) return seen;
      seenOld = seen.bootId === options.before;
      last = undefined;
    } catch (error) {
      options.signal?.throwIfAborted();
      last = asFleetError(error);
      if (last.code === 'hostkey.changed' || last.code === 'hostkey.revoked') throw last;
    }
    await sleep(pause, undefined, options.signal ? { signal: options.signal } : {});
  }
  const seen =
    seenOld && last === undefined
      ? 'it answers, but has not restarted'
      : (last?.message ?? 'it does not answer');
  throw noReturn(server, options.patience, seen, last);
}

/** A server that stays away after a restart; `seen` says what the last look at it showed. */
function noReturn(server: Server, patience: number, seen: string, cause?: unknown): FleetError {
  return away(
    server,
    'restart',
    `${server.id} is not back ${span(patience)} after the restart: ${seen}`,
    cause,
  );
}

/** A server of which nothing was heard for `patience` ms, since its job was in `step`. */
export function silent(server: Server, patience: number, step: string | null, cause: FleetError): FleetError {
  const since = step === null ? 'its job began' : `it was in ${step}`;
  // Armed, a product restarts its machine by itself.
  const stuck = step === 'arm' ? 'restart' : (step ?? 'start');
  return away(
    server,
    stuck,
    `${server.id} has not answered for ${span(patience)}, since ${since}: ${cause.message}`,
    cause,
  );
}

function away(server: Server, step: string, message: string, cause: unknown): FleetError {
  const when = 'When it is back, resume the rollout: the job goes on from there.';
  return new FleetError('restart.no-return', message, {
    server: server.id,
    step,
    hint:
      server.outOfBand === undefined
        ? `Somebody has to look at the machine. ${when}`
        : `Reach it out of band: ${server.outOfBand}. ${when}`,
    cause,
  });
}

function span(ms: number): string {
  return ms < 60_000 ? `${Math.round(ms / 1000)} seconds` : `${Math.round(ms / 60_000)} minutes`;
}

/** One look at a server over a connection of its own, which is dead after `deadline` ms, handshake included. */
export async function probe(
  links: Links,
  platform: Platform,
  server: Server,
  { jobId, deadline, signal }: { jobId: string | null; deadline: number; signal?: AbortSignal | undefined },
): Promise<Pulse> {
  const link = await links.fresh(server, { deadline, ...(signal && { signal }) });
  try {
    return await platform.pulse(link, jobId, signal);
  } finally {
    link.close();
  }
}
