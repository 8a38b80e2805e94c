import * as vscode from 'vscode';
import { FleetError } from '../updater/errors';
import { t } from '../vscode/l10n';
import { findProgram } from '../vscode/program';
import type { Command } from './command';
import { chooseServers } from './selection';

/** More terminals at once are a mistake of the selection. */
const most = 10;

/** Opens a terminal on servers by the system's own ssh, which goes the way that we go and trusts the host keys that we trust. */
export const openTerminal: Command = async (faces, chosen) => {
  const target = await chooseServers(faces, chosen, t('SSH terminal: on which servers?'));
  if (!target) return;
  const { session, servers } = target;
  if (servers.length > most)
    throw new FleetError('usage', t('{0} terminals are too many to look at.', servers.length), {
      hint: t('Select at most {0} servers.', most),
    });
  const ssh = findProgram('ssh');
  if (ssh === undefined)
    throw new FleetError('usage', t('There is no ssh on this computer.'), {
      hint: t('Install the OpenSSH client, and open VS Code anew.'),
    });
  const updater = await session.updater();
  for (const server of servers)
    vscode.window
      .createTerminal({
        name: `SSH ${server.id}`,
        shellPath: ssh,
        shellArgs: await updater.sshArguments(server),
        iconPath: new vscode.ThemeIcon('remote'),
        // It would be opened again with the window, perhaps long after.
        isTransient: true,
      })
      .show();
};
