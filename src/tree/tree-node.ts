import * as vscode from 'vscode';
import type { Icon } from '../vscode/describe';
import type { FleetSelection } from '../vscode/session';
import { oneLine } from '../vscode/words';

/** An element of one of our trees. Its id is made of what it stands for, so a selection survives whatever changes. */
export interface TreeNode extends FleetSelection {
  readonly id: string;
  item(): vscode.TreeItem;
  tooltip(): vscode.MarkdownString | undefined;
}

export function itemOf(
  node: TreeNode,
  label: string,
  look: {
    description: string;
    icon: Icon;
    words: readonly string[];
    state: vscode.TreeItemCollapsibleState;
  },
): vscode.TreeItem {
  const item = new vscode.TreeItem(oneLine(label), look.state);
  item.id = node.id;
  item.description = oneLine(look.description);
  item.contextValue = look.words.join(' ');
  const { id, color } = look.icon;
  item.iconPath = new vscode.ThemeIcon(id, color === undefined ? undefined : new vscode.ThemeColor(color));
  item.accessibilityInformation = { label: `${item.label as string}, ${item.description}` };
  return item;
}

/** Not trusted: no command links, no HTML. */
export function markdown(text: string): vscode.MarkdownString {
  const value = new vscode.MarkdownString(text);
  value.isTrusted = false;
  return value;
}

/** Only the tooltip that is looked at is made. */
export function withTooltip(item: vscode.TreeItem, node: TreeNode): vscode.TreeItem {
  const tooltip = node.tooltip();
  if (tooltip) item.tooltip = tooltip;
  return item;
}
