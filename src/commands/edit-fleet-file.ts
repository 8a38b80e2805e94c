import { setTimeout } from 'node:timers/promises';
import * as vscode from 'vscode';
import { FleetError } from '../updater/errors';
import type { Path } from '../updater/fleet/document';
import type { TextEdit } from '../updater/fleet/edit';
import { t } from '../vscode/l10n';
import type { FleetSession } from '../vscode/session';

/** Opens a fleet file that can be changed: one with unsaved changes is its writer's. */
export async function openForEdit({ uri }: FleetSession): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(uri);
  if (document.isDirty)
    throw new FleetError('usage', t('The fleet file has unsaved changes.'), {
      hint: t('Save it, then choose again.'),
    });
  await caughtUp(document);
  return document;
}

/** VS Code needs a moment to take in what another program has just written; an edit of the older text would be lost, or lose that. */
async function caughtUp(document: vscode.TextDocument): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    const bytes = await vscode.workspace.fs.readFile(document.uri);
    if (sameText(new TextDecoder('utf-8').decode(bytes), document.getText())) return;
    await setTimeout(100);
  }
  throw new FleetError(
    'usage',
    t('The fleet file was changed by another program, and the editor does not show it yet.'),
    {
      hint: t('Look at it in the editor, then choose again.'),
    },
  );
}

/** Line ends apart, which an editor makes all alike. */
function sameText(one: string, other: string): boolean {
  return one.replaceAll('\r\n', '\n') === other.replaceAll('\r\n', '\n');
}

/** Makes edits in a fleet file, one after the other, and saves it; comments stay. None is made where the file would be invalid after them. */
export async function editFleetFile(
  session: FleetSession,
  edits: readonly ((text: string) => TextEdit[])[],
): Promise<void> {
  const document = await openForEdit(session);
  const { editedText } = await import('../updater/fleet/edited');
  editedText(document.getText(), edits, session.uri.fsPath);
  for (const edit of edits) {
    const change = new vscode.WorkspaceEdit();
    for (const { offset, length, content } of edit(document.getText())) {
      const range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
      change.replace(document.uri, range, content);
    }
    if (change.size > 0 && !(await vscode.workspace.applyEdit(change)))
      throw new FleetError('usage', t('The fleet file could not be changed.'), {
        hint: t('It may be read-only.'),
      });
  }
  if (document.isDirty && !(await document.save()))
    throw new FleetError('usage', t('The fleet file could not be saved.'), {
      hint: t('It may be read-only.'),
    });
}

/** Shows where something stands in a fleet file; the file alone where it is not there any more. */
export async function showPlace({ uri }: FleetSession, path: Path): Promise<void> {
  const { placeOf } = await import('../updater/fleet/places');
  const document = await vscode.workspace.openTextDocument(uri);
  const place = placeOf(document.getText(), path);
  const at = place && document.positionAt(place.offset);
  await vscode.window.showTextDocument(document, at ? { selection: new vscode.Range(at, at) } : {});
}
