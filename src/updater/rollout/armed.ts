import { asFleetError, FleetError } from '../errors';
import type { Server } from '../fleet/model';
import { beginsText } from '../plan/assess';
import type { PlanServer } from '../plan/plan';
import type { JobLine, Platform } from '../targets/platform';
import { probe } from '../targets/return';
import { timer, type Sleep } from './alarm';
import type { Contact } from './contact';

/** Seconds by which a server's clock may be off before that is worth saying. */
const clockTolerance = 120;
/** ms. */
const longestSleep = 30_000;
/** ms between two looks at a server that waits. */
const lookEvery = 10 * 60_000;
/** ms for one of them. */
const lookDeadline = 60_000;

interface Arms {
  planned: PlanServer;
  cancel: AbortSignal;
  detach: AbortSignal;
  now: () => Date;
}

/**
 * The step with which an armed job waits on its server: by the clock there, which may be wrong, as long as it is by ours.
 * @param startsAt ISO 8601
 * @throws FleetError `remote.failed` where the server does not tell the time; `plan.changed` where the time has passed
 */
export async function waitStep(
  contact: Contact,
  platform: Platform,
  startsAt: string,
  { planned, detach, now }: Arms,
): Promise<JobLine> {
  const { server } = contact;
  const clock = await contact.persist(detach, (link) => platform.clock(link, detach));
  if (clock === null)
    throw new FleetError('remote.failed', `${server.id} does not tell the time.`, {
      server: server.id,
      step: 'wait',
      hint: 'Its clock is read by `date`, on Windows by PowerShell. Mend that, or install while somebody watches.',
    });
  const start = Date.parse(startsAt);
  const late = Date.parse(planned.startsBy ?? startsAt) - start;
  const here = now().getTime();
  if (start + late < here)
    throw new FleetError('plan.changed', `${server.id} was to begin at ${startsAt}, and that has passed.`, {
      server: server.id,
      hint: 'Plan again: it gets another time.',
    });
  const off = Math.round(clock - here / 1000);
  const wrong = Math.abs(off) > clockTolerance;
  if (wrong)
    await contact.log(
      'wait',
      `its clock is ${Math.abs(off)} s ${off > 0 ? 'ahead' : 'behind'}; it waits as long as it is by this computer's, and does not begin should its clock be set meanwhile`,
      'warn',
    );
  const begin = Math.ceil(start / 1000) + off;
  const until = begin + Math.ceil(late / 1000);
  return { kind: 'step', words: ['wait', String(begin), String(until), ...(wrong ? ['wrong'] : [])] };
}

/**
 * Armed, the server waits alone; now and then it is asked whether its job has ended all the same: somebody may have disarmed it there,
 * and one that gave up is to be known before its time. Whoever cancels ends it.
 */
export async function untilItBegins(
  contact: Contact,
  platform: Platform,
  job: { id: string; startsAt: string },
  { cancel, detach, now }: Pick<Arms, 'cancel' | 'detach' | 'now'>,
  pause: Sleep = timer,
): Promise<void> {
  const { server, links } = contact;
  const at = new Date(job.startsAt);
  await contact.status('queued', 'wait', `armed: ${beginsText(at, server.window)}`);
  links.drop(server);
  const over = AbortSignal.any([cancel, detach]);
  const look = new Look(contact, platform, job.id);
  let time = now().getTime();
  let nextLook = time + lookEvery;
  while (time < at.getTime() && !over.aborted) {
    if (time >= nextLook) {
      nextLook = time + lookEvery;
      if (await look.hasEnded(over)) break;
    }
    // In short sleeps: this computer may be asleep meanwhile.
    await pause(Math.min(at.getTime() - time, longestSleep), over);
    time = now().getTime();
  }
  detach.throwIfAborted();
}

/** Looks at a job over connections of its own. One that is not reached is left alone: it begins all the same. */
class Look {
  private reached = true;

  constructor(
    private readonly contact: Contact,
    private readonly platform: Platform,
    private readonly jobId: string,
  ) {}

  async hasEnded(signal: AbortSignal): Promise<boolean> {
    const { server, links } = this.contact;
    try {
      const { ended } = await probe(links, this.platform, server, {
        jobId: this.jobId,
        deadline: lookDeadline,
        signal,
      });
      this.reached = true;
      return ended;
    } catch (thrown) {
      const { message } = asFleetError(thrown, { server: server.id });
      if (this.reached && !signal.aborted)
        await this.contact.log('wait', `${message} It is armed, and begins all the same.`, 'warn');
      this.reached = false;
      return false;
    }
  }
}

export function disarmed({ id }: Server): FleetError {
  return new FleetError('cancelled', `${id} was disarmed before it began.`, {
    server: id,
    hint: 'Install it, or arm it again.',
  });
}
