import * as vscode from 'vscode';
import type { Command } from './command';
import { chooseFleet } from './selection';

/** Opens the fleet view: at the rollout that was chosen; else of the fleet file that is being edited, else of the fleet that is meant. */
export const openFleetView: Command = async (faces, chosen) => {
  await faces.files.settled();
  const rollout = chosen.find((one) => one.rollout !== undefined);
  if (rollout) return faces.openFleetView(rollout.session, rollout.rollout);
  const edited = vscode.window.activeTextEditor?.document.uri;
  const session = (edited && faces.files.sessionOf(edited)) ?? (await chooseFleet(faces, chosen));
  if (session) faces.openFleetView(session);
};
