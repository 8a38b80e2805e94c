import * as vscode from 'vscode';
import type { FleetEvent } from '../updater/rollout/events';
import { recordOf, type ServerRecord } from '../updater/rollout/history';
import type { Server } from '../updater/fleet/model';
import type { RolloutSummary } from '../updater/updater';
import { serverTooltip } from '../vscode/describe';
import { capabilities } from '../vscode/ids';
import { escapeMarkdown } from '../vscode/markdown';
import { rolloutWords } from '../vscode/words';
import type { FleetSession } from '../vscode/session';
import type { RolloutList } from './rollout-list';
import * as words from './rollout-words';
import { itemOf, markdown, type TreeNode } from './tree-node';

const { Collapsed, None } = vscode.TreeItemCollapsibleState;

/** A rollout; its servers are read out of its journal when it is opened. */
export class RolloutNode implements TreeNode {
  readonly servers: Server[] = [];
  /** It left servers behind that no later rollout has seen to. */
  isOpen = false;
  /** Its fleet is one of several. */
  ofSeveral = false;
  private shown: Map<string, PartNode> | undefined;

  constructor(
    readonly id: string,
    readonly session: FleetSession,
    readonly rollout: string,
    private readonly list: RolloutList,
  ) {}

  get summary(): RolloutSummary | undefined {
    return this.list.get(this.rollout);
  }

  /** Something happened in it. @returns the row of the server that it happened to, if it is shown */
  event(event: FleetEvent): PartNode | undefined {
    const part = 'server' in event && event.type !== 'log' ? this.shown?.get(event.server) : undefined;
    part?.event(event);
    return part;
  }

  /** Its journal is read anew when its servers are shown next. */
  forget(): void {
    this.shown = undefined;
  }

  async parts(): Promise<PartNode[]> {
    const { summary } = this;
    if (!summary) return [];
    // Events keep these true: the journal of a rollout that runs may be long.
    if (this.shown && summary.state === 'running') return [...this.shown.values()];
    const events = await (await this.session.updater()).journal(this.rollout);
    const { servers } = recordOf(summary, events);
    const nodes = words
      .partsInOrder(servers, summary.state)
      .map((record) => new PartNode(`${this.id}/${record.id}`, this, record));
    this.shown = new Map(nodes.map((node) => [node.record.id, node]));
    return nodes;
  }

  item(): vscode.TreeItem {
    const { summary } = this;
    if (!summary) return new vscode.TreeItem(this.rollout);
    const fleet = this.ofSeveral ? ` · ${this.session.fleet.name}` : '';
    return itemOf(this, rolloutWords(summary).verb, {
      description: words.rolloutDescription(summary) + fleet,
      icon: words.rolloutIcon(summary),
      words: words.rolloutCapabilities(summary, this.isOpen),
      state: Collapsed,
    });
  }

  tooltip(): vscode.MarkdownString | undefined {
    const { summary } = this;
    return summary && markdown(words.rolloutTooltip(summary, this.session.fleet.name));
  }
}

/** A server in a rollout, and how its part ended or stands. */
export class PartNode implements TreeNode {
  constructor(
    readonly id: string,
    readonly parent: RolloutNode,
    public record: ServerRecord,
  ) {}

  event(event: FleetEvent): void {
    if (event.type !== 'server-finished') return;
    const { outcome, error, reason = null, at } = event;
    this.record = { ...this.record, outcome, reason: error?.message ?? reason, endedAt: at };
  }

  get session(): FleetSession {
    return this.parent.session;
  }

  get rollout(): string {
    return this.parent.rollout;
  }

  /** None where it is not in the fleet file any more. */
  get servers(): Server[] {
    return this.session.servers.filter(({ id }) => id === this.record.id);
  }

  private get now(): words.Part {
    const { id } = this.record;
    const { summary } = this.parent;
    const state = this.session.states.get(id);
    return {
      outcome: (summary?.servers.find((one) => one.id === id)?.outcome ?? null) as words.Part['outcome'],
      record: this.record,
      state: state?.rollout === this.rollout ? state : undefined,
      isOpen: summary?.state === 'running',
    };
  }

  item(): vscode.TreeItem {
    const { now } = this;
    const waits = now.isOpen && now.state?.status === 'queued';
    return itemOf(this, this.record.id, {
      description: words.partDescription(now),
      icon: words.partIcon(now),
      words: waits ? [capabilities.part, capabilities.waiting] : [capabilities.part],
      state: None,
    });
  }

  tooltip(): vscode.MarkdownString {
    const [server] = this.servers;
    const state = this.session.states.get(this.record.id);
    const { now } = this;
    if (server && state && now.state) return markdown(serverTooltip(server, state));
    return markdown(`**${escapeMarkdown(this.record.id)}** ${escapeMarkdown(words.partDescription(now))}`);
  }
}
