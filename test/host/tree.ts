/** Looks at the fleet tree as the view does. */
import type * as vscode from 'vscode';
import type { Api } from '../../src/extension';
import { extension } from './support';

export interface Row {
  node: unknown;
  id: string;
  label: string;
  description: string;
  words: string[];
  children: Row[];
}

export async function api(): Promise<Api> {
  return (await extension().activate()) as Api;
}

type View = 'tree' | 'packages' | 'rollouts';

/** Every row of the fleet tree, expanded. */
export function rows(): Promise<Row[]> {
  return rowsOf('tree');
}

export async function rowsOf(view: View): Promise<Row[]> {
  return below((await api())[view], undefined);
}

/** The row of the fleet tree with this label, wherever it is. */
export function row(label: string): Promise<Row | undefined> {
  return rowIn('tree', label);
}

export async function rowIn(view: View, label: string): Promise<Row | undefined> {
  const find = (list: Row[]): Row | undefined => {
    for (const one of list) {
      const found = one.label === label ? one : find(one.children);
      if (found) return found;
    }
    return undefined;
  };
  return find(await rowsOf(view));
}

async function below(tree: vscode.TreeDataProvider<unknown>, node: unknown): Promise<Row[]> {
  const nodes = (await tree.getChildren(node)) ?? [];
  return Promise.all(
    nodes.map(async (child) => {
      const item = await tree.getTreeItem(child);
      return {
        node: child,
        id: item.id ?? '',
        label: typeof item.label === 'string' ? item.label : '',
        description: String(item.description),
        words: (item.contextValue ?? '').split(' '),
        children: await below(tree, child),
      };
    }),
  );
}
