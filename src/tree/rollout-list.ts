import type { FleetEvent } from '../updater/rollout/events';
import type { RolloutSummary } from '../updater/updater';
import { oneVersion, willAct } from '../updater/plan/plan';

/** What an event changed: which rollouts there are or how one of them stands, or only the counts of one. */
export type Change = 'list' | 'one';

/** The rollouts of one fleet: what their journals said when they were read, and what has happened since. */
export class RolloutList {
  private readonly known = new Map<string, RolloutSummary>();
  /** Those that something happened in since the journals began to be read: what is known of them is newer. */
  private readonly moved = new Set<string>();

  /** @param fleet the fleet file */
  constructor(private readonly fleet: () => string) {}

  /** Newest first. */
  get all(): RolloutSummary[] {
    return [...this.known.values()].sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  }

  get(id: string): RolloutSummary | undefined {
    return this.known.get(id);
  }

  async read(journals: () => Promise<RolloutSummary[]>): Promise<void> {
    this.moved.clear();
    const read = (await journals()).filter(({ fleet }) => fleet === this.fleet());
    const kept = [...this.known].filter(([id]) => this.moved.has(id));
    this.known.clear();
    for (const one of read) this.known.set(one.id, one);
    for (const [id, one] of kept) this.known.set(id, one);
  }

  event(event: FleetEvent): Change | undefined {
    const id = event.rollout;
    if (id === undefined) return undefined;
    if (event.type === 'rollout-started') this.known.set(id, begun(id, event, this.known.get(id)));
    const before = this.known.get(id);
    if (before === undefined) return undefined;
    // What was read belongs to whoever read it.
    const own = this.moved.has(id)
      ? before
      : { ...before, servers: before.servers.map((one) => ({ ...one })) };
    const change = apply(own, event);
    if (change === undefined) return undefined;
    this.moved.add(id);
    this.known.set(id, own);
    return change;
  }
}

type Started = Extract<FleetEvent, { type: 'rollout-started' }>;

/** One that goes on has a plan of what is left; what is done stays so. */
function begun(id: string, event: Started, before: RolloutSummary | undefined): RolloutSummary {
  const { action, fleet, by, at, plan } = event;
  const anew = new Set(plan.servers.filter(willAct).map((server) => server.id));
  const servers = before?.servers ?? plan.servers.map((server) => ({ id: server.id, outcome: null }));
  return {
    ...{ id, action, fleet, by, finishedAt: null, state: 'running' },
    to: before?.to ?? oneVersion(plan.servers),
    startedAt: before?.startedAt ?? at,
    servers: servers.map((server) => (anew.has(server.id) ? { id: server.id, outcome: null } : server)),
    ...(before?.damaged && { damaged: true }),
  };
}

function apply(one: RolloutSummary, event: FleetEvent): Change | undefined {
  switch (event.type) {
    case 'rollout-started':
      return 'list';
    case 'rollout-finished':
      one.state = event.outcome;
      one.finishedAt = event.at;
      delete one.asked;
      return 'list';
    case 'rollout-left':
      one.state = 'interrupted';
      return 'list';
    case 'rollout-asked':
      if (event.ask === 'continue') delete one.asked;
      else one.asked = event.ask;
      return 'one';
    case 'server-finished': {
      const server = one.servers.find(({ id }) => id === event.server);
      if (server) server.outcome = event.outcome;
      return 'one';
    }
    default:
      return undefined;
  }
}
