import { resolve } from 'node:path';
import type { Plan, PlanServer } from '../../updater/plan/plan';
import type { PlanRequest } from '../../updater/updater';
import { withUpdater, type Context } from '../context';
import { exit, type ExitCode } from '../errors';
import { readFacts } from '../facts-file';
import { showPlan } from '../plan-text';

/** Shows what would happen, and why. Changes nothing. */
export async function plan(context: Context): Promise<ExitCode> {
  const { terminal, args, interrupt, cwd } = context;
  const facts = args.facts === undefined ? undefined : await readFacts(resolve(cwd, args.facts));
  return withUpdater(context, 'needed', async ({ updater, selected }) => {
    interrupt.means('Stopped asking the servers; nothing was changed.');
    const request: PlanRequest = {
      action: args.action,
      servers: selected,
      to: args.to,
      ignoreWindow: args.ignoreWindow,
      arming: args.arming,
      signal: interrupt.signal,
    };
    const planned = await updater.plan(facts === undefined ? request : { ...request, facts });
    if (terminal.json) terminal.document(document(planned));
    else showPlan(terminal, planned);
    return planned.servers.some(({ verdict }) => verdict === 'blocked') ? exit.blocked : exit.done;
  });
}

/** `plan --json`: the fields of the contract in its order, then what else is known. */
function document({ schema, action, servers, parallel, to }: Plan) {
  return { schema, action, servers: servers.map(serverDocument), parallel, to };
}

function serverDocument(server: PlanServer) {
  const { id, verdict, from, to, path, reasons, wave, steps, system, expected, leads, startsAt, startsBy } =
    server;
  return { id, verdict, from, to, path, reasons, wave, steps, system, expected, leads, startsAt, startsBy };
}
