import { FleetError, asFleetError } from '../errors';
import type { PlanServer } from '../plan/plan';
import { windowState } from '../plan/window';
import { meansFor } from '../products/means';
import type { Facts } from '../targets/facts';
import { readFacts } from '../targets/read-facts';
import { Contact } from './contact';
import { Work, type WorkContext, type WorkResult } from './work';

/**
 * Takes back what this rollout has installed on a server whose update failed, newest first. The server counts as failed either
 * way; a rollback that fails too is a state of its own.
 * @param unseen it may have failed long ago, while nobody watched
 */
export async function rollBack(own: WorkContext, failed: WorkResult, unseen: boolean): Promise<WorkResult> {
  const failure = failed.error ?? new FleetError('internal', `${own.server.id} failed.`);
  let facts: Facts;
  try {
    facts = await factsOf(own);
  } catch (thrown) {
    const why = asFleetError(thrown).message;
    return { ...failed, error: also(failure, `It was not rolled back, for it could not be asked: ${why}`) };
  }
  const way = wayBack(facts, own.rolloutId);
  // Without an entry of this rollout there is no backup to go back to: before `commit` the job has undone what it had done; behind it
  // (where the entry could not be written) the new version stays, and its error names that step.
  if (way === undefined) return failed;
  if (way.path.length === 0)
    return { ...failed, error: also(failure, 'There is no earlier version to roll it back to.') };
  if (facts.job?.action !== 'rollback' && mustNotNow(own, unseen))
    return {
      ...failed,
      error: also(
        failure,
        'It was not rolled back: its maintenance window is shut.',
        'Roll it back by hand.',
      ),
    };
  const to = way.path.at(-1) ?? null;
  const planned = {
    ...own.planned,
    from: facts.installed?.version ?? null,
    to,
    ...way,
    reasons: [],
    steps: [],
  };
  const result = await new Work({ ...own, action: 'rollback', to, planned, mayBegin: () => true }).run();
  if (result === 'waits') throw new Error('a rollback that waits');
  switch (result.outcome) {
    case 'done':
      return {
        ...result,
        outcome: 'failed',
        error: also(failure, `It was rolled back to ${to}.`, lookFirst),
      };
    case 'cancelled':
      return result;
    case 'failed':
    case 'blocked':
    case 'skipped':
    case 'not-started':
      return { ...result, outcome: 'failed', error: both(failure, result.error) };
  }
}

/**
 * An armed install fails with nobody there, and so may one whose rollout was interrupted; whoever looks may do so at any hour: nothing
 * goes down then unasked. What fails under somebody's eyes is taken back at once.
 */
function mustNotNow(own: WorkContext, unseen: boolean): boolean {
  const { planned, server, ignoreWindow } = own;
  return (
    (unseen || planned.startsAt !== undefined) &&
    !ignoreWindow &&
    server.window !== undefined &&
    !windowState(server.window, own.now()).open
  );
}

const lookFirst = 'Show Log has the steps. Mend the cause before that version is installed again.';

/** The versions to go down over, newest first; undefined where this rollout has installed nothing that still runs. */
export function wayBack(
  { entries = [], history, job }: Facts,
  rolloutId: string,
): Pick<PlanServer, 'path' | 'entriesLeft'> | undefined {
  const prefix = `${rolloutId}-`;
  const newestFirst = [...entries].reverse();
  const isOurs = (index: number): boolean => {
    const entry = newestFirst[index];
    return entry !== undefined && entry.backup !== null && entry.id.startsWith(prefix);
  };
  let ours = 0;
  while (isOurs(ours)) ours++;
  const left = history.slice(0, -1).reverse().slice(0, ours);
  // A rollback of ours that was begun may have taken its entry off the stack already; it is still to be seen to its end.
  const begun = job?.action === 'rollback' && job.id.startsWith(prefix) ? job.to : null;
  const entriesLeft = history.length - left.length;
  if (begun !== null && !left.includes(begun)) return { path: [begun, ...left], entriesLeft };
  return ours === 0 ? undefined : { path: left, entriesLeft };
}

async function factsOf(own: WorkContext): Promise<Facts> {
  const { server, links, library, detach } = own;
  const { hands, platform } = meansFor(server);
  const contact = new Contact(server, links, (event) => own.say(event));
  const packages = await library.list();
  return contact.persist(detach, (link) => readFacts(link, platform, hands, packages, detach));
}

function also(failure: FleetError, more: string, hint = failure.hint): FleetError {
  const { code, message, server, step } = failure;
  return new FleetError(code, `${message} ${more}`, {
    ...(hint !== undefined && { hint }),
    ...(server !== undefined && { server }),
    ...(step !== undefined && { step }),
    cause: failure,
  });
}

function both(failure: FleetError, second: FleetError | null): FleetError {
  const why = second?.message ?? 'no reason given';
  return new FleetError(second?.code ?? 'job.failed', `${failure.message} Its rollback failed too: ${why}`, {
    ...(failure.server !== undefined && { server: failure.server }),
    ...(second?.step !== undefined && { step: second.step }),
    hint: 'The server needs a person: look at its log, then roll back again or install a version that works.',
    cause: failure,
  });
}
