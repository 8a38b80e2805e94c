import * as vscode from 'vscode';
import { FleetError } from '../updater/errors';
import type { Action } from '../updater/plan/plan';
import { signalOf } from '../vscode/cancellation';
import type { FleetFiles } from '../vscode/fleet-files';
import { toolNames } from '../vscode/ids';
import { t } from '../vscode/l10n';
import { actionWords, serverCount } from '../vscode/words';
import type { Asked } from './selection';

interface PlanAsked extends Asked {
  action?: Action;
  to?: string;
}

/**
 * Lets a language model explain a fleet; it can change nothing. Registered where VS Code knows such tools, and in trusted workspaces
 * alone.
 */
export function registerTools(files: FleetFiles): vscode.Disposable {
  const { lm } = vscode as { lm?: Partial<typeof vscode.lm> };
  if (lm?.registerTool === undefined || !vscode.workspace.isTrusted)
    return new vscode.Disposable(() => undefined);
  return vscode.Disposable.from(
    lm.registerTool(toolNames.getStatus, getStatus(files)),
    lm.registerTool(toolNames.planUpdate, planUpdate(files)),
  );
}

/** What is known already: no server is asked. */
function getStatus(files: FleetFiles): vscode.LanguageModelTool<Asked> {
  return {
    prepareInvocation: () => ({ invocationMessage: t('Looking at what is known of the servers') }),
    invoke: ({ input }) =>
      telling(async () => {
        const { statusResult, fleetAsked, serversAsked } = await loaded();
        await files.settled();
        const session = fleetAsked(files.sessions, input);
        return statusResult(session.fleet, serversAsked(session.fleet, input), session.states);
      }),
  };
}

/** Plans with fresh facts, so the servers are asked: the person agrees to that first. */
function planUpdate(files: FleetFiles): vscode.LanguageModelTool<PlanAsked> {
  return {
    prepareInvocation: async ({ input }) => {
      const { fleetAsked, serversAsked } = await loaded();
      await files.current();
      const { fleet } = fleetAsked(files.sessions, input);
      const servers = serversAsked(fleet, input);
      const { verb } = actionWords()[actionOf(input)];
      return {
        invocationMessage: t('Planning: {0}, {1}', verb, serverCount(servers.length)),
        confirmationMessages: {
          title: t('Plan: {0}', verb),
          message: willBeAsked(servers.length, fleet.name),
        },
      };
    },
    invoke: ({ input }, token) =>
      telling(async () => {
        const { planResult, fleetAsked, serversAsked } = await loaded();
        await files.current();
        const session = fleetAsked(files.sessions, input);
        const servers = serversAsked(session.fleet, input);
        const updater = await session.updater();
        const plan = await updater.plan({
          action: actionOf(input),
          servers,
          to: input.to ?? null,
          signal: signalOf(token),
        });
        return planResult(session.fleet, plan);
      }),
  };
}

function willBeAsked(servers: number, fleet: string): string {
  return servers === 1
    ? t('1 server of {0} will be asked for its state over SSH. Nothing is changed.', fleet)
    : t('{0} servers of {1} will be asked for their state over SSH. Nothing is changed.', servers, fleet);
}

async function loaded() {
  const [results, selection] = await Promise.all([import('./results'), import('./selection')]);
  return { ...results, ...selection };
}

function actionOf({ action = 'install' }: PlanAsked): Action {
  // What a model says is data, whatever the schema promises.
  if (!Object.hasOwn(actionWords(), action))
    throw new FleetError(
      'usage',
      `There is no action "${String(action)}": ${Object.keys(actionWords()).join(', ')}.`,
    );
  return action;
}

/** As JSON. What a person would be told of an error, the model is told too, so that it can ask better. */
async function telling(run: () => Promise<object>): Promise<vscode.LanguageModelToolResult> {
  const result = await run().catch((thrown: unknown) => {
    if (!(thrown instanceof FleetError) || thrown.code === 'cancelled') throw thrown;
    return { error: thrown.toJSON() };
  });
  return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(JSON.stringify(result))]);
}
