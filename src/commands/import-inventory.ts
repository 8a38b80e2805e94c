import * as vscode from 'vscode';
import { t } from '../vscode/l10n';
import type { Command } from './command';
import { importServers } from './import-servers';

/** Brings hosts of an Ansible inventory into the fleet file. */
export const importInventory: Command = (faces, chosen) =>
  importServers(faces, chosen, async () => {
    const title = t('Import from an Ansible Inventory');
    const [file] = (await vscode.window.showOpenDialog({ title, openLabel: t('Import') })) ?? [];
    if (!file) return undefined;
    const what = file.path.split('/').at(-1) ?? file.path;
    const { checkSize, readInventory } = await import('../updater/fleet/import/inventory');
    checkSize((await vscode.workspace.fs.stat(file)).size, what);
    const text = new TextDecoder('utf-8').decode(await vscode.workspace.fs.readFile(file));
    return { what, found: await readInventory(text, what) };
  });
