import { setTimeout as sleep } from 'node:timers/promises';
import { asFleetError, FleetError } from '../errors';
import type { Server } from '../fleet/model';
import type { Library } from '../packages/library';
import { armedText } from '../plan/assess';
import { meansFor } from '../products/means';
import { isArmed, isOfRollout, isUnended, type Facts } from '../targets/facts';
import type { Links } from '../targets/link';
import { readFacts } from '../targets/read-facts';
import { isLinkTrouble } from './contact';
import { hasChecks, serviceTrouble, unwell } from './health';

/** A server that does not answer, or is not well, is asked so often, so many ms apart, before it counts as away or sick. */
const tries = 3;
const pause = 10_000;

export interface Looking {
  server: Server;
  links: Links;
  library: Library;
  signal: AbortSignal;
  /** A rollout whose jobs may wait on the server for their time: it has given partners times one behind the other. */
  arming?: string;
}

/** What a look at a server found: what is wrong with it (null: nothing), and its facts where it answered. */
export interface Seen {
  wrong: FleetError | null;
  facts: Facts | null;
}

/** Looks whether a server is there and well while no rollout of ours acts on it. @throws only when the signal aborts */
export async function look({ server, links, library, signal, arming }: Looking): Promise<Seen> {
  for (let left = tries - 1; ; left--) {
    try {
      const { hands, platform } = meansFor(server);
      const link = await links.get(server, { signal });
      const facts = await readFacts(link, platform, hands, await library.list(), signal);
      const wrong =
        wrongWith(server, facts, arming) ??
        (hasChecks(server) && facts.installed !== null ? await unwell(link, platform, signal) : null);
      const silent = wrong?.code === 'verify.service' && facts.service?.state === 'unknown';
      const mayMend = wrong?.code === 'verify.health' || silent;
      if (!mayMend || left === 0) return { wrong, facts };
      await sleep(pause, undefined, { signal });
    } catch (thrown) {
      signal.throwIfAborted();
      const wrong = asFleetError(thrown, { server: server.id });
      if (left === 0 || !isLinkTrouble(wrong)) return { wrong, facts: null };
      links.drop(server);
      await sleep(pause, undefined, { signal });
    }
  }
}

function wrongWith(server: Server, facts: Facts, arming: string | undefined): FleetError | null {
  const { job, installed } = facts;
  const waits = job?.state === 'running' && isArmed(job);
  if (waits && (arming === undefined || !isOfRollout(job, arming)))
    return new FleetError(
      'job.busy',
      `Job ${job.id} of ${job.by} is armed on ${server.id}: ${armedText(job, server)}.`,
      { server: server.id, hint: 'Cancel it first, or let it come.' },
    );
  if (job && !waits && isUnended(job))
    return new FleetError('job.busy', `Job ${job.id} of ${job.by} is at work on ${server.id}.`, {
      server: server.id,
      hint: 'Wait until it has ended.',
    });
  return installed === null ? null : serviceTrouble(server, facts);
}
