import * as vscode from 'vscode';
import type { Server } from '../updater/fleet/model';
import type { Arming } from '../updater/plan/arm';
import type { Action, Plan, PlanServer } from '../updater/plan/plan';
import { signalOf } from '../vscode/cancellation';
import type { Faces } from '../vscode/faces';
import { t } from '../vscode/l10n';
import { planDocument } from '../vscode/plan-document';
import { report } from '../vscode/report';
import type { FleetSession } from '../vscode/session';
import { settings } from '../vscode/settings';
import { actionWords } from '../vscode/words';
import { leftOutNote, mustAsk, nothingToDo, question, split, type Split } from './confirmation';
import { follow } from './follow';

export interface Act {
  session: FleetSession;
  servers: Server[];
  action: Action;
  /** Null: what the fleet file wants; for a rollback one entry down. */
  to: string | null;
  /** An install that the servers begin by themselves. */
  arming?: Arming;
}

/** Plans, asks, does it, and tells how it ended: the way of every verb that changes servers. */
export async function act(faces: Faces, request: Act): Promise<void> {
  const { session, action, servers } = request;
  const { states } = session;
  const isBusy = ({ id }: Server) => (states.get(id)?.rollout ?? null) !== null;
  const plan = await makePlan({ ...request, servers: servers.filter((server) => !isBusy(server)) });
  const parts = split(plan);
  parts.skipped.push(...servers.filter(isBusy).map(inWork));
  const { going } = parts;
  if (going.length === 0) {
    // Not awaited: there is nothing more to do, whatever becomes of the notification.
    void tellNothing(faces, plan, parts, session).catch((error: unknown) => report(faces.log, error));
    return;
  }
  const asks = action !== 'download' && settings.confirmInstall();
  const answer = asks || mustAsk(action, parts) ? await ask(faces, plan, parts, request) : 'go';
  if (answer === undefined) return;
  const agreed: Plan = {
    ...plan,
    servers: going,
    ...(answer === 'outside window' && { ignoreWindow: true }),
  };
  const left = [...parts.blocked, ...parts.skipped];
  await follow(faces, session, {
    action,
    servers: going.map(({ id }) => id),
    id: undefined,
    armed: plan.armed === true,
    note: left.length > 0 ? leftOutNote(left) : undefined,
    run: (updater, signal) => updater.run(agreed, { confirmed: true, signal }),
  });
}

/** A server that waits in a rollout of this window says nothing of it itself: it is left out here. */
function inWork({ id, system }: Server): PlanServer {
  const reason = {
    rule: 'job.running',
    severity: 'skip' as const,
    message: t('A rollout works on it now.'),
  };
  return {
    id,
    system,
    verdict: 'skip',
    from: null,
    to: null,
    path: [],
    reasons: [reason],
    wave: 0,
    steps: [],
  };
}

/** Asks the servers, and plans. Nothing is changed. */
export async function makePlan({ session, servers, action, to, arming }: Act): Promise<Plan> {
  const { verb } = actionWords()[action];
  return vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title:
        servers.length === 1
          ? t('VMS Fleet: planning ({0}, 1 server)', verb)
          : t('VMS Fleet: planning ({0}, {1} servers)', verb, servers.length),
      cancellable: true,
    },
    async (_progress, token) =>
      (await session.updater()).plan({ action, servers, to, arming, signal: signalOf(token) }),
  );
}

const showPlan = (): string => t('Show Plan');

/** Undefined: not agreed to. */
async function ask(
  faces: Faces,
  plan: Plan,
  parts: Split,
  { session, servers }: Act,
): Promise<'go' | 'outside window' | undefined> {
  const { message, detail, button, outsideWindow } = question(plan, parts, servers);
  const buttons = [button, ...(outsideWindow === undefined ? [] : [outsideWindow]), showPlan()];
  const choice = await vscode.window.showWarningMessage(message, { modal: true, detail }, ...buttons);
  if (choice === showPlan()) await faces.documents.show(t('Plan'), planDocument(plan, session.fleet.name));
  if (choice === button) return 'go';
  return choice !== undefined && choice === outsideWindow ? 'outside window' : undefined;
}

async function tellNothing(faces: Faces, plan: Plan, parts: Split, session: FleetSession): Promise<void> {
  const { verb } = actionWords()[plan.action];
  const message = t('{0}: nothing can be done now. {1}', verb, nothingToDo(parts));
  const show =
    parts.blocked.length > 0 ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
  if ((await show(message, showPlan())) === showPlan())
    await faces.documents.show(t('Plan'), planDocument(plan, session.fleet.name));
}
