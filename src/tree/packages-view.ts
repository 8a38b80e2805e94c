import { join } from 'node:path';
import * as vscode from 'vscode';
import type { FleetEvent } from '../updater/rollout/events';
import type { FleetFiles } from '../vscode/fleet-files';
import { dataDir } from '../vscode/host';
import { viewIds } from '../vscode/ids';
import { PackageUses } from '../vscode/package-use';
import type { DropTarget } from '../vscode/session';
import { Throttle } from '../vscode/throttle';
import { draggedPackages, droppedFiles, packagesType, filesType } from './dragging';
import { DamagedNode, PackageNode, shelves, type PackageTreeNode } from './package-nodes';
import { withTooltip } from './tree-node';

/** ms between two looks at the library, or at who needs what. */
const pace = 1_000;

/** The view `vmsFleet.packages`: what is loaded on this computer, and who needs it. Packages are dragged from it onto the fleet. */
export class PackagesView
  implements
    vscode.TreeDataProvider<PackageTreeNode>,
    vscode.TreeDragAndDropController<PackageTreeNode>,
    vscode.Disposable
{
  readonly dragMimeTypes = [packagesType];
  readonly dropMimeTypes = [filesType];
  private readonly changes = new vscode.EventEmitter<undefined>();
  private readonly libraryChanges = new vscode.EventEmitter<undefined>();
  private readonly throttle = new Throttle<'view' | 'library'>(pace, (what) =>
    (what === 'view' ? this.changes : this.libraryChanges).fire(undefined),
  );
  private readonly view: vscode.TreeView<PackageTreeNode>;
  private readonly subscriptions: vscode.Disposable[] = [];

  readonly onDidChangeTreeData = this.changes.event;
  /** Something was loaded or removed; told to other faces also while this view is closed. */
  readonly onDidChangeLibrary = this.libraryChanges.event;

  /** @param onDrop files were dropped, to be loaded */
  constructor(
    private readonly files: FleetFiles,
    private readonly onDrop: (target: DropTarget, files: vscode.Uri[]) => void,
    onError: (error: unknown) => void,
  ) {
    this.view = vscode.window.createTreeView<PackageTreeNode>(viewIds.packages, {
      treeDataProvider: this,
      dragAndDropController: this,
      canSelectMany: true,
    });
    this.subscriptions.push(
      this.view,
      this.view.onDidChangeVisibility(() => this.touch()),
    );
    void this.watch().catch(onError);
  }

  /** Other fleets, or other wishes in them. */
  filesChanged(): void {
    this.touch();
  }

  /** What servers have, who needs what. */
  event({ type }: FleetEvent): void {
    if (type === 'facts' || type === 'server-finished') this.touch();
  }

  async getChildren(node?: PackageTreeNode): Promise<PackageTreeNode[]> {
    if (node) return node.children();
    await this.files.settled();
    const { sessions } = this.files;
    // One library for all: whichever fleet's updater opens it.
    const [session] = sessions;
    if (!session) return [];
    const { library } = await session.updater();
    const [packages, problems] = await Promise.all([library.list(), library.problems()]);
    const uses = new PackageUses(sessions);
    return [
      ...problems.map((problem) => new DamagedNode(session, problem)),
      ...shelves(packages).map((shelf) => new PackageNode(session, shelf, uses.of(shelf))),
    ];
  }

  getTreeItem(node: PackageTreeNode): vscode.TreeItem {
    return node.item();
  }

  resolveTreeItem(item: vscode.TreeItem, node: PackageTreeNode): vscode.TreeItem {
    return withTooltip(item, node);
  }

  handleDrag(source: readonly PackageTreeNode[], data: vscode.DataTransfer): void {
    const packages = source.flatMap((node) => (node instanceof DamagedNode ? [] : node.packages));
    if (packages.length > 0) data.set(packagesType, draggedPackages(packages));
  }

  async handleDrop(_target: PackageTreeNode | undefined, data: vscode.DataTransfer): Promise<void> {
    const [session] = this.files.sessions;
    const files = await droppedFiles(data);
    if (session && files.length > 0) this.onDrop({ session, system: undefined, server: undefined }, files);
  }

  private touch(): void {
    if (this.view.visible) this.throttle.touch('view');
  }

  /** Whoever loads or removes something: this window, another one, the command line, a rollout. */
  private async watch(): Promise<void> {
    const library = vscode.Uri.file(join(await dataDir(), 'library'));
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(library, '*'));
    const changed = () => {
      this.touch();
      this.throttle.touch('library');
    };
    this.subscriptions.push(watcher, watcher.onDidCreate(changed), watcher.onDidDelete(changed));
  }

  dispose(): void {
    this.throttle.clear();
    vscode.Disposable.from(...this.subscriptions, this.changes, this.libraryChanges).dispose();
  }
}
