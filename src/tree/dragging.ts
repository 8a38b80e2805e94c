import * as vscode from 'vscode';
import type { PackageInfo } from '../updater/packages/package-info';
import { viewIds } from '../vscode/ids';

/** What is dragged from the packages view; VS Code gives each tree its own type. */
export const packagesType = `application/vnd.code.tree.${viewIds.packages.toLowerCase()}`;
/** Files, from the explorer or the system's own file manager. */
export const filesType = 'text/uri-list';

export function draggedPackages(packages: readonly PackageInfo[]): vscode.DataTransferItem {
  return new vscode.DataTransferItem(JSON.stringify([...new Set(packages.map(({ sha256 }) => sha256))]));
}

/** SHA-256 of the packages that were dropped. */
export async function droppedPackages(data: vscode.DataTransfer): Promise<string[]> {
  for (const [type, item] of data) {
    if (type !== packagesType) continue;
    // VS Code itself puts an object under this type too: which rows of which tree are dragged.
    const hashes = parsed(await item.asString());
    if (Array.isArray(hashes)) return hashes.filter((one): one is string => typeof one === 'string');
  }
  return [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export async function droppedFiles(data: vscode.DataTransfer): Promise<vscode.Uri[]> {
  const text = await data.get(filesType)?.asString();
  const lines = (text ?? '').split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => vscode.Uri.parse(line, true));
}
