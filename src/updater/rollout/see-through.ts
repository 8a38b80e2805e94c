import { setTimeout as sleep } from 'node:timers/promises';
import { asFleetError, FleetError } from '../errors';
import { interrupted, jobError, statusOfStep } from '../plan/assess';
import type { JobFact } from '../targets/facts';
import type { Link } from '../targets/link';
import type { JobEnd, JournalLine, Platform } from '../targets/platform';
import { awaitReturn, silent } from '../targets/return';
import { isLinkTrouble, type Contact } from './contact';

/** A job whose runner vanishes again and again is not started for ever. */
const mostRestarts = 5;
/** ms by which the wait before each further start grows. */
const startPause = 1_000;
/** ms in which a journal that tells of a restart may tell of its end too. */
const restartGrace = 1_000;

export interface Seeing {
  contact: Contact;
  platform: Platform;
  jobId: string;
  action: JobFact['action'];
  cancel: AbortSignal;
  detach: AbortSignal;
}

/**
 * Follows a job to its end through lost links, restarts, and a runner that vanished with the machine.
 * @throws FleetError that names the job's failure; `cancelled`, `job.interrupted`, `restart.no-return`, and link trouble
 */
export async function seeJobThrough(seeing: Seeing): Promise<void> {
  const { contact, platform, jobId, detach } = seeing;
  const journal = new JournalTeller(seeing);
  const cancelling = cancelOnRequest(seeing);
  try {
    for (let starts = 0; ; starts++) {
      const seen = journal.done;
      const { end, before } = await follow(seeing, journal);
      await journal.told;
      // A runner that got further is no runner that vanishes again and again.
      if (journal.done > seen) starts = 0;
      if (end !== 'restarting' && end.kind === 'exit') {
        if (end.state === 'done') return;
        if (end.state === 'cancelled')
          throw new FleetError('cancelled', end.message, { server: contact.server.id });
        throw jobError(contact.server, end.step, end.message);
      }
      if (before !== null) await outAndBack(seeing, before);
      if (starts === mostRestarts) throw interrupted(contact.server, jobId, journal.step);
      // A machine on its way down, or just up, needs a moment before a runner can live on it.
      if (before === null) await sleep(startPause * starts, undefined, { signal: detach });
      // The server goes on by itself where it can; where it cannot, this starts the runner again.
      await contact.persist(detach, (link) => platform.continueJob(link, jobId, detach));
    }
  } finally {
    cancelling.dispose();
  }
}

/** Follows until the job has ended, or its machine is on its way down: then `before` is the boot identity that must go. */
async function follow(
  { contact, platform, jobId, detach }: Seeing,
  journal: JournalTeller,
): Promise<{ end: JobEnd | 'restarting'; before: string | null }> {
  const watch = new RestartWatch();
  const patience = contact.server.returnMinutes * 60_000;
  const signal = AbortSignal.any([detach, watch.signal]);
  const once = (link: Link): Promise<JobEnd | 'restarting'> =>
    platform
      .followJob(
        link,
        jobId,
        journal.lines,
        (line) => {
          watch.see(line);
          journal.tell(line);
        },
        signal,
      )
      .catch((error: unknown) => {
        if (watch.restarting) return 'restarting' as const;
        throw error;
      });
  try {
    const end = await contact.persist(detach, once, patience);
    return { end, before: watch.restarting ? watch.before : null };
  } catch (thrown) {
    // Silent for as long as a restart may take: whether it restarts, unasked or before its journal could be read, or is gone, cannot be told.
    const error = asFleetError(thrown);
    throw isLinkTrouble(error) ? silent(contact.server, patience, journal.step, error) : thrown;
  } finally {
    watch.dispose();
  }
}

async function outAndBack({ contact, platform, jobId, detach }: Seeing, before: string): Promise<void> {
  const { server, links } = contact;
  await contact.status('restarting', 'restart', 'away');
  links.drop(server);
  const patience = server.returnMinutes * 60_000;
  const pulse = await awaitReturn(links, platform, server, { before, jobId, patience, signal: detach });
  if (pulse.bootId !== before) await contact.log('restart', `back, boot identity ${pulse.bootId}`);
}

/** Cancel stops a job before its restart; behind that the job ends by itself, and its end is what counts. */
function cancelOnRequest({ contact, platform, jobId, cancel, detach }: Seeing): { dispose(): void } {
  const ask = (): void => {
    contact
      .persist(detach, (link) => platform.cancelJob(link, jobId, detach))
      .catch((error: unknown) => contact.log('cancel', asFleetError(error).message, 'warn'))
      // Its journal takes nothing any more: the rollout is broken off for that, and nobody waits for this.
      .catch(() => undefined);
  };
  if (cancel.aborted) ask();
  else cancel.addEventListener('abort', ask, { once: true });
  return { dispose: () => cancel.removeEventListener('abort', ask) };
}

/** Turns the lines of a job's journal into events, in their order. */
class JournalTeller {
  /** Lines seen so far: where following goes on after a lost link. */
  lines = 0;
  /** Steps seen to end. */
  done = 0;
  /** The step that the job is in. */
  step: string | null = null;
  /** Resolves when all that was seen is told; rejects when it could not be journalled here. */
  told: Promise<void> = Promise.resolve();

  constructor(private readonly seeing: Seeing) {}

  tell(line: JournalLine): void {
    this.lines++;
    if (line.event === 'end') this.done++;
    this.step = line.step;
    this.told = this.told.then(() => this.event(line));
    // Looked at when the following ends; until then it must not count as unhandled.
    this.told.catch(() => undefined);
  }

  private event(line: JournalLine): Promise<void> {
    const { contact, action } = this.seeing;
    switch (line.event) {
      case 'begin':
        return contact.status(statusOfStep(action, line.step), line.step, null);
      case 'end':
        return contact.log(line.step, 'done');
      case 'fail':
        return contact.log(line.step, line.text, 'error');
      case 'undo':
        return contact.log(line.step, 'taking back what was done', 'warn');
      case 'note':
        return contact.log(line.step, line.text, 'warn');
    }
  }
}

/** Sees in a job's journal that the machine is being restarted, and gives the journal a moment to say that it is over already. */
class RestartWatch {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  restarting = false;
  before: string | null = null;

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  see(line: JournalLine): void {
    clearTimeout(this.timer);
    this.restarting = line.event === 'begin' && line.step === 'restart';
    if (!this.restarting) return;
    this.before = line.text;
    this.timer = setTimeout(() => this.controller.abort(), restartGrace);
  }

  dispose(): void {
    clearTimeout(this.timer);
  }
}
