import * as vscode from 'vscode';
import type { Server, System } from '../updater/fleet/model';
import { runsOnePackage } from '../updater/packages/loaded-version';
import { capabilities } from '../vscode/ids';
import { t } from '../vscode/l10n';
import { escapeMarkdown } from '../vscode/markdown';
import type { FleetSession } from '../vscode/session';
import { serverCount, serversOf } from '../vscode/words';
import { groupsOf, passes, type Arrangement, type Group, type Grouping } from '../vscode/grouping';
import { ServerNode, type FleetTreeNode, type Place } from './server-nodes';
import { itemOf, markdown } from './tree-node';

const { Expanded } = vscode.TreeItemCollapsibleState;

/** A fleet file; shown only where there are several. */
export class FleetNode implements FleetTreeNode {
  readonly parent = undefined;
  readonly place = undefined;
  readonly id: string;
  /** Those that the filter lets through. */
  readonly servers: Server[];
  readonly groups: GroupNode[];

  constructor(
    readonly session: FleetSession,
    private readonly arrangement: Arrangement,
  ) {
    this.id = session.uri.toString();
    const { states, servers, fleet } = session;
    const known = servers.map((server) => ({ server, state: states.get(server.id) }));
    this.servers = known.filter((one) => passes(one, arrangement.filter)).map(({ server }) => server);
    if (arrangement.grouping === 'system') {
      const shown = new Set(this.servers);
      this.groups = fleet.systems
        .map((system) => new SystemNode(session, system, shown, this))
        .filter((node) => arrangement.filter === '' || node.servers.length > 0);
    } else {
      const { grouping } = arrangement;
      this.groups = groupsOf(known, arrangement).map(
        (group) => new ServerGroupNode(session, grouping, group, this),
      );
    }
  }

  children(): FleetTreeNode[] {
    return this.groups;
  }

  item(): vscode.TreeItem {
    const { fleet, uri, servers } = this.session;
    return itemOf(this, fleet.name, {
      description: `${ofAll(this.servers.length, servers.length)} · ${vscode.workspace.asRelativePath(uri)}`,
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
  /** Those of its servers that the filter lets through. */
  readonly servers: Server[];
  readonly serverNodes: ServerNode[];
  readonly place: Place;

  constructor(
    readonly session: FleetSession,
    readonly system: System,
    shown: ReadonlySet<Server>,
    readonly parent: FleetNode,
  ) {
    this.id = `${session.uri.toString()}#${system.id}`;
    this.place = { system: system.id, server: undefined };
    this.servers = system.servers.filter((server) => shown.has(server));
    this.serverNodes = this.servers.map((server) => new ServerNode(session, server, this, false));
  }

  children(): FleetTreeNode[] {
    return this.serverNodes;
  }

  item(): vscode.TreeItem {
    const { id, product, servers, version } = this.system;
    const { system, loadable, replaceable, modular } = capabilities;
    const isReplaceable = runsOnePackage(product) && version !== undefined;
    return itemOf(this, id, {
      description: [product, version, ofAll(this.servers.length, servers.length)]
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
        ? [escapeMarkdown(t('Loaded package: {0}', version ?? t('none yet (Load Package…)')))]
        : []),
      t('At the same time: {0}', maxParallel ?? t("the product's own limit")),
      t('First wave: {0}', canary === 0 ? t('none') : serverCount(canary)),
      ...(waves.length > 0 ? [t('Waves: {0}', waves.join(', '))] : []),
      t('Failures borne: {0}', onFailure === 'keep' ? t('all') : maxFailures),
      ...(window
        ? [escapeMarkdown(t('Window: {0} to {1} {2}', window.from, window.to, window.days?.join(', ') ?? ''))]
        : []),
    ];
    return markdown(lines.join('  \n'));
  }
}

const groupIcons: Record<Exclude<Grouping, 'system'>, string> = {
  site: 'location',
  status: 'pulse',
  tag: 'tag',
};

/** Servers that have a site, a status or a tag in common. What can be done with a system's servers can be done with these. */
export class ServerGroupNode implements FleetTreeNode {
  readonly id: string;
  readonly place = undefined;
  readonly servers: Server[];
  readonly serverNodes: ServerNode[];

  constructor(
    readonly session: FleetSession,
    private readonly grouping: Exclude<Grouping, 'system'>,
    private readonly group: Group,
    readonly parent: FleetNode,
  ) {
    this.id = `${session.uri.toString()}#${grouping}:${group.key}`;
    this.servers = group.servers;
    this.serverNodes = group.servers.map((server) => new ServerNode(session, server, this, true));
  }

  children(): FleetTreeNode[] {
    return this.serverNodes;
  }

  item(): vscode.TreeItem {
    return itemOf(this, this.group.label, {
      description: serverCount(this.servers.length),
      icon: { id: groupIcons[this.grouping] },
      words: [capabilities.system],
      state: Expanded,
    });
  }

  tooltip(): undefined {
    return undefined;
  }
}

export type GroupNode = SystemNode | ServerGroupNode;

/** "12 servers", "3 of 12 servers". */
function ofAll(shown: number, all: number): string {
  return shown === all ? serverCount(all) : serversOf(shown, all);
}
