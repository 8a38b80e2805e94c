import { cancelMeaning, pauseMeaning, skipMeaning } from '../../updater/rollout/meaning';
import type { Updater } from '../../updater/updater';
import { withUpdater, type Context } from '../context';
import { exit, type ExitCode } from '../errors';
import { follow, stopping } from '../follow';

/** Goes on with a rollout. It was agreed to when it began, so nothing is asked. */
export function resume(context: Context): Promise<ExitCode> {
  const { terminal, args, interrupt } = context;
  const id = args.words[0] ?? '';
  const narrowed = args.servers.length + args.systems.length > 0;
  return withUpdater(context, 'needed', ({ updater, selected }) => {
    interrupt.means(stopping);
    const only = narrowed ? { servers: selected.map((server) => server.id) } : {};
    return follow(updater, terminal, () => updater.resume(id, { signal: interrupt.signal, ...only }));
  });
}

/** Stops a rollout, whichever process runs it, or where its jobs lie. */
export function cancel(context: Context): Promise<ExitCode> {
  const { terminal, args, interrupt } = context;
  const id = args.words[0] ?? '';
  interrupt.means('Stopped waiting; what was asked to stop may still stop.');
  return withUpdater(context, 'needed', async ({ updater }) => {
    terminal.note(cancelMeaning);
    await updater.cancel(id);
    // A rollout that a colleague began has no journal here; its servers were told all the same.
    const state = (await updater.rollouts()).find((rollout) => rollout.id === id)?.state ?? 'cancelled';
    if (terminal.json) terminal.document({ schema: 1, rollout: id, state });
    else terminal.say(`Rollout ${id}: ${state === 'running' ? 'stopping' : state}.`);
    return exit.done;
  });
}

/** Begins nothing new in a rollout, whichever process on this machine runs it. */
export function pause(context: Context): Promise<ExitCode> {
  return ask(context, pauseMeaning, 'pausing', (updater, id) => updater.pause(id));
}

/** Lets a paused rollout go on. */
export function proceed(context: Context): Promise<ExitCode> {
  return ask(context, undefined, 'going on', (updater, id) => updater.proceed(id));
}

/** Leaves out servers that have not begun, with the reason why. */
export function skip(context: Context): Promise<ExitCode> {
  const { servers, reason = '' } = context.args;
  return ask(context, skipMeaning, `leaving out ${servers.join(', ')}`, async (updater, id) => {
    for (const server of servers) await updater.skip(id, server, reason);
  });
}

function ask(
  context: Context,
  meaning: string | undefined,
  said: string,
  act: (updater: Updater, id: string) => Promise<void>,
): Promise<ExitCode> {
  const { terminal, args } = context;
  const id = args.words[0] ?? '';
  return withUpdater(context, 'needed', async ({ updater }) => {
    if (meaning !== undefined) terminal.note(meaning);
    await act(updater, id);
    if (terminal.json) terminal.document({ schema: 1, rollout: id, asked: args.verb });
    else terminal.say(`Rollout ${id}: ${said}.`);
    return exit.done;
  });
}
