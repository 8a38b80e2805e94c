import { isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import { commandLineText, shellOf, type CommandLineVerb } from '../vscode/command-line';
import { findProgram } from '../vscode/program';
import { settings } from '../vscode/settings';
import { count } from '../vscode/words';
import type { Command } from './command';
import { chooseServers } from './selection';

const verbs: (vscode.QuickPickItem & { verb: CommandLineVerb })[] = [
  { label: 'Install', description: 'asks before anything is changed', verb: 'install' },
  { label: 'Download', description: 'brings packages to the servers', verb: 'download' },
  { label: 'Roll Back', description: 'asks before anything is changed', verb: 'rollback' },
  { label: 'Restart', description: 'asks before anything is changed', verb: 'restart' },
  { label: 'Show Plan', description: 'changes nothing', verb: 'plan' },
  { label: 'Show Status', description: 'changes nothing', verb: 'status' },
];

/** Puts into the clipboard what does the same from a terminal. */
export const copyCommandLine: Command = async (faces, chosen) => {
  const target = await chooseServers(faces, chosen, 'Command line: for which servers?');
  if (!target) return;
  const title = `Copy as command line, ${count(target.servers.length, 'server')}: to do what?`;
  const picked = await vscode.window.showQuickPick(verbs, { title });
  if (!picked) return;
  const folder = settings.dataFolder();
  const text = commandLineText(
    {
      program: program(faces.extensionUri),
      verb: picked.verb,
      fleet: target.session.fleet,
      servers: target.servers,
      dataFolder: isAbsolute(folder) && !process.env['VMS_FLEET_HOME'] ? folder : undefined,
    },
    shellOf(vscode.env.shell),
  );
  await vscode.env.clipboard.writeText(text);
  vscode.window.setStatusBarMessage(`$(check) VMS Fleet: copied ${picked.label}`, 5000);
};

/** The command line that is installed, else the one that comes with the extension, for which Node must be. */
function program(extensionUri: vscode.Uri): string[] {
  if (findProgram('vms-fleet') !== undefined) return ['vms-fleet'];
  return ['node', join(extensionUri.fsPath, 'dist', 'cli.js')];
}
