import * as vscode from 'vscode';
import type { Outcome } from '../updater/rollout/events';
import type { RolloutSummary } from '../updater/updater';
import type { Faces } from '../vscode/faces';
import { t } from '../vscode/l10n';
import type { FleetSession } from '../vscode/session';
import { wholeTime } from '../vscode/time';
import { actionWords, listed, outcomeWords, rolloutStateWords } from '../vscode/words';
import type { Command } from './command';
import { follow } from './follow';
import { leftBehind, unfinished } from '../updater/rollout/left-behind';
import { chooseFleet, rolloutsOf } from './selection';

/** Goes on with a rollout that was interrupted, cancelled or had failures: only with servers that are not done. */
export const resume: Command = async (faces, chosen) => {
  const session = await chooseFleet(faces, chosen);
  if (!session) return;
  const wanted = new Set(chosen.flatMap(({ servers }) => servers.map(({ id }) => id)));
  const meant = new Set((await rolloutsOf(session, chosen)).map(({ id }) => id));
  const rollouts = leftBehind(await rolloutsOf(session)).filter(
    (rollout) =>
      meant.has(rollout.id) && (wanted.size === 0 || unfinished(rollout).some((id) => wanted.has(id))),
  );
  if (rollouts.length === 0) {
    void vscode.window.showInformationMessage(t('VMS Fleet: there is no rollout to go on with.'));
    return;
  }
  // One that was chosen by itself is not asked for again.
  const [only] = chosen.some(({ rollout }) => rollout !== undefined) ? rollouts : [];
  const title = t('Go on with which rollout?');
  const rollout = only ?? (await vscode.window.showQuickPick(rollouts.map(itemOf), { title }))?.rollout;
  if (rollout) await resumeRollout(faces, session, rollout);
};

/** Asks once, naming the servers, and follows the rollout to its end. */
export async function resumeRollout(
  faces: Faces,
  session: FleetSession,
  rollout: RolloutSummary,
): Promise<void> {
  const { verb } = actionWords()[rollout.action];
  const servers = unfinished(rollout);
  const go = t('Resume');
  const choice = await vscode.window.showWarningMessage(
    t('Go on: {0}?', verb),
    {
      modal: true,
      detail: `${listed(servers)}\n\n${t('Only these are acted on, each from where it stands. Servers may restart: recording stops meanwhile.')}`,
    },
    go,
  );
  if (choice !== go) return;
  await follow(faces, session, {
    action: rollout.action,
    servers,
    id: rollout.id,
    note: undefined,
    run: async (updater, signal) => updater.resume(rollout.id, { signal }),
  });
}

function itemOf(rollout: RolloutSummary) {
  const { action, by, startedAt, state, servers } = rollout;
  const each = servers.map(
    ({ id, outcome }) =>
      `${id} ${outcome === null ? t('not ended') : outcomeWords()[outcome as Outcome | 'armed']}`,
  );
  return {
    label: `${actionWords()[action].verb}, ${rolloutStateWords()[state]}`,
    description: t('{0} by {1}', wholeTime(startedAt), by),
    detail: listed(each, 6),
    rollout,
  };
}
