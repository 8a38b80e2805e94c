import { withUpdater, type Context } from '../context';
import { exit, type ExitCode } from '../errors';
import { follow, stopping } from '../follow';

/** Goes on with a rollout. It was agreed to when it began, so nothing is asked. */
export function resume(context: Context): Promise<ExitCode> {
  const { terminal, args, interrupt } = context;
  const id = args.words[0] ?? '';
  return withUpdater(context, 'needed', ({ updater }) => {
    interrupt.means(stopping);
    return follow(updater, terminal, () => updater.resume(id, { signal: interrupt.signal }));
  });
}

/** Stops a rollout, whichever process runs it, or where its jobs lie. */
export function cancel(context: Context): Promise<ExitCode> {
  const { terminal, args, interrupt } = context;
  const id = args.words[0] ?? '';
  interrupt.means('Stopped waiting; what was asked to stop may still stop.');
  return withUpdater(context, 'needed', async ({ updater }) => {
    await updater.cancel(id);
    // A rollout that a colleague began has no journal here; its servers were told all the same.
    const state = (await updater.rollouts()).find((rollout) => rollout.id === id)?.state ?? 'cancelled';
    if (terminal.json) terminal.document({ schema: 1, rollout: id, state });
    else terminal.say(`Rollout ${id}: ${state === 'running' ? 'stopping' : state}.`);
    return exit.done;
  });
}
