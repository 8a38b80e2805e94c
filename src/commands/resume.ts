import * as vscode from 'vscode';
import type { Outcome } from '../updater/rollout/events';
import { leftBehind, unfinished } from '../updater/rollout/left-behind';
import type { RolloutSummary } from '../updater/updater';
import type { Faces } from '../vscode/faces';
import { t } from '../vscode/l10n';
import type { FleetSession } from '../vscode/session';
import { wholeTime } from '../vscode/time';
import { actionWords, listed, outcomeWords, rolloutStateWords } from '../vscode/words';
import type { Command } from './command';
import { follow } from './follow';
import { rolloutsOnServers } from './on-servers';
import { chooseFleet, onlyChosen, rolloutsOf } from './selection';

/** Goes on with a rollout that was interrupted, cancelled or had failures: only with servers that are not done. */
export const resume: Command = async (faces, chosen) => {
  const session = await chooseFleet(faces, chosen);
  if (!session) return;
  const all = await rolloutsOf(session);
  const isChosen = chosen.some(({ rollout }) => rollout !== undefined);
  // Whoever chose a rollout means all of it.
  const wanted = new Set(isChosen ? [] : chosen.flatMap(({ servers }) => servers.map(({ id }) => id)));
  const others = isChosen ? [] : stoppedOnServers(session, all);
  const rollouts = [...onlyChosen(leftBehind(all), chosen), ...others].filter(
    (rollout) => wanted.size === 0 || unfinished(rollout).some((id) => wanted.has(id)),
  );
  if (rollouts.length === 0) {
    void vscode.window.showInformationMessage(t('VMS Fleet: there is no rollout to go on with.'));
    return;
  }
  // One that was chosen by itself is not asked for again.
  const [only] = isChosen ? rollouts : [];
  const title = t('Go on with which rollout?');
  const rollout = only ?? (await vscode.window.showQuickPick(rollouts.map(itemOf), { title }))?.rollout;
  // Without a journal it is gone on with on every server that knows it.
  if (rollout) await resumeRollout(faces, session, rollout, others.includes(rollout) ? undefined : wanted);
};

/** Those that stopped on a server, and that this machine has no journal of: colleagues began them, or it is lost. */
function stoppedOnServers(
  { states, fleet }: FleetSession,
  known: readonly RolloutSummary[],
): RolloutSummary[] {
  return rolloutsOnServers(fleet.file, states.values()).filter(
    ({ id, servers }) =>
      !known.some((one) => one.id === id) &&
      servers.some((server) => states.get(server.id)?.status === 'stalled'),
  );
}

/**
 * Asks once, naming the servers, and follows the rollout to its end.
 * @param wanted ids: only these of its servers; empty: all
 */
export async function resumeRollout(
  faces: Faces,
  session: FleetSession,
  rollout: RolloutSummary,
  wanted: ReadonlySet<string> = new Set(),
): Promise<void> {
  const { verb } = actionWords()[rollout.action];
  const open = unfinished(rollout);
  const servers = wanted.size === 0 ? open : open.filter((id) => wanted.has(id));
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
  const some = servers.length < open.length ? { servers } : {};
  await follow(faces, session, {
    action: rollout.action,
    servers,
    id: rollout.id,
    note: undefined,
    run: async (updater, signal) => updater.resume(rollout.id, { signal, ...some }),
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
