import * as vscode from 'vscode';
import { pauseMeaning, skipMeaning, whatCancelMeans } from '../updater/rollout/meaning';
import { waitsArmed, type ServerState } from '../updater/rollout/state';
import type { RolloutSummary } from '../updater/updater';
import { t } from '../vscode/l10n';
import type { FleetSelection, FleetSession } from '../vscode/session';
import type { Faces } from '../vscode/faces';
import { wholeTime } from '../vscode/time';
import { actionWords, listed } from '../vscode/words';
import type { Command } from './command';
import { rolloutsOnServers } from './on-servers';
import { chooseFleet, onlyChosen, rolloutsOf } from './selection';

interface Picked {
  session: FleetSession;
  rollout: RolloutSummary;
  /** "Install by me@here". */
  name: string;
  servers: string;
}

/** Stops a rollout, wherever it is worked on, after saying what that means for each of its servers. */
export const cancel: Command = async (faces, chosen) => {
  const picked = await choose(faces, chosen, t('Cancel which rollout?'), cancellable);
  if (!picked) return;
  const { session, rollout, name, servers } = picked;
  const stop = t('Cancel the Rollout');
  const detail = [servers, ...whatCancelMeans(statesIn(session, rollout), rollout.id)].join('\n\n');
  const choice = await vscode.window.showWarningMessage(
    t('{0}: cancel it?', name),
    { modal: true, detail },
    stop,
  );
  if (choice === stop) await (await session.updater()).cancel(rollout.id);
};

/** Those that run; and those that have jobs on servers all the same, armed or stopped, whoever began them. */
function cancellable(rollouts: readonly RolloutSummary[], { fleet, states }: FleetSession): RolloutSummary[] {
  const running = rollouts.filter(isRunning);
  const there = rolloutsOnServers(fleet.file, states.values()).map(
    (one) => rollouts.find(({ id }) => id === one.id) ?? one,
  );
  return [...running, ...there.filter((rollout) => !isRunning(rollout))];
}

/** As if the rollout worked on the servers that only its jobs work on: that is what is to be cancelled. */
function statesIn({ fleet, states }: FleetSession, { id }: RolloutSummary): ServerState[] {
  const there = rolloutsOnServers(fleet.file, states.values()).find((one) => one.id === id)?.servers ?? [];
  const alone = new Set(there.map((server) => server.id));
  return [...states.values()].map((state) => (alone.has(state.id) ? { ...state, rollout: id } : state));
}

/** Begins nothing new in a rollout that runs. */
export const pause: Command = async (faces, chosen) => {
  const picked = await choose(faces, chosen, t('Pause which rollout?'), (rollouts) =>
    rollouts.filter((rollout) => isRunning(rollout) && rollout.asked === undefined),
  );
  if (!picked) return;
  await (await picked.session.updater()).pause(picked.rollout.id);
  void vscode.window.showInformationMessage(t('{0}: paused. {1}', picked.name, pauseMeaning));
};

/** Lets a paused rollout go on. */
export const proceed: Command = async (faces, chosen) => {
  const picked = await choose(faces, chosen, t('Let which rollout go on?'), (rollouts) =>
    rollouts.filter((rollout) => isRunning(rollout) && rollout.asked === 'pause'),
  );
  if (picked) await (await picked.session.updater()).proceed(picked.rollout.id);
};

/** Leaves servers that have not begun out of a rollout; the person says why. */
export const skip: Command = async (faces, chosen) => {
  const picked = await choose(faces, chosen, t('Leave servers out of which rollout?'));
  if (!picked) return;
  const { session, rollout, name } = picked;
  const waiting = rollout.servers
    .filter(({ outcome }) => outcome === null)
    .flatMap(({ id }) => session.states.get(id) ?? [])
    .filter((state) => state.status === 'queued' && !waitsArmed(state))
    .map(({ id }) => id);
  const selected = new Set(chosen.flatMap(({ servers }) => servers.map(({ id }) => id)));
  const meant = waiting.filter((id) => selected.has(id));
  if (waiting.length === 0) {
    void vscode.window.showInformationMessage(t('{0}: no server waits any more.', name));
    return;
  }
  const title = t('Leave out which servers?');
  const ids =
    meant.length > 0 ? meant : await vscode.window.showQuickPick(waiting, { title, canPickMany: true });
  if (!ids || ids.length === 0) return;
  const why = await vscode.window.showInputBox({
    title: t('Leave out {0}: why?', listed(ids, 5)),
    prompt: skipMeaning,
    validateInput: (text) =>
      text.trim() === '' ? t('A reason is kept in the history of the rollout.') : undefined,
  });
  if (why === undefined) return;
  const updater = await session.updater();
  for (const id of ids) await updater.skip(rollout.id, id, why.trim());
};

const isRunning = ({ state }: RolloutSummary): boolean => state === 'running';

/** The rollout that is meant: the only one there is, of the selected servers if it is of any, or the one that the person picks. */
async function choose(
  faces: Faces,
  chosen: readonly FleetSelection[],
  title: string,
  fitting: (rollouts: readonly RolloutSummary[], session: FleetSession) => RolloutSummary[] = (rollouts) =>
    rollouts.filter(isRunning),
): Promise<Picked | undefined> {
  const session = await chooseFleet(faces, chosen);
  if (!session) return undefined;
  const all = onlyChosen(fitting(await rolloutsOf(session), session), chosen);
  const selected = new Set(chosen.flatMap(({ servers }) => servers.map(({ id }) => id)));
  const theirs = all.filter(({ servers }) => servers.some(({ id }) => selected.has(id)));
  const found = theirs.length > 0 ? theirs : all;
  if (found.length === 0) {
    void vscode.window.showInformationMessage(t('VMS Fleet: there is no such rollout that runs now.'));
    return undefined;
  }
  const items = found.map((rollout) => {
    const name = t('{0} by {1}', actionWords()[rollout.action].verb, rollout.by);
    const servers = listed(rollout.servers.map(({ id }) => id));
    const description = wholeTime(rollout.startedAt);
    return { label: name, description, detail: servers, choice: { session, rollout, name, servers } };
  });
  if (items.length === 1) return items[0]?.choice;
  return (await vscode.window.showQuickPick(items, { title }))?.choice;
}
