import * as vscode from 'vscode';
import type { Command } from './command';
import { chooseFleet } from './selection';

/** Opens the fleet view: of the fleet file that is being edited, else of the fleet that is meant. */
export const openFleetView: Command = async (faces, chosen) => {
  await faces.files.settled();
  const edited = vscode.window.activeTextEditor?.document.uri;
  const session = (edited && faces.files.sessionOf(edited)) ?? (await chooseFleet(faces, chosen));
  if (session) faces.openFleetView(session);
};
