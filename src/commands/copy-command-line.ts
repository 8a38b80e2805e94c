import { isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import { commandLineText, shellOf, type CommandLineVerb } from '../vscode/command-line';
import { t } from '../vscode/l10n';
import { findProgram } from '../vscode/program';
import { settings } from '../vscode/settings';
import type { Command } from './command';
import { chooseServers } from './selection';

const verbs = (): (vscode.QuickPickItem & { verb: CommandLineVerb })[] => [
  {
    label: t('Install'),
    description: t('asks before anything is changed'),
    verb: 'install',
  },
  {
    label: t('Download'),
    description: t('brings packages to the servers'),
    verb: 'download',
  },
  {
    label: t('Roll Back'),
    description: t('asks before anything is changed'),
    verb: 'rollback',
  },
  {
    label: t('Restart'),
    description: t('asks before anything is changed'),
    verb: 'restart',
  },
  { label: t('Show Plan'), description: t('changes nothing'), verb: 'plan' },
  { label: t('Show Status'), description: t('changes nothing'), verb: 'status' },
];

/** Puts into the clipboard what does the same from a terminal. */
export const copyCommandLine: Command = async (faces, chosen) => {
  const target = await chooseServers(faces, chosen, t('Command line: for which servers?'));
  if (!target) return;
  const many = target.servers.length;
  const title =
    many === 1
      ? t('Copy as command line, 1 server: to do what?')
      : t('Copy as command line, {0} servers: to do what?', many);
  const picked = await vscode.window.showQuickPick(verbs(), { title });
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
  vscode.window.setStatusBarMessage(`$(check) ${t('VMS Fleet: copied {0}', picked.label)}`, 5000);
};

/** The command line that is installed, else the one that comes with the extension, for which Node must be. */
function program(extensionUri: vscode.Uri): string[] {
  if (findProgram('vms-fleet') !== undefined) return ['vms-fleet'];
  return ['node', join(extensionUri.fsPath, 'dist', 'cli.js')];
}
