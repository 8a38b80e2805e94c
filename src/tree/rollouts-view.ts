import * as vscode from 'vscode';
import { leftBehind } from '../updater/rollout/left-behind';
import type { FleetEvent } from '../updater/rollout/events';
import type { FleetFiles } from '../vscode/fleet-files';
import { viewIds } from '../vscode/ids';
import type { FleetSession } from '../vscode/session';
import { Throttle } from '../vscode/throttle';
import { RolloutList } from './rollout-list';
import { PartNode, RolloutNode } from './rollout-nodes';
import { withTooltip } from './tree-node';

type Node = RolloutNode | PartNode;

/** ms between two refreshes of a row, or of the list. */
const pace = 500;

/** The view `vmsFleet.rollouts`: what runs and what has been, newest first, in whichever window or terminal. */
export class RolloutsView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<Node | undefined>();
  private readonly rows = new Throttle<Node>(pace, (node) => this.changes.fire(node));
  private readonly whole = new Throttle<string>(pace, () => this.changes.fire(undefined));
  private readonly reading = new Throttle<FleetSession>(pace, (session) => void this.read(session));
  private readonly lists = new Map<FleetSession, RolloutList>();
  private readonly nodes = new Map<string, RolloutNode>();
  private readonly view: vscode.TreeView<Node>;
  private readonly visibility: vscode.Disposable;

  readonly onDidChangeTreeData = this.changes.event;

  constructor(
    private readonly files: FleetFiles,
    private readonly onError: (error: unknown) => void,
  ) {
    this.view = vscode.window.createTreeView<Node>(viewIds.rollouts, {
      treeDataProvider: this,
      showCollapseAll: true,
    });
    this.visibility = this.view.onDidChangeVisibility(() => this.readAll());
  }

  filesChanged(): void {
    const { sessions } = this.files;
    for (const session of this.lists.keys()) if (!sessions.includes(session)) this.lists.delete(session);
    // A file that is back has another session: rows of the one before would act on what is closed.
    for (const [key, { session }] of this.nodes) if (!sessions.includes(session)) this.nodes.delete(key);
    for (const session of sessions)
      if (!this.lists.has(session)) this.lists.set(session, new RolloutList(() => session.fleet.file));
    this.readAll();
    this.whole.touch('');
  }

  event(session: FleetSession, event: FleetEvent): void {
    const { rollout } = event;
    if (rollout === undefined) return;
    const change = this.lists.get(session)?.event(event);
    const node = this.nodes.get(keyOf(session, rollout));
    if (change === 'list') {
      node?.forget();
      this.whole.touch('');
      this.reading.touch(session);
    }
    if (node && change === 'one') this.rows.touch(node);
    const part = node?.event(event);
    if (part) this.rows.touch(part);
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (node) return node instanceof RolloutNode ? node.parts() : [];
    await this.files.settled();
    const entries = [...this.lists].flatMap(([session, list]) => {
      const all = list.all;
      const open = new Set(leftBehind(all).map(({ id }) => id));
      return all.map(({ id, startedAt }) => ({
        startedAt,
        node: this.nodeOf(session, list, id, open.has(id)),
      }));
    });
    return entries.sort((a, b) => b.startedAt.localeCompare(a.startedAt)).map((entry) => entry.node);
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return node.item();
  }

  getParent(node: Node): Node | undefined {
    return node instanceof PartNode ? node.parent : undefined;
  }

  resolveTreeItem(item: vscode.TreeItem, node: Node): vscode.TreeItem {
    return withTooltip(item, node);
  }

  private nodeOf(session: FleetSession, list: RolloutList, id: string, isOpen: boolean): RolloutNode {
    const key = keyOf(session, id);
    const node = this.nodes.get(key) ?? new RolloutNode(key, session, id, list);
    this.nodes.set(key, node);
    node.isOpen = isOpen;
    node.ofSeveral = this.lists.size > 1;
    return node;
  }

  private readAll(): void {
    if (this.view.visible) for (const session of this.lists.keys()) this.reading.touch(session);
  }

  private async read(session: FleetSession): Promise<void> {
    try {
      const updater = await session.updater();
      await this.lists.get(session)?.read(() => updater.rollouts());
      this.whole.touch('');
    } catch (error) {
      this.onError(error);
    }
  }

  dispose(): void {
    for (const throttle of [this.rows, this.whole, this.reading]) throttle.clear();
    vscode.Disposable.from(this.view, this.visibility, this.changes).dispose();
  }
}

const keyOf = (session: FleetSession, rollout: string): string => `${session.uri.toString()}#${rollout}`;
