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

/** Tells a rollout while it runs: events to programs, lines to people, a live view on a terminal. */
export async function follow(
  updater: Updater,
  terminal: Terminal,
  work: () => Promise<RolloutResult>,
): Promise<ExitCode> {
  let finished = false;
  const subscription = updater.events.on((event) => {
    // rollout-finished is the last line that a program reads; what the core still does after it is not of this rollout.
    if (finished) return;
    if (terminal.json) terminal.line(event);
    tellPeople(terminal, event);
    finished = event.type === 'rollout-finished';
  });
  const frames = setInterval(() => {
    if (terminal.live && !finished) terminal.draw(activeLines(updater.state().values(), new Date()));
  }, FRAME);
  try {
    const { id, outcome } = await work();
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

function tellPeople(terminal: Terminal, event: FleetEvent): void {
  // The live view shows what a server is about; only what stays true is said besides it.
  if (terminal.live && event.type === 'status') return;
  for (const line of eventText(event, (style, text) => terminal.paint(style, text))) terminal.say(line);
}
