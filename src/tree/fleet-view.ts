import * as vscode from 'vscode';
import type { Server } from '../updater/fleet/model';
import type { ServerState } from '../updater/rollout/state';
import type { FleetFiles } from '../vscode/fleet-files';
import { viewIds } from '../vscode/ids';
import type { FleetSelection, FleetSession } from '../vscode/session';
import { settings } from '../vscode/settings';
import { summarise } from '../vscode/summary';
import { count } from '../vscode/words';
import { FleetTree } from './fleet-tree';
import type { FleetTreeNode } from './nodes';

/** The view `vmsFleet.fleet`: the tree, its message and badge, and when servers are asked by themselves. */
export class FleetView implements vscode.Disposable {
  readonly tree = new FleetTree();
  private readonly view = vscode.window.createTreeView<FleetTreeNode>(viewIds.fleet, {
    treeDataProvider: this.tree,
    canSelectMany: true,
    showCollapseAll: true,
  });
  private readonly subscriptions: vscode.Disposable[];
  private readonly asking = new WeakSet<FleetSession>();
  private timer: NodeJS.Timeout | undefined;

  /** @param refresh asks servers of a fleet, default all, and tells of errors itself */
  constructor(
    private readonly files: FleetFiles,
    private readonly refresh: (session: FleetSession, servers?: Server[]) => Promise<void>,
  ) {
    this.subscriptions = [
      this.view.onDidChangeVisibility(() => this.onVisibility()),
      vscode.workspace.onDidChangeConfiguration(() => this.startTimer()),
    ];
  }

  get selection(): readonly FleetSelection[] {
    return this.view.selection;
  }

  /** There are other fleet files, or something else in them. */
  filesChanged(): void {
    this.tree.setFleets(this.files.sessions);
    // Without anything to show the view is left to its welcome content, which a message would hide.
    this.view.message = this.files.sessions.length > 0 ? this.faults() : '';
    this.summary();
    this.onVisibility();
  }

  summary(): void {
    const { failed, words } = summarise(this.files.sessions.flatMap(({ states }) => [...states.values()]));
    this.view.description = words;
    this.view.badge =
      failed > 0 ? { value: failed, tooltip: `${count(failed, 'server')} failed` } : undefined;
  }

  private faults(): string {
    return this.files.faulty
      .map(({ uri, errors, shown }) => {
        const name = vscode.workspace.asRelativePath(uri);
        return `${name} has ${count(errors, 'error')} (see Problems)${shown ? '; its last good state is shown' : ''}.`;
      })
      .join(' ');
  }

  private onVisibility(): void {
    this.startTimer();
    if (!this.view.visible || !settings.refreshOnOpen()) return;
    for (const session of this.files.sessions) {
      const { states } = session;
      const unasked = session.servers.filter(({ id }) => isUnasked(states.get(id)));
      if (unasked.length === 0 || this.asking.has(session)) continue;
      this.asking.add(session);
      void this.refresh(session, unasked).finally(() => this.asking.delete(session));
    }
  }

  private startTimer(): void {
    clearInterval(this.timer);
    const minutes = settings.refreshIntervalMinutes();
    if (!this.view.visible || minutes === 0) return;
    this.timer = setInterval(() => {
      for (const session of this.files.sessions) void this.refresh(session);
    }, minutes * 60_000);
  }

  dispose(): void {
    clearInterval(this.timer);
    vscode.Disposable.from(...this.subscriptions, this.view, this.tree).dispose();
  }
}

/** What is known of a server outlives a change of the fleet file; only new ones are asked by themselves. */
function isUnasked(state: ServerState | undefined): boolean {
  return state !== undefined && state.status === 'unknown' && !state.checking;
}
