import * as vscode from 'vscode';
import { FleetError } from '../updater/errors';
import { isFleetFile } from '../updater/fleet/find';
import { t } from '../vscode/l10n';
import { starterFleet } from './starter-fleet';
import type { Command } from './command';

/** Writes a commented fleet file to start from, and opens it. An existing file is never overwritten. */
export const newFleetFile: Command = async (faces) => {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const uri = await vscode.window.showSaveDialog({
    title: t('New Fleet File'),
    saveLabel: t('Create'),
    filters: { [t('Fleet files')]: ['jsonc'] },
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, 'fleet.jsonc') } : {}),
  });
  if (!uri) return;
  const target = named(uri);
  const edit = new vscode.WorkspaceEdit();
  edit.createFile(target, { overwrite: false, contents: new TextEncoder().encode(starterFleet) });
  if (!(await vscode.workspace.applyEdit(edit)))
    throw new FleetError('usage', t('{0} could not be created.', target.fsPath), {
      hint: t('It may be there already: choose another name.'),
    });
  await faces.files.add(target);
  await vscode.window.showTextDocument(target);
};

/** `harbour` and `harbour.jsonc` become `harbour.fleet.jsonc`: only such a name is found again. */
function named(uri: vscode.Uri): vscode.Uri {
  if (isFleetFile(uri.path)) return uri;
  return uri.with({ path: `${uri.path.replace(/(\.fleet)?(\.jsonc?)?$/, '')}.fleet.jsonc` });
}
