import { servers as serversOf, type Fleet, type Server, type System, type Window } from '../fleet/model';
import type { Facts } from '../targets/facts';
import { needed } from './maintenance';
import { verdict, willAct, type PlanServer, type Reason } from './plan';
import { clockText, nextStart, windowState, windowText } from './window';

const minute = 60_000;
/** ms by which a server without a window may begin later than it was to: it may just be restarting. */
const lateness = 15 * minute;
/** The least, where a window leaves hardly more than the work takes: clocks are read once a minute. */
const leastLateness = 2 * minute;

/** When installs are to begin that servers carry out by themselves. */
export interface Arming {
  /** Not before this; null: as soon as their windows let them. */
  at: Date | null;
}

interface Terms {
  arming: Arming;
  now: Date;
  ignoreWindow: boolean;
  /** System id → servers at the same time. */
  parallel: Readonly<Record<string, number>>;
}

/**
 * Gives each server that will act the time at which it begins by itself: when its maintenance window lets it, and one behind the other
 * where limits and failover groups want that. There nobody watches, so there are no waves: what a wave would have found out, nobody hears.
 */
export function armServers(
  fleet: Fleet,
  planned: readonly PlanServer[],
  { arming, now, ignoreWindow, parallel }: Terms,
): void {
  const known = new Map(serversOf(fleet).map((server) => [server.id, server]));
  const systems = new Map(fleet.systems.map((system) => [system.id, system]));
  const timetable = new Timetable();
  const from = arming.at !== null && arming.at > now ? arming.at : now;
  for (const one of [...planned].sort((a, b) => a.wave - b.wave)) {
    const server = known.get(one.id);
    const system = systems.get(one.system);
    if (server === undefined || system === undefined || !willAct(one)) continue;
    const barred = cannotArm(one);
    const window = ignoreWindow ? undefined : server.window;
    const ms = needed(server, one, one.path.length);
    const start =
      barred === undefined ? timetable.place(scopesOf(fleet, one, server, parallel), ms, from, window) : null;
    one.wave = 0;
    if (start === null) one.reasons = [...one.reasons, barred ?? neverFits(server)];
    else {
      one.startsAt = start.toISOString();
      one.reasons = [...one.reasons, alone(system, server, start)];
    }
    one.verdict = verdict(one.reasons);
    if (one.verdict === 'blocked') one.steps = [];
  }
}

/** ms that an armed server may begin later than planned; behind that its window would not leave it enough time. */
export function mayBeLate(server: Server, planned: PlanServer, start: Date, ignoreWindow: boolean): number {
  if (ignoreWindow || server.window === undefined) return lateness;
  const state = windowState(server.window, start);
  const left = state.open ? state.closes.getTime() - start.getTime() : 0;
  return Math.max(leastLateness, left - needed(server, planned, planned.path.length));
}

function cannotArm({ path, leads }: PlanServer): Reason | undefined {
  const block = (rule: string, message: string): Reason => ({ rule, severity: 'block', message });
  if (path.length > 1)
    return block(
      'arm.one-version',
      `It goes by way of ${path.slice(0, -1).join(', ')}, and each version has to be proven before the next. Install it while somebody watches, or arm the first version alone (\`--to\`).`,
    );
  if (leads !== undefined)
    return block(
      'arm.role',
      `Servers of its role go first, and the others wait until it is proven there. Install it while somebody watches.`,
    );
  return undefined;
}

/** What a server lacks to begin, and to go on, with nobody there. */
export function aloneReasons({ os, user, tools }: Facts): Reason[] {
  if (os.family === 'windows' || (user?.root === true && tools?.includes('systemd') === true)) return [];
  return [
    {
      rule: 'arm.no-boot',
      severity: 'block',
      message:
        'A restart would end its job: only as root, and with systemd, does one go on by itself behind it. Install it while somebody watches.',
    },
  ];
}

function neverFits(server: Server): Reason {
  const where = server.window === undefined ? '' : ` (${windowText(server.window)})`;
  return {
    rule: 'arm.never-fits',
    severity: 'block',
    message: `Its maintenance window${where} has no room for it behind the servers before it. Widen it, or arm fewer servers.`,
  };
}

/** Said to whoever arms; where he counts on a wave to find out what is wrong with a version, he has to confirm it. */
function alone({ canary, waves, soakMinutes }: System, { window }: Server, start: Date): Reason {
  const held = canary > 0 || waves.length > 0 || soakMinutes > 0;
  const when = clockText(start, window?.timeZone);
  return {
    rule: 'arm.alone',
    severity: held ? 'confirm' : 'warn',
    message: held
      ? `It begins by itself on ${when}, whatever has become of the others: no canary, wave or soak time holds it back.`
      : `It begins by itself on ${when}, whether or not somebody watches.`,
  };
}

interface Scope {
  name: string;
  most: number;
}

function scopesOf(fleet: Fleet, planned: PlanServer, server: Server, parallel: Terms['parallel']): Scope[] {
  const { site, failoverGroup } = server;
  const { system } = planned;
  const scopes: Scope[] = [{ name: `system ${system}`, most: planned.parallel ?? parallel[system] ?? 1 }];
  if (failoverGroup !== undefined) scopes.push({ name: `group ${failoverGroup}`, most: 1 });
  if (site !== undefined && fleet.maxParallelPerSite !== undefined)
    scopes.push({ name: `site ${site}`, most: fleet.maxParallelPerSite });
  if (fleet.maxParallel !== undefined) scopes.push({ name: 'fleet', most: fleet.maxParallel });
  return scopes;
}

/** Who is down when, in each scope: the times from which its places are free. Whoever comes later is never put before others. */
class Timetable {
  private readonly places = new Map<string, number[]>();
  /** The opening of a window that was looked up last: clocks of time zones are slow to ask. */
  private readonly open = new Map<Window, { from: number; closes: number }>();

  /** The first moment at which `ms` of work fit into the window and every scope has a place for them; null: none. */
  place(scopes: readonly Scope[], ms: number, earliest: Date, window: Window | undefined): Date | null {
    const all = scopes.map(({ name, most }) => this.of(name, most));
    const free = Math.max(earliest.getTime(), ...all.map((places) => Math.min(...places)));
    const start = window === undefined ? free : this.inWindow(window, ms, free);
    if (start === null) return null;
    for (const places of all) places[places.indexOf(Math.min(...places))] = start + ms;
    return new Date(start);
  }

  private of(name: string, most: number): number[] {
    const places = this.places.get(name) ?? Array.from({ length: Math.max(1, most) }, () => 0);
    this.places.set(name, places);
    return places;
  }

  private inWindow(window: Window, ms: number, free: number): number | null {
    const known = this.open.get(window);
    if (known !== undefined && known.from <= free && free + ms <= known.closes) return free;
    const start = nextStart(window, new Date(free), ms);
    if (start === null) return null;
    const state = windowState(window, start);
    if (state.open) this.open.set(window, { from: start.getTime(), closes: state.closes.getTime() });
    return start.getTime();
  }
}
