import * as vscode from 'vscode';
import { actionWords, listed } from '../vscode/words';
import type { Command } from './command';
import { cancelMeans } from './follow';
import { chooseFleet } from './selection';

/** Stops a rollout that runs, after saying what that means. */
export const cancel: Command = async (faces, chosen) => {
  const session = await chooseFleet(faces, chosen);
  if (!session) return;
  const updater = await session.updater();
  const running = (await updater.rollouts()).filter(
    ({ state, fleet }) => state === 'running' && fleet === session.fleet.file,
  );
  if (running.length === 0) {
    void vscode.window.showInformationMessage('VMS Fleet: no rollout is running.');
    return;
  }
  const items = running.map((rollout) => ({
    label: `${actionWords[rollout.action].verb} by ${rollout.by}`,
    description: new Date(rollout.startedAt).toLocaleString(),
    detail: listed(rollout.servers.map(({ id }) => id)),
    rollout,
  }));
  const picked =
    items.length === 1
      ? items[0]
      : await vscode.window.showQuickPick(items, { title: 'Cancel which rollout?' });
  if (!picked) return;
  const stop = 'Cancel the Rollout';
  const detail = `${picked.detail}\n\n${cancelMeans}`;
  const choice = await vscode.window.showWarningMessage(
    `${picked.label}: cancel it?`,
    { modal: true, detail },
    stop,
  );
  if (choice === stop) await updater.cancel(picked.rollout.id);
};
