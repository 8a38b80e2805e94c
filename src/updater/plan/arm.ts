import { servers as serversOf, type Fleet, type Server, type System } from '../fleet/model';
import type { Facts } from '../targets/facts';
import { needed } from './maintenance';
import { verdict, willAct, type PlanServer, type Reason } from './plan';
import { Timetable, type Scope } from './timetable';
import { clockText, openings, startIn, windowLength, windowText, type Opening } from './window';

const minute = 60_000;
const week = 7 * 24 * 60 * minute;
/** ms by which a server may begin later than it was to, at most: it may just be restarting. */
const lateness = 15 * minute;
/** The least: clocks are read once a minute. */
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
  const byId = new Map(serversOf(fleet).map((server) => [server.id, server]));
  const systems = new Map(fleet.systems.map((system) => [system.id, system]));
  const timetable = new Timetable();
  const from = arming.at !== null && arming.at > now ? arming.at : now;
  const placed: Placed[] = [];
  const known = new Map<string, Opening[]>();
  const openingsOf = ({ window }: Server, ms: number): Opening[] | undefined => {
    if (window === undefined) return undefined;
    if (windowLength(window) < ms) return [];
    const name = windowText(window);
    const all = known.get(name) ?? [...openings(window, from)];
    known.set(name, all);
    return all;
  };
  for (const one of [...planned].sort((a, b) => a.wave - b.wave)) {
    const server = byId.get(one.id);
    const system = systems.get(one.system);
    if (server === undefined || system === undefined || !willAct(one)) continue;
    const barred = cannotArm(one);
    const ms = needed(server, one, one.path.length);
    const open = ignoreWindow ? undefined : openingsOf(server, ms);
    const scopes = scopesOf(fleet, one, server, parallel);
    const start = barred === undefined ? firstPlace(timetable, scopes, ms, from, open) : null;
    one.wave = 0;
    if (start === null) one.reasons = [...one.reasons, barred ?? neverFits(server)];
    else {
      const next = timetable.take(scopes, {
        from: start.getTime(),
        to: start.getTime() + ms + leastLateness,
      });
      placed.push({ one, start, ms, open, next });
      one.startsAt = start.toISOString();
      one.reasons = [...one.reasons, alone(system, server, start)];
    }
    one.verdict = verdict(one.reasons);
    if (one.verdict === 'blocked') one.steps = [];
  }
  for (const { one, ...place } of placed) one.startsBy = latest(place).toISOString();
}

interface Placed {
  one: PlanServer;
  start: Date;
  ms: number;
  /** When its window lets it; undefined: always. */
  open: readonly Opening[] | undefined;
  /** When the next one begins that counts on this one to be up. */
  next: () => number;
}

/** The first moment at which it fits into the window and every scope has a place for it; null: none within a week of its first chance. */
function firstPlace(
  timetable: Timetable,
  scopes: readonly Scope[],
  ms: number,
  from: Date,
  open: Placed['open'],
): Date | null {
  const startFrom = (at: Date): Date | null => (open === undefined ? at : startIn(open, at, ms));
  const first = startFrom(from);
  for (let start = first; first !== null && start !== null;) {
    const free = timetable.free(scopes, start.getTime(), ms + leastLateness);
    if (free === start.getTime()) return start;
    start = startFrom(new Date(free));
    if (start !== null && start.getTime() > first.getTime() + week) return null;
  }
  return null;
}

/** Behind that its window would not leave it enough time, or it would be down together with whoever comes next. */
function latest({ start, ms, open, next }: Omit<Placed, 'one'>): Date {
  const at = start.getTime();
  const closes = open?.find(({ opens, closes }) => opens <= at && at < closes)?.closes ?? Infinity;
  const by = Math.min(at + lateness, closes - ms, next() - ms);
  return new Date(Math.max(at + leastLateness, by));
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
  const where =
    server.window === undefined ? 'There is' : `Its maintenance window (${windowText(server.window)}) has`;
  return {
    rule: 'arm.never-fits',
    severity: 'block',
    message: `${where} no room for it within a week, behind the servers before it. ${server.window === undefined ? 'Arm' : 'Widen it, or arm'} fewer servers.`,
  };
}

/** Said to whoever arms; where he counts on a wave to find out what is wrong with a version, he has to confirm it. */
function alone({ canary, waves, soakMinutes, onFailure }: System, { window }: Server, start: Date): Reason {
  const held = canary > 0 || waves.length > 0 || soakMinutes > 0;
  const takesBack = onFailure === 'roll-back';
  const when = clockText(start, window?.timeZone);
  return {
    rule: 'arm.alone',
    severity: held || takesBack ? 'confirm' : 'warn',
    message: [
      held
        ? `It begins by itself on ${when}, whatever has become of the others: no canary, wave or soak time holds it back.`
        : `It begins by itself on ${when}, whether or not somebody watches.`,
      ...(takesBack
        ? [
            'Should it fail behind its restart, it is rolled back when the rollout is followed again, and only inside its window.',
          ]
        : []),
    ].join(' '),
  };
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
