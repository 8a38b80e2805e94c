/** What tests inside the extension host share. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';

/** `publisher.name` of the extension under test. */
export const extensionId = process.env['VMS_FLEET_EXTENSION'] ?? 'vms-fleet.vms-fleet';

/** The extension under test. */
export function extension(): vscode.Extension<unknown> {
  const found = vscode.extensions.getExtension(extensionId);
  if (found === undefined) throw new Error(`${extensionId} is not there`);
  return found;
}

/** The folder that is open: the demo fleet's, the one of `--folder`, or an empty one. Absolute path. */
export function workspaceFolder(): string {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (folder === undefined) throw new Error('No folder is open');
  return folder.uri.fsPath;
}

/** The fleet file of the demo fleet; undefined when the tests run without it (`npm run host -- --demo` has it). */
export const demoFleet = process.env['VMS_FLEET_TEST_FLEET'];

/** The data folder of this run, never the person's own. */
export const dataFolder = process.env['VMS_FLEET_HOME'];

/** What the extension has written so far to the output channel of this name; '' while there is none. */
export function outputChannel(channel: string): string {
  const logs = process.env['VMS_FLEET_TEST_LOGS'];
  if (logs === undefined) throw new Error('VMS_FLEET_TEST_LOGS is not set: start the tests by npm run host');
  const ending = join(extensionId, `${channel}.log`);
  const file = readdirSync(logs, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith(ending));
  return file === undefined ? '' : readFileSync(join(logs, file), 'utf8');
}
