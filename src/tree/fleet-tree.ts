import * as vscode from 'vscode';
import type { Server } from '../updater/fleet/model';
import type { FleetEvent } from '../updater/rollout/events';
import type { FleetSession } from '../vscode/session';
import { Throttle } from '../vscode/throttle';
import { keysOf, type Arrangement } from '../vscode/grouping';
import { FleetNode, type GroupNode } from './nodes';
import type { FleetTreeNode, ServerNode } from './server-nodes';
import { withTooltip } from './tree-node';

/** At most so many refreshes of one server's row a second. */
const refreshesPerSecond = 4;
/** ms between two draws of all that is open: servers move from group to group, or several rows are selected. */
const wholeEvery = 1_000;

/** Groups, their servers, and what each server has. Only the row of the server that something happened to is refreshed, where that can be. */
export class FleetTree implements vscode.TreeDataProvider<FleetTreeNode>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<FleetTreeNode | undefined>();
  private readonly rows = new Throttle<ServerNode>(1000 / refreshesPerSecond, (node) => this.drawRow(node));
  private readonly whole = new Throttle<string>(wholeEvery, () => this.changes.fire(undefined));
  private readonly regroup = new Throttle<string>(wholeEvery, () => this.build());
  /** A server's rows, several where it has several tags; and in which groups they stand. */
  private readonly serverNodes = new Map<string, { server: Server; groups: string; nodes: ServerNode[] }>();
  private sessions: FleetSession[] = [];
  private fleets: FleetNode[] = [];
  private shape: Arrangement;
  /** Time of it, ms. */
  private rowDrawn = 0;

  readonly onDidChangeTreeData = this.changes.event;

  /** @param hasSeveral several rows are selected */
  constructor(
    arrangement: Arrangement,
    private readonly hasSeveral: () => boolean,
  ) {
    this.shape = arrangement;
  }

  get arrangement(): Arrangement {
    return this.shape;
  }

  /** How many servers there are, and how many of them the filter lets through. */
  get counts(): { all: number; shown: number } {
    const all = this.sessions.reduce((sum, { servers }) => sum + servers.length, 0);
    const shown = [...this.serverNodes.values()].filter(({ nodes }) => nodes.length > 0).length;
    return { all, shown };
  }

  arrange(change: Partial<Arrangement>): void {
    this.shape = { ...this.shape, ...change };
    this.build();
  }

  /** Builds the tree anew: the fleet files changed. */
  setFleets(sessions: FleetSession[]): void {
    this.sessions = sessions;
    this.build();
  }

  /**
   * VS Code's list shows no selected row below a selected one that is drawn anew as selected any more, and still acts on it
   * (its `Trait.splice`). Where all are drawn anew it keeps them.
   */
  private drawRow(node: ServerNode): void {
    if (this.hasSeveral()) return this.whole.touch('');
    this.rowDrawn = Date.now();
    this.changes.fire(node);
  }

  /** A row that was drawn just before may reach the list only now. */
  selectionChanged(): void {
    if (this.hasSeveral() && Date.now() - this.rowDrawn < wholeEvery) this.whole.touch('');
  }

  private build(): void {
    this.rows.clear();
    this.whole.clear();
    this.serverNodes.clear();
    this.fleets = this.sessions.map((session) => new FleetNode(session, this.shape));
    for (const session of this.sessions)
      for (const server of session.servers) {
        const known = { server, state: session.states.get(server.id) };
        const groups = keysOf(known, this.shape).join('\n');
        this.serverNodes.set(key(session, server.id), { server, groups, nodes: [] });
      }
    for (const node of this.groups().flatMap((group) => group.serverNodes))
      this.serverNodes.get(key(node.session, node.server.id))?.nodes.push(node);
    this.changes.fire(undefined);
  }

  /** Something happened to a server: its rows are refreshed, soon; or it goes into another group. */
  event(session: FleetSession, event: FleetEvent): void {
    if (!('server' in event) || event.type === 'log') return;
    const known = this.serverNodes.get(key(session, event.server));
    if (!known) return;
    for (const node of known.nodes) this.rows.touch(node);
    if (!this.followsStatus) return;
    const state = session.states.get(event.server);
    const now = keysOf({ server: known.server, state }, this.shape).join('\n');
    if (now !== known.groups) this.regroup.touch('');
  }

  /** Only then an event can move a server. */
  private get followsStatus(): boolean {
    return this.shape.grouping === 'status' || this.shape.filter !== '';
  }

  getChildren(node?: FleetTreeNode): FleetTreeNode[] {
    if (node) return node.children();
    return this.fleets.length > 1 ? this.fleets.filter(({ groups }) => groups.length > 0) : this.groups();
  }

  getTreeItem(node: FleetTreeNode): vscode.TreeItem {
    return node.item();
  }

  getParent(node: FleetTreeNode): FleetTreeNode | undefined {
    return node.parent instanceof FleetNode && this.fleets.length < 2 ? undefined : node.parent;
  }

  resolveTreeItem(item: vscode.TreeItem, node: FleetTreeNode): vscode.TreeItem {
    return withTooltip(item, node);
  }

  private groups(): GroupNode[] {
    return this.fleets.flatMap(({ groups }) => groups);
  }

  dispose(): void {
    this.rows.clear();
    this.whole.clear();
    this.regroup.clear();
    this.changes.dispose();
  }
}

function key(session: FleetSession, server: string): string {
  return `${session.uri.toString()}#${server}`;
}
