import type { Server } from '../../updater/fleet/model';
import { expectedText } from '../../updater/plan/expected';
import type { Action, Plan, PlanServer } from '../../updater/plan/plan';
import type { Outcome } from '../../updater/rollout/events';
import { count as countOutcomes } from '../../updater/rollout/tally';
import type { Updater } from '../../updater/updater';
import { usage } from '../arguments';
import { withUpdater, type Context } from '../context';
import { exit, type ExitCode } from '../errors';
import { follow, stopping, untilArmed } from '../follow';
import { actionName, reasonText, showServer, way } from '../plan-text';
import { count } from '../table';
import type { Terminal } from '../terminal';

/** `download`, `install`, `rollback`, `restart`: plans, asks, acts and follows. */
export function act(context: Context): Promise<ExitCode> {
  const { terminal, args, interrupt } = context;
  const action = args.verb as Action;
  return withUpdater(context, 'needed', async ({ updater, fleet, selected }) => {
    interrupt.means('Stopped asking the servers; nothing was changed.');
    const plan = await planned(context, action, updater, selected);
    const blocked = plan.servers.filter(({ verdict }) => verdict === 'blocked');
    const acting = plan.servers.filter(({ verdict }) => verdict === 'ready' || verdict === 'confirm');
    for (const server of plan.servers)
      if (server.verdict === 'skip' || server.verdict === 'blocked') showServer(terminal, server, 'note');

    if (blocked.length > 0 && (!args.skipBlocked || acting.length === 0)) {
      terminal.note(`${count(blocked.length, 'server')} blocked by a rule; nothing was changed.`);
      if (acting.length > 0) terminal.note('  --skip-blocked acts on the others.');
      notStarted(terminal, plan.servers, updater);
      return exit.blocked;
    }
    if (acting.length === 0) {
      terminal.say('Nothing to do.');
      notStarted(terminal, plan.servers, updater);
      return exit.done;
    }
    interrupt.means('Nothing was changed.');
    // Nothing is begun behind a terminal that has been closed meanwhile.
    const yes = await Promise.race([interrupt.gone, agreed(context, action, fleet.name, acting)]);
    if (!yes) {
      if (!interrupt.signal.aborted) terminal.note('Nothing was changed.');
      notStarted(terminal, plan.servers, updater, 'cancelled');
      return exit.interrupted;
    }
    interrupt.means(stopping);
    const work = () => updater.run(plan, { confirmed: true, signal: interrupt.signal });
    return args.arming === undefined
      ? follow(updater, terminal, work)
      : untilArmed(
          updater,
          terminal,
          work,
          acting.map(({ id }) => id),
        );
  });
}

async function planned(
  { args, interrupt, terminal }: Context,
  action: Action,
  updater: Updater,
  servers: Server[],
): Promise<Plan> {
  const { to, ignoreWindow, arming } = args;
  const { signal } = interrupt;
  try {
    return await updater.plan({ action, servers, to, ignoreWindow, arming, signal });
  } catch (error) {
    const asked = servers.map(({ id }): Verdict => ({ id, verdict: 'ready', reasons: [] }));
    if (signal.aborted) notStarted(terminal, asked, updater, 'cancelled');
    throw error;
  }
}

/** The ordinary question: what will happen to which servers. A download alone disturbs nobody and is not asked about. */
async function agreed(
  { terminal, args, questions, interrupt }: Context,
  action: Action,
  fleet: string,
  acting: PlanServer[],
): Promise<boolean> {
  const toConfirm = acting.some(({ verdict }) => verdict === 'confirm');
  if (args.yes || (action === 'download' && !toConfirm)) return true;
  if (!terminal.interactive)
    throw usage(
      `"${args.verb}" asks before it changes servers, and nobody is here to answer.`,
      'Run it on a terminal, or answer beforehand with --yes.',
    );
  terminal.note(`${actionName[action]} on ${count(acting.length, 'server')} of "${fleet}":`);
  for (const server of acting) {
    terminal.note(`  ${terminal.paint('bold', server.id)}  ${way(server)}`);
    for (const reason of server.reasons) terminal.note(`    ${reasonText(terminal, reason)}`);
    if (server.expected !== undefined) terminal.note(`    takes ${expectedText(server.expected)}`);
  }
  if (action !== 'download') terminal.note('Recording stops on each of them until it has restarted.');
  return questions.confirm('Go on?', interrupt.signal);
}

type Verdict = Pick<PlanServer, 'id' | 'verdict' | 'reasons'>;

/** Programs hear how it ended for every server, although no rollout began. */
function notStarted(
  terminal: Terminal,
  servers: readonly Verdict[],
  updater: Updater,
  ended?: 'cancelled',
): void {
  if (!terminal.json) return;
  const at = new Date().toISOString();
  const outcomeOf = ({ verdict }: Verdict): Outcome =>
    verdict === 'blocked' ? 'blocked' : verdict === 'skip' ? 'skipped' : 'not-started';
  for (const server of servers) {
    const { id, reasons } = server;
    const outcome = outcomeOf(server);
    const said = reasons.filter(({ severity }) => severity === 'block');
    const error =
      outcome !== 'blocked'
        ? null
        : {
            code: 'plan.blocked',
            message: said.map(({ rule, message }) => `${rule}: ${message}`).join(' '),
            hint: 'Resolve what the rule says, or leave the server out with --skip-blocked.',
          };
    const status = updater.state().get(id)?.status ?? 'unknown';
    terminal.line({ at, type: 'server-finished', server: id, outcome, status, error });
  }
  const counts = countOutcomes(servers.map(outcomeOf));
  const outcome = ended ?? (counts.blocked > 0 ? 'failed' : 'done');
  terminal.line({ at, type: 'rollout-finished', outcome, counts });
}
