import * as vscode from 'vscode';
import type { SshImport } from '../updater/fleet/import/ssh-hosts';
import type { Command } from './command';
import { importServers } from './import-servers';

/** Brings hosts of `~/.ssh/config` into the fleet file. */
export const importSshConfig: Command = (faces, chosen) =>
  importServers(faces, chosen, async () => {
    const items: (vscode.QuickPickItem & { how: SshImport })[] = [
      {
        label: vscode.l10n.t('By Name'),
        description: vscode.l10n.t('address, user and way stay in ~/.ssh/config'),
        how: 'name',
      },
      {
        label: vscode.l10n.t('Copied'),
        description: vscode.l10n.t('the fleet file says it all, for colleagues too'),
        how: 'copy',
      },
    ];
    const picked = await vscode.window.showQuickPick(items, {
      title: vscode.l10n.t('Import from ~/.ssh/config: how are the hosts written?'),
      ignoreFocusOut: true,
    });
    if (!picked) return undefined;
    const { readSshHosts } = await import('../updater/fleet/import/ssh-hosts');
    return { what: '~/.ssh/config', found: await readSshHosts(picked.how) };
  });
