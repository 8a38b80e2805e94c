import * as vscode from 'vscode';
import type { SshImport } from '../updater/fleet/import/ssh-hosts';
import { t } from '../vscode/l10n';
import type { Command } from './command';
import { importServers } from './import-servers';

/** Brings hosts of `~/.ssh/config` into the fleet file. */
export const importSshConfig: Command = (faces, chosen) =>
  importServers(faces, chosen, async () => {
    const items: (vscode.QuickPickItem & { how: SshImport })[] = [
      {
        label: t('By Name'),
        description: t('address, user and way stay in ~/.ssh/config'),
        how: 'name',
      },
      {
        label: t('Copied'),
        description: t('the fleet file says it all, for colleagues too'),
        how: 'copy',
      },
    ];
    const picked = await vscode.window.showQuickPick(items, {
      title: t('Import from ~/.ssh/config: how are the hosts written?'),
      ignoreFocusOut: true,
    });
    if (!picked) return undefined;
    const { readSshHosts } = await import('../updater/fleet/import/ssh-hosts');
    return { what: '~/.ssh/config', found: await readSshHosts(picked.how) };
  });
