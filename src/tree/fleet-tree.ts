import * as vscode from 'vscode';
import type { FleetEvent } from '../updater/rollout/events';
import type { FleetSession } from '../vscode/session';
import { FleetNode, type FleetTreeNode, type ServerNode, type SystemNode } from './nodes';
import { Throttle } from '../vscode/throttle';

/** At most so many refreshes of one server's row a second. */
const refreshesPerSecond = 4;

/** Systems, their servers, and what each server has. Only the row of the server that something happened to is refreshed. */
export class FleetTree implements vscode.TreeDataProvider<FleetTreeNode>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<FleetTreeNode | undefined>();
  private readonly throttle = new Throttle<ServerNode>(1000 / refreshesPerSecond, (node) =>
    this.changes.fire(node),
  );
  private readonly serverNodes = new Map<string, ServerNode>();
  private fleets: FleetNode[] = [];

  readonly onDidChangeTreeData = this.changes.event;

  /** Builds the tree anew: the fleet files changed. */
  setFleets(sessions: FleetSession[]): void {
    this.throttle.clear();
    this.serverNodes.clear();
    this.fleets = sessions.map((session) => new FleetNode(session));
    for (const node of this.systems().flatMap((system) => system.serverNodes))
      this.serverNodes.set(key(node.session, node.server.id), node);
    this.changes.fire(undefined);
  }

  /** Something happened to a server: its row is refreshed, soon. */
  event(session: FleetSession, event: FleetEvent): void {
    if (!('server' in event) || event.type === 'log') return;
    const node = this.serverNodes.get(key(session, event.server));
    if (node) this.throttle.touch(node);
  }

  getChildren(node?: FleetTreeNode): FleetTreeNode[] {
    if (node) return node.children();
    return this.fleets.length > 1 ? this.fleets : this.systems();
  }

  getTreeItem(node: FleetTreeNode): vscode.TreeItem {
    return node.item();
  }

  getParent(node: FleetTreeNode): FleetTreeNode | undefined {
    return node.parent instanceof FleetNode && this.fleets.length < 2 ? undefined : node.parent;
  }

  /** Only the tooltip that is looked at is made. */
  resolveTreeItem(item: vscode.TreeItem, node: FleetTreeNode): vscode.TreeItem {
    const tooltip = node.tooltip();
    if (tooltip) item.tooltip = tooltip;
    return item;
  }

  private systems(): SystemNode[] {
    return this.fleets.flatMap(({ systems }) => systems);
  }

  dispose(): void {
    this.throttle.clear();
    this.changes.dispose();
  }
}

function key(session: FleetSession, server: string): string {
  return `${session.uri.toString()}#${server}`;
}
