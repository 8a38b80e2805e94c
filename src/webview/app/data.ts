import type { HostEvent, RolloutChange, ServerRow, Snapshot } from '../protocol';
import type { RolloutView } from '../rollout-view';
import { ranksOf, type Ranks } from './model';

/** What the page knows of its fleet: a snapshot, and the changes since. */
export class FleetData {
  private readonly known: Map<string, ServerRow>;
  private all: readonly ServerRow[] | undefined;
  private seq: number;
  /** Place of each server in the order of names. */
  readonly ranks: Ranks;
  rollouts: readonly RolloutView[];

  constructor(
    readonly snapshot: Snapshot,
    /** ms by which the extension's clock goes before ours. */
    readonly ahead: number,
  ) {
    this.known = new Map(snapshot.rows.map((row) => [row.id, row]));
    this.ranks = ranksOf(this.known.keys());
    this.seq = snapshot.seq;
    this.rollouts = snapshot.rollouts;
  }

  /** The same list until something in it changes. */
  get rows(): readonly ServerRow[] {
    return (this.all ??= [...this.known.values()]);
  }

  row(id: string): ServerRow | undefined {
    return this.known.get(id);
  }

  /** Takes changes in. False: some before them are missing, so all must be asked for anew. */
  apply(changes: Extract<HostEvent, { type: 'changes' }>): boolean {
    if (changes.seq !== this.seq + 1) return false;
    this.seq = changes.seq;
    for (const row of changes.rows) this.known.set(row.id, row);
    if (changes.rows.length > 0) this.all = undefined;
    for (const change of changes.rollouts) this.rollouts = withChange(this.rollouts, change);
    return true;
  }
}

function withChange(rollouts: readonly RolloutView[], { head, servers }: RolloutChange): RolloutView[] {
  const before = rollouts.find(({ id }) => id === head.id);
  const all = new Map(before?.servers.map((server) => [server.id, server]));
  for (const server of servers) all.set(server.id, server);
  const now: RolloutView = { ...head, servers: [...all.values()] };
  return before === undefined ? [now, ...rollouts] : rollouts.map((one) => (one === before ? now : one));
}
