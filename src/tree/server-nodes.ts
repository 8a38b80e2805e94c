import * as vscode from 'vscode';
import type { Server } from '../updater/fleet/model';
import { initialState, type ServerState } from '../updater/rollout/state';
import { serverCapabilities } from '../vscode/capabilities';
import {
  describeServer,
  moduleRows,
  serverIcon,
  serverTooltip,
  type Icon,
  type ModuleRow,
} from '../vscode/describe';
import { capabilities } from '../vscode/ids';
import { t } from '../vscode/l10n';
import { escapeMarkdown } from '../vscode/markdown';
import type { FleetSession } from '../vscode/session';
import { itemOf, markdown, type TreeNode } from './tree-node';

const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;

/** What packages that are dropped on a row are for. */
export interface Place {
  system: string;
  server: string | undefined;
}

/** An element of the fleet tree. */
export interface FleetTreeNode extends TreeNode {
  readonly parent: FleetTreeNode | undefined;
  /** Undefined where servers of any system may stand below. */
  readonly place: Place | undefined;
  children(): FleetTreeNode[];
}

export class ServerNode implements FleetTreeNode {
  readonly id: string;
  readonly servers: Server[];

  constructor(
    readonly session: FleetSession,
    readonly server: Server,
    readonly parent: FleetTreeNode,
    /** Its system is not the row above it, so that its own row names it. */
    private readonly isNamed: boolean,
  ) {
    this.id = `${parent.id}/${server.id}`;
    this.servers = [server];
  }

  get place(): Place {
    return { system: this.server.system, server: this.server.id };
  }

  get state(): ServerState {
    return stateOf(this.session, this.server);
  }

  children(): FleetTreeNode[] {
    const { state, server } = this;
    const modules = moduleRows(server, state);
    return [
      ...(modules.length > 0 ? [new SectionNode(this, 'modules', modulesSection(modules))] : []),
      ...(state.rollback.length > 0 ? [new SectionNode(this, 'history', historySection(state))] : []),
    ];
  }

  item(): vscode.TreeItem {
    const { server, state } = this;
    const hasMore = moduleRows(server, state).length > 0 || state.rollback.length > 0;
    return itemOf(this, server.id, {
      description: this.isNamed
        ? `${describeServer(server, state)} · ${server.system}`
        : describeServer(server, state),
      icon: serverIcon(state),
      words: [...serverCapabilities(state), ...(server.banalytics ? [capabilities.modular] : [])],
      state: hasMore ? Collapsed : None,
    });
  }

  tooltip(): vscode.MarkdownString {
    return markdown(serverTooltip(this.server, this.state));
  }
}

interface Section {
  label: string;
  description: string;
  icon: Icon;
  state: vscode.TreeItemCollapsibleState;
  rows: { key: string; label: string; description: string; icon: Icon; words: string[] }[];
}

/** "Modules" or "History" of a server. */
class SectionNode implements FleetTreeNode {
  readonly id: string;
  readonly servers: Server[];
  readonly session: FleetSession;

  constructor(
    readonly parent: ServerNode,
    key: string,
    private readonly section: Section,
  ) {
    this.id = `${parent.id}/${key}`;
    this.session = parent.session;
    this.servers = parent.servers;
  }

  get place(): Place {
    return this.parent.place;
  }

  children(): FleetTreeNode[] {
    return this.section.rows.map((row) => new RowNode(this, row));
  }

  item(): vscode.TreeItem {
    return itemOf(this, this.section.label, { ...this.section, words: [] });
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
    readonly parent: SectionNode,
    private readonly row: Section['rows'][number],
  ) {
    this.id = `${parent.id}/${row.key}`;
    this.session = parent.session;
    this.servers = parent.servers;
  }

  get place(): Place {
    return this.parent.place;
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

function modulesSection(modules: ModuleRow[]): Section {
  const changes = modules.filter(({ differs }) => differs).length;
  return {
    label: t('Modules'),
    description: changes > 0 ? t('{0} of {1} to change', changes, modules.length) : String(modules.length),
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

function historySection({ rollback }: ServerState): Section {
  return {
    label: t('History'),
    description: stepsBack(rollback.length),
    icon: { id: 'history' },
    state: Collapsed,
    rows: rollback.map((version, index) => ({
      key: `${rollback.length - index}`,
      label: version,
      description: index === 0 ? t('the next rollback leads here') : stepsBack(index + 1),
      icon: { id: 'discard' },
      words: [],
    })),
  };
}

const stepsBack = (n: number): string => (n === 1 ? t('1 step back') : t('{0} steps back', n));

function stateOf(session: FleetSession, server: Server): ServerState {
  const known = session.states.get(server.id) ?? initialState(session.fleet, '').get(server.id);
  if (!known) throw new Error(`No state of server ${server.id}`);
  return known;
}
