import { describe, expect, it } from 'vitest';
import { servers, type Fleet } from '../../../src/updater/fleet/model';
import { parseFleet } from '../../../src/updater/fleet/read';
import type { Plan, PlanServer } from '../../../src/updater/plan/plan';
import { makePlan } from '../../../src/updater/plan/planner';
import type { Facts } from '../../../src/updater/targets/facts';
import { factsOf } from '../samples';

const core = 'com.banalytics.box:core';
const minute = 60_000;
const facts = factsOf({
  ...{ modules: { [core]: '1.0.0' }, firstRun: false },
  ...{ tools: ['systemd'], user: { name: 'root', root: true } },
});
const night = { from: '22:00', to: '04:00', timeZone: 'Europe/Tallinn' };
/** 18:00 in Tallinn. */
const evening = '2026-11-28T16:00:00Z';

type Fields = Record<string, unknown>;
interface Given {
  fleet?: Fields;
  system?: Fields;
  /** Id → fields. */
  boxes: Record<string, Fields>;
}

function fleetOf({ fleet: more, system, boxes }: Given): Fleet {
  const each = Object.entries(boxes).map(([id, fields], index) => [
    id,
    { host: `192.0.2.${index % 250}`, port: 1000 + index, environment: id, outOfBand: 'KVM', ...fields },
  ]);
  const text = JSON.stringify({
    ...more,
    systems: {
      boxes: {
        product: 'banalytics',
        modules: { [core]: '2.0.0' },
        repository: 'https://repo.example/maven',
        ...system,
        servers: Object.fromEntries(each) as Fields,
      },
    },
  });
  const { fleet, problems } = parseFleet(text, '/site/fleet.jsonc');
  if (fleet === undefined) throw new Error(JSON.stringify(problems));
  return fleet;
}

function arm(given: Given, at: string | null = null, now = evening, over: Partial<Facts> = {}) {
  const fleet = fleetOf(given);
  const all = servers(fleet);
  const plan = makePlan({
    ...{ fleet, servers: all, action: 'install', to: null, now: new Date(now) },
    answered: new Map(all.map(({ id }) => [id, { facts: { ...facts, ...over } }])),
    supply: { packages: [], silent: new Map() },
    arming: { at: at === null ? null : new Date(at) },
  });
  return { plan, fleet };
}

const one = (plan: Plan, id: string): PlanServer => {
  const found = plan.servers.find((server) => server.id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
};
const starts = (plan: Plan) => Object.fromEntries(plan.servers.map(({ id, startsAt }) => [id, startsAt]));
const rule = (server: PlanServer, id: string) => server.reasons.find((reason) => reason.rule === id);
const ms = (text = '') => Date.parse(text);

describe('an armed install', () => {
  it('begins as the window opens, by absolute time', () => {
    const { plan } = arm({ system: { window: night }, boxes: { a: {} } });
    expect(plan.armed).toBe(true);
    expect(starts(plan)).toEqual({ a: '2026-11-28T20:00:00.000Z' });
    expect(rule(one(plan, 'a'), 'arm.alone')).toMatchObject({ severity: 'warn' });
    expect(rule(one(plan, 'a'), 'arm.alone')?.message).toContain('2026-11-28 22:00 (Europe/Tallinn)');
  });

  it('begins at a time that is named, and where that lies outside the window when the window lets it', () => {
    const boxes = { a: {} };
    expect(starts(arm({ boxes }, '2026-11-29T03:30:00Z').plan)).toEqual({ a: '2026-11-29T03:30:00.000Z' });
    const given = { system: { window: night }, boxes };
    expect(starts(arm(given, '2026-11-28T21:15:00Z').plan)).toEqual({ a: '2026-11-28T21:15:00.000Z' });
    expect(starts(arm(given, '2026-11-28T18:00:00Z').plan)).toEqual({ a: '2026-11-28T20:00:00.000Z' });
    // 03:50 there: ten minutes before it closes.
    expect(starts(arm(given, '2026-11-29T01:58:00Z').plan)).toEqual({ a: '2026-11-29T20:00:00.000Z' });
  });

  it('stays on the same instant over a change of daylight saving', () => {
    // 2026-10-25 04:00 in Tallinn the clock goes back to 03:00.
    const window = { from: '03:30', to: '06:00', timeZone: 'Europe/Tallinn' };
    const { plan } = arm({ system: { window }, boxes: { a: {} } }, null, '2026-10-24T12:00:00Z');
    const [start] = Object.values(starts(plan));
    expect(['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z']).toContain(start);
  });

  it.each([
    { what: 'a system', system: { maxParallel: 2 }, fleet: {}, most: 2 },
    { what: 'a site', system: { maxParallel: 9 }, fleet: { maxParallelPerSite: 1 }, most: 1 },
    { what: 'the fleet', system: { maxParallel: 9 }, fleet: { maxParallel: 3 }, most: 3 },
  ])('keeps the limit of $what by times one behind the other', ({ system, fleet, most }) => {
    const boxes = Object.fromEntries(Array.from({ length: 7 }, (_, n) => [`s-${n}`, { site: 'pier' }]));
    const { plan } = arm({ fleet, system, boxes });
    const begin = plan.servers.map(({ startsAt }) => ms(startsAt));
    const spans = plan.servers.map(({ startsAt, expected }) => {
      const from = ms(startsAt);
      return { from, to: from + (expected?.seconds ?? 0) * 1000 };
    });
    for (const at of begin)
      expect(spans.filter(({ from, to }) => from <= at && at < to).length).toBeLessThanOrEqual(most);
    // And no slower than that.
    expect(new Set(begin).size).toBe(Math.ceil(7 / most));
  });

  it('never has failover partners down together', () => {
    const { plan } = arm({
      system: { maxParallel: 9 },
      boxes: { a: { failoverGroup: 'g' }, b: { failoverGroup: 'g' }, c: {} },
    });
    const { a, b, c } = starts(plan);
    expect(c).toBe(a);
    expect(ms(b) - ms(a)).toBeGreaterThanOrEqual((one(plan, 'a').expected?.seconds ?? 0) * 1000);
  });

  it('is confirmed where a canary, waves or a soak time would have held others back', () => {
    for (const system of [{ canary: 1 }, { waves: [1, '50%'] }, { canary: 1, soakMinutes: 10 }]) {
      const { plan } = arm({ system, boxes: { a: {}, b: {} } });
      expect(one(plan, 'b').verdict).toBe('confirm');
      expect(rule(one(plan, 'b'), 'arm.alone')?.message).toContain('no canary');
    }
  });

  it('is confirmed where a failed update would be rolled back: that takes somebody who follows it', () => {
    const { plan } = arm({ system: { onFailure: 'roll-back' }, boxes: { a: {} } });
    expect(one(plan, 'a').verdict).toBe('confirm');
    expect(rule(one(plan, 'a'), 'arm.alone')?.message).toMatch(
      /whether or not .*rolled back when .* only inside/,
    );
  });

  it('says why a server cannot be armed, and takes its steps away', () => {
    const short = { from: '22:00', to: '22:01' };
    const { plan } = arm({ boxes: { a: { window: short }, b: {} } });
    expect(one(plan, 'a')).toMatchObject({ verdict: 'blocked', steps: [] });
    expect(one(plan, 'a').startsAt).toBeUndefined();
    expect(rule(one(plan, 'a'), 'arm.never-fits')?.severity).toBe('block');
    expect(one(plan, 'b').verdict).toBe('ready');
  });

  it('gives no time to a server on which there is nothing to do', () => {
    const { plan } = arm({ boxes: { a: {} } }, null, evening, {
      modules: { [core]: '2.0.0' },
      installed: { version: '2.0.0' },
    });
    expect(one(plan, 'a')).toMatchObject({ verdict: 'skip' });
    expect(one(plan, 'a').startsAt).toBeUndefined();
  });

  it('says of a server that is armed already by whom and for when', () => {
    const job = {
      ...{ id: 'x-1', action: 'install' as const, state: 'running' as const, to: '2.0.0' },
      ...{ by: 'anna@desk', since: 1, step: 'wait', message: null, startsAt: '2026-11-28T20:00:00.000Z' },
    };
    const { plan } = arm({ system: { window: night }, boxes: { a: {} } }, null, evening, { job });
    expect(one(plan, 'a').verdict).toBe('skip');
    const said = one(plan, 'a')
      .reasons.map(({ message }) => message)
      .join(' ');
    expect(said).toContain('anna@desk');
    expect(said).toContain('sat 2026-11-28 22:00 (Europe/Tallinn)');
  });

  it('may be late a while, unless its window or the next one in its turn is in the way', () => {
    const late = (given: Given, id = 'a', at: string | null = null): number => {
      const { startsAt, startsBy } = one(arm(given, at).plan, id);
      return (ms(startsBy) - ms(startsAt)) / minute;
    };
    expect(late({ system: { window: night }, boxes: { a: {} } })).toBe(15);
    expect(late({ boxes: { a: {} } })).toBe(15);
    // 03:35 there, and it takes up to twenty minutes.
    const close = late({ system: { window: night }, boxes: { a: {} } }, 'a', '2026-11-29T01:35:00Z');
    expect(close).toBeLessThan(15);
    const partners = { a: { failoverGroup: 'g' }, b: { failoverGroup: 'g' } };
    const given = { system: { maxParallel: 9 }, boxes: partners };
    expect(late(given, 'b')).toBe(15);
    const { plan } = arm(given);
    const down = (one(plan, 'a').expected?.seconds ?? 0) * 1000;
    expect(ms(one(plan, 'a').startsBy) + down).toBeLessThanOrEqual(ms(one(plan, 'b').startsAt));
    expect(late(given)).toBeGreaterThanOrEqual(2);
  });

  it('begins within a week of its first chance, or is not armed', () => {
    const boxes = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`s-${n}`, {}]));
    const short = { from: '01:00', to: '01:40' };
    const { plan } = arm({ system: { maxParallel: 1, window: short }, boxes });
    const armed = plan.servers.filter(({ startsAt }) => startsAt !== undefined);
    expect(armed.length).toBeGreaterThanOrEqual(7);
    expect(armed.length).toBeLessThan(40);
    const times = armed.map(({ startsAt }) => ms(startsAt));
    expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(7 * 24 * 60 * minute);
    const [left] = plan.servers.filter(({ startsAt }) => startsAt === undefined);
    expect(left && rule(left, 'arm.never-fits')?.message).toContain('within a week');
  });

  it('does not wait behind a server whose own window opens later', () => {
    const weekend = { from: '22:00', to: '04:00', days: ['sun'] };
    const { plan } = arm({ fleet: { maxParallel: 1 }, boxes: { a: { window: weekend }, b: {} } });
    expect(ms(one(plan, 'a').startsAt)).toBeGreaterThan(ms(evening) + 24 * 60 * minute);
    expect(one(plan, 'b').startsAt).toBe(new Date(evening).toISOString());
  });

  it('is not armed where nothing would go on behind a restart', () => {
    const { plan } = arm({ boxes: { a: {} } }, null, evening, { tools: [] });
    expect(rule(one(plan, 'a'), 'arm.no-boot')?.severity).toBe('block');
    expect(one(plan, 'a').startsAt).toBeUndefined();
  });

  it('finds the times of 5,000 servers at once', () => {
    const boxes = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, n) => [
        `s-${n}`,
        { site: `site-${n % 50}`, ...(n % 10 < 2 && { failoverGroup: `g-${Math.floor(n / 10)}` }) },
      ]),
    );
    const fleet = { maxParallel: 60, maxParallelPerSite: 3 };
    const { plan } = arm({ fleet, system: { maxParallel: 60, window: night }, boxes });
    expect(
      plan.servers.every((server) => server.startsAt !== undefined || rule(server, 'arm.never-fits')),
    ).toBe(true);
  }, 60_000);
});
