import { basename } from 'node:path';
import { recordOf } from '../../updater/rollout/history';
import { report } from '../../updater/rollout/report';
import { isLeftArmed } from '../../updater/rollout/summary';
import type { RolloutSummary } from '../../updater/updater';
import { withUpdater, type Context } from '../context';
import { exit, type ExitCode } from '../errors';
import { eventText } from '../event-text';
import { table, type Cell } from '../table';
import type { Style } from '../terminal';

const stateStyle: Record<RolloutSummary['state'], Style> = {
  running: 'cyan',
  interrupted: 'yellow',
  done: 'green',
  failed: 'red',
  cancelled: 'yellow',
};

/** Lists rollouts, newest first; with an id tells that one event by event. */
export function rollouts(context: Context): Promise<ExitCode> {
  const { terminal, args } = context;
  const paint = (style: Style, text: string) => terminal.paint(style, text);
  return withUpdater(context, 'optional', async ({ updater, selected }) => {
    const [id] = args.words;
    if (id !== undefined && args.report === undefined) {
      const events = await updater.journal(id);
      if (terminal.json) terminal.document({ schema: 1, rollout: id, events });
      else
        for (const event of events)
          for (const line of eventText(event, paint)) terminal.say(`${event.at}  ${line}`);
      return exit.done;
    }
    const narrowed = args.servers.length + args.systems.length > 0;
    const wanted = new Set(selected.map((server) => server.id));
    const all = (await updater.rollouts())
      .filter(({ servers }) => !narrowed || servers.some((server) => wanted.has(server.id)))
      .sort((a, b) => b.startedAt.localeCompare(a.startedAt));
    if (args.report !== undefined) {
      const meant = all.filter((one) => id === undefined || one.id === id);
      // Says so where there is no such rollout.
      if (id !== undefined && meant.length === 0) await updater.journal(id);
      const records = await Promise.all(
        meant.map(async (one) => recordOf(one, await updater.journal(one.id))),
      );
      if (terminal.json) terminal.document({ schema: 1, rollouts: records });
      else terminal.file(report(records, args.report));
      return exit.done;
    }
    if (terminal.json) terminal.document({ schema: 1, rollouts: all });
    else if (all.length === 0) terminal.say('No rollouts yet.');
    else
      for (const line of table(
        ['ROLLOUT', 'ACTION', 'STATE', 'STARTED', 'FLEET', 'BY', 'SERVERS'],
        all.map(row),
        paint,
      ))
        terminal.say(line);
    return exit.done;
  });
}

function row(rollout: RolloutSummary): (string | Cell)[] {
  const { id, action, state, asked, startedAt, fleet, by, servers } = rollout;
  const outcomes = new Map<string, number>();
  for (const { outcome } of servers)
    outcomes.set(outcome ?? 'open', (outcomes.get(outcome ?? 'open') ?? 0) + 1);
  const counted = [...outcomes].map(([outcome, many]) => `${many} ${outcome}`).join(', ');
  const shown = asked === 'pause' ? `${state}, paused` : isLeftArmed(rollout) ? 'armed' : state;
  return [id, action, { text: shown, style: stateStyle[state] }, startedAt, basename(fleet), by, counted];
}
