import { names, type Hold, type Lane, type Standing } from './standing';

/** So many at a time in one scope: a system, a site, the fleet, a failover group. */
export interface Limit {
  scope: string;
  most: number;
  /** Said behind the figure: "at site pier". */
  where: string;
}

/** What the order of a rollout follows at one moment. Pure: whoever asks has looked at clock and results. */
export interface Order {
  /** What was left at work may be seen to its end. */
  mayWatch: boolean;
  /** Why a server is not begun any more. */
  stopped(standing: Standing): string | undefined;
  /** Why no server of a wave may begin although the waves before it have ended. */
  gate(system: string, wave: number): Hold | undefined;
  /** Nothing begins while it stands. */
  paused: Hold | undefined;
  /** When a server's window lets it begin: null never, undefined now. */
  opens(standing: Standing): Date | null | undefined;
  /** What a server that waits for its window is told. */
  waitsFor(standing: Standing, opens: Date): string;
  lane(standing: Standing): Lane;
  limits(standing: Standing, lane: Lane): readonly Limit[];
}

export interface Decision {
  begin: { standing: Standing; lane: Lane }[];
  wait: { standing: Standing; hold: Hold }[];
  /** These are not begun any more, and why. */
  never: { standing: Standing; why: string }[];
  /** The next moment at which a window lets one of them begin; null where none waits for one. */
  next: Date | null;
}

/** Who of the line begins now, who waits and for what, who is not begun any more. The line holds all whose part has not ended. */
export function decide(line: readonly Standing[], order: Order): Decision {
  const decision: Decision = { begin: [], wait: [], never: [], next: null };
  const waves = new Waves(line);
  const scopes = new Scopes();
  for (const standing of line) {
    const lane = standing.lane ?? (standing.inWork && order.mayWatch ? order.lane(standing) : null);
    if (lane === null) continue;
    scopes.enter(standing, order.limits(standing, lane));
    // At work already when the rollout was interrupted: nothing that holds the others holds it.
    if (standing.lane === null) decision.begin.push({ standing, lane });
  }
  for (const standing of line) {
    if (standing.lane !== null || (standing.inWork && order.mayWatch)) continue;
    const { system, wave } = standing.planned;
    const why = order.stopped(standing);
    if (why !== undefined) {
      decision.never.push({ standing, why });
      continue;
    }
    const turn = waves.before(system, wave) ?? order.gate(system, wave);
    if (turn !== undefined) {
      decision.wait.push({ standing, hold: turn });
      continue;
    }
    const opens = order.opens(standing);
    if (opens === null) {
      decision.never.push({ standing, why: 'its maintenance window is too short for it' });
      continue;
    }
    if (opens !== undefined && !standing.ahead) {
      const hold = { key: `window:${opens.getTime()}`, say: () => order.waitsFor(standing, opens) };
      decision.wait.push({ standing, hold });
      if (decision.next === null || opens < decision.next) decision.next = opens;
      continue;
    }
    const lane = opens === undefined ? order.lane(standing) : 'ahead';
    const limits = order.limits(standing, lane);
    const hold = scopes.queue(standing, limits) ?? order.paused;
    if (hold !== undefined) decision.wait.push({ standing, hold });
    else {
      scopes.enter(standing, limits);
      decision.begin.push({ standing, lane });
    }
  }
  return decision;
}

/** Which waves of each system have servers left. */
class Waves {
  private readonly left = new Map<string, Map<number, Standing[]>>();
  private readonly holds = new Map<string, Hold | undefined>();

  constructor(line: readonly Standing[]) {
    for (const standing of line) {
      const { system, wave } = standing.planned;
      const waves = this.left.get(system) ?? new Map<number, Standing[]>();
      this.left.set(system, waves);
      const list = waves.get(wave);
      if (list === undefined) waves.set(wave, [standing]);
      else list.push(standing);
    }
  }

  /** The waves that a server of this one waits for; undefined where all of them have ended. */
  before(system: string, wave: number): Hold | undefined {
    const key = `${wave} ${system}`;
    if (!this.holds.has(key)) this.holds.set(key, this.find(system, wave));
    return this.holds.get(key);
  }

  private find(system: string, wave: number): Hold | undefined {
    const earlier = [...(this.left.get(system) ?? [])].filter(([one]) => one < wave);
    const last = Math.max(...earlier.map(([one]) => one));
    if (earlier.length === 0) return undefined;
    const servers = earlier.sort(([a], [b]) => a - b).flatMap(([, list]) => list);
    const leading = servers.filter(({ planned }) => planned.leads !== undefined);
    if (leading.length === 0)
      return { key: `wave:${last}`, say: () => `after wave ${last}: ${names(servers)}` };
    const roles = [...new Set(leading.map(({ planned }) => planned.leads))].join(', ');
    return { key: `role:${roles}`, say: () => `for the servers of role ${roles}: ${names(leading)}` };
  }
}

interface Scope {
  /** Those at work in it, and those that wait for a place in it, in their order. */
  inside: Standing[];
  line: Standing[];
  atWork: number;
  most: number;
  /** Somebody waits for it: whoever comes later waits behind, so that nobody is passed by for ever. */
  closed: boolean;
}

class Scopes {
  private readonly scopes = new Map<string, Scope>();

  enter(standing: Standing, limits: readonly Limit[]): void {
    for (const { scope, most } of limits) {
      const one = this.scope(scope);
      one.inside.push(standing);
      one.atWork++;
      one.most = Math.min(one.most, most);
    }
  }

  /** What a server waits for; undefined where there is a place for it in every scope. */
  queue(standing: Standing, limits: readonly Limit[]): Hold | undefined {
    const full = limits.find(({ scope, most }) => {
      const one = this.scope(scope);
      return one.closed || one.atWork + 1 > Math.max(1, Math.min(one.most, most));
    });
    if (full === undefined) return undefined;
    const one = this.scope(full.scope);
    const ahead = one.inside.length + one.line.length;
    one.closed = true;
    one.most = Math.min(one.most, full.most);
    one.line.push(standing);
    const most = Math.max(1, one.most);
    return {
      key: full.scope,
      say: () => {
        const before = [...one.inside, ...one.line].slice(0, ahead);
        return `behind ${names(before)}; ${most} at a time${full.where === '' ? '' : ` ${full.where}`}`;
      },
    };
  }

  private scope(name: string): Scope {
    const known = this.scopes.get(name);
    if (known !== undefined) return known;
    const fresh: Scope = { inside: [], line: [], atWork: 0, most: Infinity, closed: false };
    this.scopes.set(name, fresh);
    return fresh;
  }
}
