import { isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import { commandLineText, shellOf, type CommandLineVerb } from '../vscode/command-line';
import { findProgram } from '../vscode/program';
import { settings } from '../vscode/settings';
import type { Command } from './command';
import { chooseServers } from './selection';

const verbs: (vscode.QuickPickItem & { verb: CommandLineVerb })[] = [
  {
    label: vscode.l10n.t('Install'),
    description: vscode.l10n.t('asks before anything is changed'),
    verb: 'install',
  },
  {
    label: vscode.l10n.t('Download'),
    description: vscode.l10n.t('brings packages to the servers'),
    verb: 'download',
  },
  {
    label: vscode.l10n.t('Roll Back'),
    description: vscode.l10n.t('asks before anything is changed'),
    verb: 'rollback',
  },
  {
    label: vscode.l10n.t('Restart'),
    description: vscode.l10n.t('asks before anything is changed'),
    verb: 'restart',
  },
  { label: vscode.l10n.t('Show Plan'), description: vscode.l10n.t('changes nothing'), verb: 'plan' },
  { label: vscode.l10n.t('Show Status'), description: vscode.l10n.t('changes nothing'), verb: 'status' },
];

/** Puts into the clipboard what does the same from a terminal. */
export const copyCommandLine: Command = async (faces, chosen) => {
  const target = await chooseServers(faces, chosen, vscode.l10n.t('Command line: for which servers?'));
  if (!target) return;
  const many = target.servers.length;
  const title =
    many === 1
      ? vscode.l10n.t('Copy as command line, 1 server: to do what?')
      : vscode.l10n.t('Copy as command line, {0} servers: to do what?', many);
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
  vscode.window.setStatusBarMessage(`$(check) ${vscode.l10n.t('VMS Fleet: copied {0}', picked.label)}`, 5000);
};

/** The command line that is installed, else the one that comes with the extension, for which Node must be. */
function program(extensionUri: vscode.Uri): string[] {
  if (findProgram('vms-fleet') !== undefined) return ['vms-fleet'];
  return ['node', join(extensionUri.fsPath, 'dist', 'cli.js')];
}
