import * as vscode from 'vscode';
import type { Faces } from '../vscode/faces';
import { fleetFileEnding } from '../vscode/ids';
import { t } from '../vscode/l10n';
import type { FleetSelection } from '../vscode/session';
import type { Command } from './command';

/** Opens the fleet file in the editor; one outside the workspace is taken in until this window closes. */
export const openFleetFile: Command = async (faces, chosen) => {
  const uri = await choose(faces, chosen);
  if (!uri) return;
  if (!faces.files.uris.some((known) => known.toString() === uri.toString())) await faces.files.add(uri);
  await vscode.window.showTextDocument(uri);
};

async function choose(faces: Faces, chosen: readonly FleetSelection[]): Promise<vscode.Uri | undefined> {
  await faces.files.settled();
  const { uris } = faces.files;
  if (chosen[0]) return chosen[0].session.uri;
  if (uris.length === 1) return uris[0];
  if (uris.length === 0) {
    const filters = { [t('Fleet files')]: [fleetFileEnding] };
    return (await vscode.window.showOpenDialog({ title: t('Open a Fleet File'), filters }))?.[0];
  }
  const items = uris.map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri }));
  return (await vscode.window.showQuickPick(items, { title: t('Open which fleet file?') }))?.uri;
}
