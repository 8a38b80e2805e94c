import { ArmedServers } from '../updater/rollout/armed-servers';
import type { FleetEvent } from '../updater/rollout/events';
import { cancelMeaning } from '../updater/rollout/meaning';
import type { RolloutResult, Updater } from '../updater/updater';
import { exit, type ExitCode } from './errors';
import { eventText } from './event-text';
import { activeLines } from './progress';
import type { Terminal } from './terminal';

/** ms between two drawings of the live view. */
const FRAME = 100;

/** What the first Ctrl-C means while a rollout runs. */
export const stopping = `Stopping. ${cancelMeaning}`;

/**
 * Tells a rollout while it runs: events to programs, lines to people, a live view on a terminal.
 * @param signal from then on nothing is told any more
 */
export async function follow(
  updater: Updater,
  terminal: Terminal,
  work: () => Promise<RolloutResult>,
  signal?: AbortSignal,
): Promise<ExitCode> {
  let finished = false;
  const subscription = updater.events.on((event) => {
    // rollout-finished is the last line that a program reads; what the core still does after it is not of this rollout.
    if (finished || signal?.aborted === true) return;
    if (terminal.json) terminal.line(event);
    tellPeople(terminal, event);
    finished = event.type === 'rollout-finished';
  });
  const frames = setInterval(() => {
    if (terminal.live && !finished && signal?.aborted !== true)
      terminal.draw(activeLines(updater.state().values(), new Date()));
  }, FRAME);
  try {
    const { id, outcome } = await work();
    if (signal?.aborted === true) return exit.done;
    terminal.draw([]);
    if (outcome !== 'done')
      terminal.note(`vms-fleet resume ${id} goes on with the servers that are not done.`);
    return { done: exit.done, failed: exit.failed, cancelled: exit.interrupted }[outcome];
  } finally {
    clearInterval(frames);
    subscription.dispose();
    terminal.draw([]);
  }
}

/**
 * Follows until every server is armed or has ended, and leaves them to themselves then: that is what arming is for. Programs read
 * `rollout-left` last, or `rollout-finished` where none is armed.
 */
export async function untilArmed(
  updater: Updater,
  terminal: Terminal,
  work: () => Promise<RolloutResult>,
  servers: readonly string[],
): Promise<ExitCode> {
  const seen = new ArmedServers(servers);
  let rollout = '';
  let leave: () => void = () => undefined;
  const left = new Promise<void>((resolve) => (leave = resolve));
  const subscription = updater.events.on((event) => {
    if (event.type === 'rollout-started') rollout = event.rollout ?? '';
    if (seen.see(event)) leave();
  });
  const followed = new AbortController();
  const ended = follow(updater, terminal, work, followed.signal);
  const early = left.then(() => {
    followed.abort();
    if (terminal.json) terminal.line({ at: new Date().toISOString(), rollout, type: 'rollout-left' });
    terminal.say(
      `${seen.armed.join(', ')}: will begin by itself. Nothing of this computer is needed for it.`,
    );
    terminal.note(`vms-fleet resume ${rollout} sees what became of it; vms-fleet cancel ${rollout} disarms.`);
    return seen.failed ? exit.failed : exit.done;
  });
  // Let go of when the updater is disposed of.
  ended.catch(() => undefined);
  return Promise.race([ended, early]).finally(() => subscription.dispose());
}

function tellPeople(terminal: Terminal, event: FleetEvent): void {
  // The live view shows what a server is about; only what stays true is said besides it.
  if (terminal.live && event.type === 'status') return;
  for (const line of eventText(event, (style, text) => terminal.paint(style, text))) terminal.say(line);
}
