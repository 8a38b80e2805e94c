import * as vscode from 'vscode';
import type { Server } from '../updater/fleet/model';
import type { FleetFiles } from '../vscode/fleet-files';
import { attention } from '../vscode/attention';
import { builtInCommands, contextKeys, mementoKeys, viewIds } from '../vscode/ids';
import { t } from '../vscode/l10n';
import type { DropTarget, FleetSelection, FleetSession } from '../vscode/session';
import { settings } from '../vscode/settings';
import { isUnasked } from '../vscode/statuses';
import { summarise } from '../vscode/summary';
import { FleetTree } from './fleet-tree';
import { droppedFiles, droppedPackages, filesType, packagesType } from './dragging';
import { groupings, type Arrangement } from '../vscode/grouping';
import type { FleetTreeNode } from './server-nodes';

/** What was dropped: packages by SHA-256, or files. */
export interface Dropped {
  packages: string[];
  files: vscode.Uri[];
}

export interface FleetViewMeans {
  files: FleetFiles;
  /** Asks servers of a fleet, default all, and tells of errors itself. */
  refresh(session: FleetSession, servers?: Server[]): Promise<void>;
  drop(target: DropTarget, dropped: Dropped): void;
  /** Of the workspace. */
  memento: vscode.Memento;
}

/** The view `vmsFleet.fleet`: the tree, how it is arranged, its message and badge, and when servers are asked by themselves. */
export class FleetView implements vscode.TreeDragAndDropController<FleetTreeNode>, vscode.Disposable {
  readonly tree: FleetTree;
  readonly dragMimeTypes = [];
  readonly dropMimeTypes = [packagesType, filesType];
  private readonly view: vscode.TreeView<FleetTreeNode>;
  private readonly files: FleetFiles;
  private readonly subscriptions: vscode.Disposable[];
  private readonly asking = new WeakSet<FleetSession>();
  private timer: NodeJS.Timeout | undefined;
  /** As VS Code told it when it changed. */
  private selected: readonly FleetTreeNode[] = [];

  constructor(private readonly means: FleetViewMeans) {
    this.files = means.files;
    const kept: unknown = means.memento.get(mementoKeys.grouping);
    // A filter is not kept: who forgot it would miss servers.
    this.tree = new FleetTree(
      { grouping: groupings.find((one) => one === kept) ?? 'system', filter: '' },
      () => this.selection.length > 1,
    );
    this.view = vscode.window.createTreeView(viewIds.fleet, {
      treeDataProvider: this.tree,
      dragAndDropController: this,
      canSelectMany: true,
      showCollapseAll: true,
    });
    this.tellArrangement();
    this.subscriptions = [
      this.view.onDidChangeVisibility(() => this.onVisibility()),
      this.view.onDidChangeSelection(({ selection }) => {
        this.selected = selection;
        this.tree.selectionChanged();
      }),
      vscode.workspace.onDidChangeConfiguration(() => this.startTimer()),
    ];
  }

  /** While VS Code draws the tree anew it knows only some of the selected rows, now or when it told of them. */
  get selection(): readonly FleetSelection[] {
    const now = this.view.selection;
    return now.length < this.selected.length ? this.selected : now;
  }

  arrange(change: Partial<Arrangement>): void {
    if (
      Object.entries(change).every(
        ([key, value]) => this.tree.arrangement[key as keyof Arrangement] === value,
      )
    )
      return;
    this.tree.arrange(change);
    if (change.grouping) void this.means.memento.update(mementoKeys.grouping, change.grouping);
    this.tellArrangement();
    this.tellMessage();
  }

  private tellArrangement(): void {
    const { grouping, filter } = this.tree.arrangement;
    const set = (key: string, value: unknown) =>
      void vscode.commands.executeCommand(builtInCommands.setContext, key, value);
    set(contextKeys.grouping, grouping);
    set(contextKeys.filtered, filter !== '');
  }

  async handleDrop(node: FleetTreeNode | undefined, data: vscode.DataTransfer): Promise<void> {
    // Beside the rows it is the fleet that is meant, where there is only one.
    const session = node?.session ?? this.files.sessions[0];
    if (!session) return;
    const [packages, files] = await Promise.all([droppedPackages(data), droppedFiles(data)]);
    const { system, server } = node?.place ?? { system: undefined, server: undefined };
    if (packages.length + files.length > 0) this.means.drop({ session, system, server }, { packages, files });
  }

  /** There are other fleet files, or something else in them. */
  filesChanged(): void {
    this.tree.setFleets(this.files.sessions);
    this.summary();
    this.onVisibility();
  }

  summary(): void {
    const states = this.files.sessions.flatMap((session) => [...session.states.values()]);
    this.view.description = summarise(states).words;
    this.view.badge = attention(states);
    this.tellMessage();
  }

  private tellMessage(): void {
    // Without anything to show the view is left to its welcome content, which a message would hide.
    const parts = this.files.sessions.length > 0 ? [this.faults(), this.filterWords()] : [];
    this.view.message = parts.filter((part) => part !== '').join(' ');
  }

  private filterWords(): string {
    const { filter } = this.tree.arrangement;
    const { shown, all } = this.tree.counts;
    if (filter === '') return '';
    if (shown === 0) return t('No server with “{0}” (Clear Filter shows all).', filter);
    return all === 1
      ? t('{0} of 1 server with “{1}” (Clear Filter shows all).', shown, filter)
      : t('{0} of {1} servers with “{2}” (Clear Filter shows all).', shown, all, filter);
  }

  private faults(): string {
    return this.files.faulty
      .map(({ uri, errors, shown }) => {
        const name = vscode.workspace.asRelativePath(uri);
        if (errors === 1)
          return shown
            ? t('{0} has 1 error (see Problems); its last good state is shown.', name)
            : t('{0} has 1 error (see Problems).', name);
        return shown
          ? t('{0} has {1} errors (see Problems); its last good state is shown.', name, errors)
          : t('{0} has {1} errors (see Problems).', name, errors);
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
      void this.means.refresh(session, unasked).finally(() => this.asking.delete(session));
    }
  }

  private startTimer(): void {
    clearInterval(this.timer);
    const minutes = settings.refreshIntervalMinutes();
    if (!this.view.visible || minutes === 0) return;
    this.timer = setInterval(() => {
      for (const session of this.files.sessions) void this.means.refresh(session);
    }, minutes * 60_000);
  }

  dispose(): void {
    clearInterval(this.timer);
    vscode.Disposable.from(...this.subscriptions, this.view, this.tree).dispose();
  }
}
