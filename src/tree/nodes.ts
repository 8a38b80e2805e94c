import * as vscode from 'vscode';
import type { Server, System } from '../updater/fleet/model';
import { runsOnePackage } from '../updater/packages/loaded-version';
import { initialState, type ServerState } from '../updater/rollout/state';
import { capabilities } from '../vscode/ids';
import { escapeMarkdown } from '../vscode/markdown';
import type { FleetSelection, FleetSession } from '../vscode/session';
import { count, oneLine } from '../vscode/words';
import { serverCapabilities } from '../vscode/capabilities';
import {
  describeServer,
  moduleRows,
  serverIcon,
  serverTooltip,
  type Icon,
  type ModuleRow,
} from '../vscode/describe';

/** An element of the tree. Its id is made of what it stands for, so a selection survives whatever changes. */
export interface FleetTreeNode extends FleetSelection {
  readonly id: string;
  readonly parent: FleetTreeNode | undefined;
  children(): FleetTreeNode[];
  item(): vscode.TreeItem;
  tooltip(): vscode.MarkdownString | undefined;
}

const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;

/** A fleet file; shown only where there are several. */
export class FleetNode implements FleetTreeNode {
  readonly parent = undefined;
  readonly id: string;
  readonly systems: SystemNode[];

  constructor(readonly session: FleetSession) {
    this.id = session.uri.toString();
    this.systems = session.fleet.systems.map((system) => new SystemNode(session, system, this));
  }

  get servers(): Server[] {
    return this.session.servers;
  }

  children(): FleetTreeNode[] {
    return this.systems;
  }

  item(): vscode.TreeItem {
    const { fleet, uri, servers } = this.session;
    return itemOf(this, fleet.name, {
      description: `${count(servers.length, 'server')} · ${vscode.workspace.asRelativePath(uri)}`,
      icon: { id: 'organization' },
      words: [capabilities.fleet],
      state: Expanded,
    });
  }

  tooltip(): vscode.MarkdownString {
    return markdown(escapeMarkdown(this.session.uri.fsPath));
  }
}

export class SystemNode implements FleetTreeNode {
  readonly id: string;
  readonly serverNodes: ServerNode[];

  constructor(
    readonly session: FleetSession,
    readonly system: System,
    readonly parent: FleetNode | undefined,
  ) {
    this.id = `${session.uri.toString()}#${system.id}`;
    this.serverNodes = system.servers.map((server) => new ServerNode(session, server, this));
  }

  get servers(): Server[] {
    return this.system.servers;
  }

  children(): FleetTreeNode[] {
    return this.serverNodes;
  }

  item(): vscode.TreeItem {
    const { id, product, servers, version } = this.system;
    const { system, loadable, replaceable, modular } = capabilities;
    const isReplaceable = runsOnePackage(product) && version !== undefined;
    return itemOf(this, id, {
      description: [product, version, count(servers.length, 'server')]
        .filter((part) => part !== undefined)
        .join(' · '),
      icon: { id: 'server-environment' },
      // Its words do not follow each server's state: refreshing a system would ask for all its servers again.
      words: [system, isReplaceable ? replaceable : loadable, ...(product === 'banalytics' ? [modular] : [])],
      state: Expanded,
    });
  }

  tooltip(): vscode.MarkdownString {
    const { id, product, version, maxParallel, canary, waves, maxFailures, onFailure, window } = this.system;
    const lines = [
      `**${escapeMarkdown(id)}** ${product}`,
      ...(runsOnePackage(product)
        ? [escapeMarkdown(`Loaded package: ${version ?? 'none yet (Load Package…)'}`)]
        : []),
      `At the same time: ${maxParallel ?? "the product's own limit"}`,
      `First wave: ${canary === 0 ? 'none' : count(canary, 'server')}`,
      ...(waves.length > 0 ? [`Waves: ${waves.join(', ')}`] : []),
      `Failures borne: ${onFailure === 'keep' ? 'all' : maxFailures}`,
      ...(window
        ? [escapeMarkdown(`Window: ${window.from} to ${window.to} ${window.days?.join(', ') ?? ''}`)]
        : []),
    ];
    return markdown(lines.join('  \n'));
  }
}

export class ServerNode implements FleetTreeNode {
  readonly id: string;
  readonly servers: Server[];

  constructor(
    readonly session: FleetSession,
    readonly server: Server,
    readonly parent: SystemNode,
  ) {
    this.id = `${parent.id}/${server.id}`;
    this.servers = [server];
  }

  get state(): ServerState {
    return stateOf(this.session, this.server);
  }

  children(): FleetTreeNode[] {
    const { state, server } = this;
    const modules = moduleRows(server, state);
    return [
      ...(modules.length > 0 ? [new GroupNode(this, 'modules', modulesGroup(modules))] : []),
      ...(state.rollback.length > 0 ? [new GroupNode(this, 'history', historyGroup(state))] : []),
    ];
  }

  item(): vscode.TreeItem {
    const { server, state } = this;
    const hasMore = moduleRows(server, state).length > 0 || state.rollback.length > 0;
    return itemOf(this, server.id, {
      description: describeServer(server, state),
      icon: serverIcon(state),
      words: [...serverCapabilities(state), ...(server.banalytics ? [capabilities.modular] : [])],
      state: hasMore ? Collapsed : None,
    });
  }

  tooltip(): vscode.MarkdownString {
    return markdown(serverTooltip(this.server, this.state));
  }
}

interface Group {
  label: string;
  description: string;
  icon: Icon;
  state: vscode.TreeItemCollapsibleState;
  rows: { key: string; label: string; description: string; icon: Icon; words: string[] }[];
}

/** "Modules" or "History" of a server. */
class GroupNode implements FleetTreeNode {
  readonly id: string;
  readonly servers: Server[];
  readonly session: FleetSession;

  constructor(
    readonly parent: ServerNode,
    key: string,
    private readonly group: Group,
  ) {
    this.id = `${parent.id}/${key}`;
    this.session = parent.session;
    this.servers = parent.servers;
  }

  children(): FleetTreeNode[] {
    return this.group.rows.map((row) => new RowNode(this, row));
  }

  item(): vscode.TreeItem {
    return itemOf(this, this.group.label, { ...this.group, words: [] });
  }

  tooltip(): undefined {
    return undefined;
  }
}

/** A module, or a version in the history. */
class RowNode implements FleetTreeNode {
  readonly id: string;
  readonly servers: Server[];
  readonly session: FleetSession;

  constructor(
    readonly parent: GroupNode,
    private readonly row: Group['rows'][number],
  ) {
    this.id = `${parent.id}/${row.key}`;
    this.session = parent.session;
    this.servers = parent.servers;
  }

  children(): FleetTreeNode[] {
    return [];
  }

  item(): vscode.TreeItem {
    return itemOf(this, this.row.label, { ...this.row, state: None });
  }

  tooltip(): vscode.MarkdownString {
    return markdown(escapeMarkdown(`${this.row.label} ${this.row.description}`));
  }
}

function modulesGroup(modules: ModuleRow[]): Group {
  const changes = modules.filter(({ differs }) => differs).length;
  return {
    label: 'Modules',
    description: changes > 0 ? `${changes} of ${modules.length} to change` : String(modules.length),
    icon: { id: 'extensions' },
    state: Expanded,
    rows: modules.map(({ module, description, differs }) => ({
      key: module,
      label: module.split(':').at(-1) ?? module,
      description,
      icon: differs ? { id: 'arrow-up', color: 'charts.blue' } : { id: 'symbol-module' },
      words: [capabilities.module],
    })),
  };
}

function historyGroup({ rollback }: ServerState): Group {
  return {
    label: 'History',
    description: `${count(rollback.length, 'step')} back`,
    icon: { id: 'history' },
    state: Collapsed,
    rows: rollback.map((version, index) => ({
      key: `${rollback.length - index}`,
      label: version,
      description: index === 0 ? 'the next rollback leads here' : `${index + 1} steps back`,
      icon: { id: 'discard' },
      words: [capabilities.history],
    })),
  };
}

function stateOf(session: FleetSession, server: Server): ServerState {
  const known = session.states.get(server.id) ?? initialState(session.fleet, '').get(server.id);
  if (!known) throw new Error(`No state of server ${server.id}`);
  return known;
}

function itemOf(
  node: FleetTreeNode,
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
function markdown(text: string): vscode.MarkdownString {
  const value = new vscode.MarkdownString(text);
  value.isTrusted = false;
  return value;
}
