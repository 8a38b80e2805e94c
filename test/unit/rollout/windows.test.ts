import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { servers, type Fleet } from '../../../src/updater/fleet/model';
import { openLibrary } from '../../../src/updater/packages/library';
import type { Plan } from '../../../src/updater/plan/plan';
import { windowState } from '../../../src/updater/plan/window';
import type { FleetEvent } from '../../../src/updater/rollout/events';
import type { Journal } from '../../../src/updater/rollout/journal';
import { carryOut } from '../../../src/updater/rollout/rollout';
import { Supplies } from '../../../src/updater/rollout/supply';
import type { Waits, WorkContext, WorkResult } from '../../../src/updater/rollout/work';
import type { Links } from '../../../src/updater/targets/link';
import { Clock } from './clock';
import { fleetOf, planned, planOf, scratch } from './fixtures';

const minute = 60_000;
const done: WorkResult = { outcome: 'done', status: 'installed', error: null };
const noLinks = { dispose: () => undefined } as Links;

interface Hop {
  server: string;
  at: Date;
}

interface Options {
  resumed?: boolean;
  stop?: { cancel: AbortController; detach: AbortController };
  /** ms that a hop takes. */
  takes?: number;
  onHop?: (hop: Hop, clock: Clock) => void | Promise<void>;
  onSay?: (event: FleetEvent) => void;
}

/** Carries a plan out with work that asks before each hop, as the real one does, and takes a while for it. */
async function play(fleet: Fleet, plan: Plan, start: string, options: Options = {}) {
  const { stop = { cancel: new AbortController(), detach: new AbortController() }, takes = 10 * minute } =
    options;
  const clock = new Clock(Date.parse(start));
  const library = openLibrary(await scratch());
  // One on a disk takes real time, in which this clock would run on.
  const journal = { append: () => Promise.resolve() } as unknown as Journal;
  const events: FleetEvent[] = [];
  const hops: Hop[] = [];
  const prepared: string[] = [];
  const left = new Map(plan.servers.map(({ id, path }) => [id, Math.max(1, path.length)]));
  let atWork = 0;
  let most = 0;

  const work = async ({ server: { id }, mayBegin }: WorkContext): Promise<WorkResult | Waits> => {
    prepared.push(id);
    for (let more = left.get(id) ?? 0; more > 0; left.set(id, --more)) {
      if (stop.cancel.signal.aborted) return { outcome: 'cancelled', status: 'loaded', error: null };
      if (!mayBegin(more)) return 'waits';
      const hop = { server: id, at: clock.now() };
      hops.push(hop);
      most = Math.max(most, ++atWork);
      await options.onHop?.(hop, clock);
      await clock.sleep(takes);
      atWork--;
    }
    return done;
  };

  let over = false;
  const ended = carryOut(
    {
      id: 'r',
      fleet,
      plan,
      by: 'tester@desk',
      resumed: options.resumed ?? false,
      links: noLinks,
      library,
      supplies: new Supplies(library, () => fleet),
      journal,
      emit: (event) => {
        events.push(event);
        options.onSay?.(event);
      },
      now: clock.now,
      sleep: clock.sleep,
      cancel: stop.cancel.signal,
      detach: stop.detach.signal,
    },
    { work },
  ).finally(() => (over = true));
  await Promise.all([ended, clock.run(() => over)]);
  const told = (server: string) =>
    events.flatMap((event) =>
      event.type === 'status' && event.server === server && event.status === 'queued' ? [event.detail] : [],
    );
  const outcomes = Object.fromEntries(
    events.flatMap((event) => (event.type === 'server-finished' ? [[event.server, event.outcome]] : [])),
  );
  const begun = hops.map(({ server, at }) => `${server} ${at.toISOString().slice(5, 16)}`);
  return { events, hops, begun, prepared, most, told, outcomes, clock, ended: await ended };
}

const night = { from: '22:00', to: '23:00', days: ['sat'], timeZone: 'Europe/Tallinn' };
const afternoon = '2026-11-21T14:00:00Z';
const opens = 'for its maintenance window, opens sat 22:00 (Europe/Tallinn)';

describe('a rollout', () => {
  it('waits for the window, says so once, and looks at the clock every half minute', async () => {
    const fleet = fleetOf({ s: { servers: 1, window: night } });
    const { begun, told, outcomes, clock } = await play(
      fleet,
      planOf([planned('s-0')], { s: 1 }, { action: 'rollback' }),
      '2026-11-21T19:00:10Z',
    );
    expect(begun).toEqual(['s-0 11-21T20:00']);
    expect(told('s-0')).toEqual([opens]);
    expect(outcomes).toEqual({ 's-0': 'done' });
    expect(clock.now().toISOString()).toBe('2026-11-21T20:10:00.000Z');
    expect(clock.longest.sleep).toBe(10 * minute);
  });

  it('downloads before the window, and only then', async () => {
    const fleet = fleetOf({ s: { servers: 8, window: night } });
    const all = Array.from({ length: 8 }, (_, i) => planned(`s-${i}`));
    const early: string[] = [];
    const { prepared, hops, told } = await play(fleet, planOf(all, { s: 8 }), '2026-11-21T19:58:00Z', {
      onSay: (event) => {
        if (event.type === 'status' && event.detail === opens) early.push(event.server);
      },
    });
    expect(prepared).toHaveLength(16);
    expect(early).toHaveLength(8);
    expect(new Set(hops.map(({ at }) => at.toISOString()))).toEqual(new Set(['2026-11-21T20:00:00.000Z']));
    expect(told('s-7')).toEqual(['behind 7 servers; 6 at a time', opens]);

    const back = await play(fleet, planOf(all, { s: 8 }, { action: 'rollback' }), '2026-11-21T19:58:00Z');
    expect(back.prepared).toHaveLength(8);
  });

  it('gives the places of those that wait to others, and queues them behind those when it opens', async () => {
    const fleet = fleetOf({ s: { servers: 3 } });
    const [first, second] = servers(fleet);
    if (first === undefined || second === undefined) throw new Error('no servers');
    first.window = second.window = night;
    const { begun, told, most } = await play(
      fleet,
      planOf([planned('s-0'), planned('s-1'), planned('s-2')], { s: 1 }),
      '2026-11-21T19:40:00Z',
    );
    expect(begun).toEqual(['s-2 11-21T19:40', 's-0 11-21T20:00', 's-1 11-21T20:10']);
    expect(most).toBe(1);
    expect(told('s-1')).toEqual([opens, 'behind s-0; 1 at a time']);
    expect(told('s-2')).toEqual([]);
  });

  it('begins no hop that does not fit any more: the rest waits for the next window', async () => {
    const fleet = fleetOf({ s: { servers: 1, window: night } });
    const { begun, outcomes, told } = await play(
      fleet,
      planOf([planned('s-0', { path: ['1', '2', '3'] })], { s: 1 }, { action: 'rollback' }),
      '2026-11-21T20:10:00Z',
      { takes: 25 * minute },
    );
    // At 22:35 there is no room for two hops more.
    expect(begun).toEqual(['s-0 11-21T20:10', 's-0 11-28T20:00', 's-0 11-28T20:25']);
    expect(told('s-0')).toEqual([opens]);
    expect(outcomes).toEqual({ 's-0': 'done' });
  });

  it('leaves what the plan expects, for all that is still to come', async () => {
    const fleet = fleetOf({ s: { servers: 1, window: night } });
    const expected = { seconds: 2400, downtimeSeconds: null, windowSeconds: 2400 } as const;
    const path = ['1', '2'];
    const play20 = (start: string) =>
      play(
        fleet,
        planOf(
          [planned('s-0', { path, expected: { ...expected, basis: 'server', samples: 3 } })],
          { s: 1 },
          { action: 'rollback' },
        ),
        start,
        { takes: 25 * minute },
      );
    expect((await play20('2026-11-21T20:20:00Z')).begun).toEqual(['s-0 11-21T20:20', 's-0 11-28T20:00']);
    expect((await play20('2026-11-21T20:21:00Z')).begun).toEqual(['s-0 11-28T20:00', 's-0 11-28T20:25']);
  });

  it('waits anew for those whose turn comes too late', async () => {
    const fleet = fleetOf({ s: { servers: 3, window: night } });
    const { begun } = await play(
      fleet,
      planOf([planned('s-0'), planned('s-1'), planned('s-2')], { s: 1 }, { action: 'restart' }),
      '2026-11-21T20:00:00Z',
      { takes: 25 * minute },
    );
    expect(begun).toEqual(['s-0 11-21T20:00', 's-1 11-21T20:25', 's-2 11-28T20:00']);
  });

  it('that was interrupted looks for its job at once, and then honours the window', async () => {
    const fleet = fleetOf({ s: { servers: 1, window: night } });
    const { prepared, begun, told } = await play(
      fleet,
      planOf([planned('s-0')], { s: 1 }, { action: 'restart' }),
      afternoon,
      { resumed: true },
    );
    expect(prepared).toHaveLength(2);
    expect(told('s-0')).toEqual([opens]);
    expect(begun).toEqual(['s-0 11-21T20:00']);
  });

  it.each([
    ['is ignored', { ignoreWindow: true as const }],
    ['does not hold for a download', { action: 'download' as const }],
  ])('begins at once where the window %s', async (_, over) => {
    const fleet = fleetOf({ s: { servers: 1, window: night } });
    const { begun, told, events } = await play(fleet, planOf([planned('s-0')], { s: 1 }, over), afternoon);
    expect(begun).toEqual(['s-0 11-21T14:00']);
    expect(told('s-0')).toEqual([]);
    expect(events[0]).toMatchObject({ type: 'rollout-started', plan: over });
  });

  it.each(['cancel', 'detach'] as const)('that waits ends at once on %s', async (how) => {
    const fleet = fleetOf({ s: { servers: 2, window: night } });
    const stop = { cancel: new AbortController(), detach: new AbortController() };
    let waiting = 0;
    const { begun, outcomes, events, clock } = await play(
      fleet,
      planOf([planned('s-0'), planned('s-1')], { s: 1 }),
      afternoon,
      {
        stop,
        onSay: (event) => {
          if (event.type === 'status' && event.detail === opens && ++waiting === 2) stop[how].abort();
        },
      },
    );
    const outcome = how === 'cancel' ? 'cancelled' : 'not-started';
    expect(begun).toEqual([]);
    expect(outcomes).toEqual({ 's-0': outcome, 's-1': outcome });
    expect(events.at(-1)?.type === 'rollout-finished').toBe(how === 'cancel');
    expect(clock.now().getTime() - Date.parse(afternoon)).toBeLessThan(5 * minute);
  });

  it('halts for those that wait, too', async () => {
    const fleet = fleetOf({ s: { servers: 2 } });
    const [, second] = servers(fleet);
    if (second === undefined) throw new Error('no server');
    second.window = night;
    const { outcomes, clock } = await play(
      fleet,
      planOf([planned('s-0'), planned('s-1')], { s: 1 }, { action: 'restart' }),
      afternoon,
      {
        onHop: () => {
          throw new Error('a bug');
        },
      },
    );
    expect(outcomes).toEqual({ 's-0': 'failed', 's-1': 'not-started' });
    expect(clock.now().getTime() - Date.parse(afternoon)).toBeLessThan(5 * minute);
  });

  it('says so where the window became too short for it', async () => {
    const fleet = fleetOf({ s: { servers: 1, window: { ...night, to: '22:05' } } });
    const { outcomes, events } = await play(fleet, planOf([planned('s-0')], { s: 1 }), afternoon);
    expect(outcomes).toEqual({ 's-0': 'not-started' });
    expect(events.find(({ type }) => type === 'server-finished')).toMatchObject({
      error: { message: 's-0 was not started: its maintenance window is too short for it.' },
    });
  });
});

describe('whatever the windows', () => {
  it('no hop begins outside one or too late in it, no limit is passed, and every server is done', async () => {
    const days = fc.option(
      fc.uniqueArray(fc.constantFrom('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'), { minLength: 1 }),
      { nil: undefined },
    );
    const window = fc.option(
      fc
        .record({
          start: fc.integer({ min: 0, max: 23 }),
          hours: fc.integer({ min: 1, max: 12 }),
          days,
          timeZone: fc.constantFrom('Europe/Tallinn', 'America/New_York', 'UTC'),
        })
        .map(({ start, hours, ...more }) => {
          const clock = (hour: number) => `${String(hour % 24).padStart(2, '0')}:00`;
          return { from: clock(start), to: clock(start + hours), ...more };
        }),
      { nil: undefined },
    );
    const server = fc.record({
      window,
      hops: fc.integer({ min: 1, max: 3 }),
      wave: fc.integer({ min: 0, max: 1 }),
    });
    const near = fc
      .tuple(
        fc.constantFrom('2026-03-29T01:00Z', '2026-10-25T01:00Z', '2026-03-08T07:00Z', '2026-11-01T06:00Z'),
        fc.integer({ min: -1500, max: 1500 }),
      )
      .map(([change, minutes]) => new Date(Date.parse(change) + minutes * minute).toISOString());
    await fc.assert(
      fc.asyncProperty(
        fc.array(server, { minLength: 1, maxLength: 5 }),
        near,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        async (all, start, width, takes, resumed) => {
          const fleet = fleetOf({ s: { servers: all.length } });
          const byId = new Map(servers(fleet).map((one) => [one.id, one]));
          all.forEach(({ window }, i) => ((byId.get(`s-${i}`) ?? fail()).window = window));
          const plan = planOf(
            all.map(({ hops, wave }, i) => planned(`s-${i}`, { path: Array<string>(hops).fill('2'), wave })),
            { s: width },
            { action: resumed ? 'rollback' : 'install' },
          );
          const { hops, most, outcomes } = await play(fleet, plan, start, { takes: takes * minute, resumed });
          expect(most).toBeLessThanOrEqual(width);
          expect(Object.values(outcomes)).toEqual(all.map(() => 'done'));
          expect(hops).toHaveLength(all.reduce((sum, one) => sum + one.hops, 0));
          for (const { server, at } of hops) {
            const own = byId.get(server)?.window;
            if (own === undefined) continue;
            const state = windowState(own, at);
            expect(state.open).toBe(true);
            if (state.open) expect(state.closes.getTime() - at.getTime()).toBeGreaterThanOrEqual(14 * minute);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

function fail(): never {
  throw new Error('no such server');
}
