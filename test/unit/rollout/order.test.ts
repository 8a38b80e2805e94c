import { describe, expect, it } from 'vitest';
import { FleetError } from '../../../src/updater/errors';
import { fleetOf, planned, planOf } from './fixtures';
import { done, failed, moments, play, withServers, type Script } from './stage';

const all = (system: string, count: number, wave: (index: number) => number = () => 0) =>
  Array.from({ length: count }, (_, i) => planned(`${system}-${i}`, { wave: wave(i) }));
const away = new FleetError('host.timeout', 'No answer.');

describe('limits over systems', () => {
  it('hold at one site, and say so', async () => {
    const fleet = withServers(fleetOf({ a: { servers: 3 }, b: { servers: 2 } }), {
      'a-0': { site: 'pier' },
      'a-1': { site: 'pier' },
      'b-0': { site: 'pier' },
    });
    fleet.maxParallelPerSite = 1;
    const { begun, told } = await play(fleet, planOf([...all('a', 3), ...all('b', 2)], { a: 5, b: 5 }));
    expect(begun.sort()).toEqual(['a-0@0', 'a-1@10', 'a-2@0', 'b-0@20', 'b-1@0']);
    expect(told('b-0')).toEqual(['behind a-0, a-1; 1 at a time at site pier']);
  });

  it('hold in the whole fleet, but not for downloads', async () => {
    const fleet = fleetOf({ a: { servers: 3 }, b: { servers: 3 } });
    fleet.maxParallel = 2;
    fleet.maxParallelPerSite = 1;
    const servers = [...all('a', 3), ...all('b', 3)];
    const { begun, told, minutes } = await play(fleet, planOf(servers, { a: 3, b: 3 }));
    expect(begun).toEqual(['a-0@0', 'a-1@0', 'a-2@10', 'b-0@10', 'b-1@20', 'b-2@20']);
    expect(told('b-2')).toEqual(['behind 5 servers; 2 at a time in the fleet']);
    expect(minutes).toBe(30);
    const loads = await play(fleet, planOf(servers, { a: 3, b: 3 }, { action: 'download' }));
    expect(loads.minutes).toBe(10);
  });
});

describe('servers that stand in for each other', () => {
  const pair = () =>
    withServers(fleetOf({ a: { servers: 2 }, b: { servers: 1 } }), {
      'a-0': { failoverGroup: 'pier' },
      'b-0': { failoverGroup: 'pier' },
    });
  const plan = planOf([...all('a', 2), ...all('b', 1)], { a: 2, b: 1 });

  it('are never down together, across systems, and each looks at the other before it goes down', async () => {
    const { begun, told, happened } = await play(pair(), plan);
    expect(begun.map((one) => one.split('@')[0])).toEqual(['a-1', 'a-0', 'b-0']);
    expect(told('b-0')).toEqual(['behind a-0; 1 at a time in failover group pier']);
    expect(told('a-1')).toEqual([]);
    const [first, second] = ['a-0', 'b-0'].map((id) => happened.filter(({ server }) => server === id));
    expect(first?.map(({ what }) => what)).toEqual(['begin', 'end', 'look']);
    expect(second?.map(({ what }) => what)).toEqual(['look', 'begin', 'end']);
    expect(second?.[1]?.at).toBeGreaterThanOrEqual(first?.[1]?.at ?? Infinity);
  });

  it('do not go down while the other is away, whether or not it is part of the rollout', async () => {
    const alone = planOf(all('b', 1), { b: 1 });
    const { begun, outcomes, ended } = await play(pair(), alone, {
      look: (server) => (server === 'a-0' ? away : null),
    });
    expect(begun).toEqual([]);
    expect(outcomes).toEqual({ 'b-0': 'not-started' });
    expect(ended.outcome).toBe('failed');
  });

  it('are armed together: one that waits for its time because of this rollout is not away', async () => {
    const work: Script['work'] = ({ mayBegin }) => (mayBegin(1) ? done : 'waits');
    const looks = async (armed: boolean): Promise<(string | undefined)[]> => {
      const seen: (string | undefined)[] = [];
      const look: Script['look'] = (_, __, arming) => {
        seen.push(arming);
        return null;
      };
      const { outcomes } = await play(pair(), { ...plan, ...(armed && { armed }) }, { work, look });
      expect(outcomes).toEqual({ 'a-0': 'done', 'a-1': 'done', 'b-0': 'done' });
      return seen;
    };
    expect(await looks(true)).toEqual(['r', 'r']);
    expect(await looks(false)).toEqual([undefined, undefined]);
  });

  it('are looked at before each version on the way', async () => {
    const hops = planOf([planned('b-0', { path: ['2', '3'] })], { b: 1 });
    let left = 2;
    const { happened, outcomes } = await play(pair(), hops, {
      work: ({ mayBegin }) => {
        while (left > 0) {
          if (!mayBegin(left)) return 'waits';
          left--;
        }
        return done;
      },
    });
    expect(happened.map(({ server, what }) => `${server} ${what}`)).toEqual([
      'a-0 look',
      'b-0 begin',
      'b-0 end',
      'a-0 look',
      'b-0 begin',
      'b-0 end',
    ]);
    expect(outcomes).toEqual({ 'b-0': 'done' });
  });
});

describe('a budget by percent', () => {
  it.each([
    { failures: 2, begun: 20 },
    { failures: 3, begun: 3 },
  ])('of 10 % of 20 servers: $failures failures, $begun begun', async ({ failures, begun }) => {
    const fleet = fleetOf({ s: { servers: 20, maxFailures: '10%' } });
    const bad = new Set(Array.from({ length: failures }, (_, i) => `s-${i}`));
    const result = await play(fleet, planOf(all('s', 20), { s: 1 }), {
      work: ({ server }) => (bad.has(server.id) ? failed(server.id) : done),
    });
    expect(result.begun).toHaveLength(begun);
    expect(result.ended.failures).toHaveLength(failures);
  });

  it('counts those that were done before it was interrupted', async () => {
    const fleet = fleetOf({ s: { servers: 10, maxFailures: '10%' } });
    const before = {
      done: Array.from({ length: 5 }, (_, i) => ({ planned: planned(`s-${i}`), at: 0 })),
      atWork: new Set<string>(),
      failing: new Map(),
    };
    const left = planOf(all('s', 10).slice(5), { s: 1 });
    const { begun } = await play(fleet, left, {
      resumed: true,
      before,
      work: ({ server }) => (server.id === 's-5' ? failed('s-5') : done),
    });
    expect(begun).toHaveLength(5);
  });
});

describe('the soak', () => {
  const plan = planOf(
    all('s', 4, (i) => (i < 2 ? 0 : i - 1)),
    { s: 2 },
  );

  it('holds the second wave until the canaries were looked at again, and no later one', async () => {
    const fleet = fleetOf({ s: { servers: 4, soakMinutes: 30 } });
    const { begun, told, happened } = await play(fleet, plan, { start: '2026-11-21T08:00:00Z' });
    expect(begun.map((one) => one.replace(/\.\d+$/, ''))).toEqual(['s-0@0', 's-1@0', 's-2@40', 's-3@50']);
    expect(told('s-2')[1]).toMatch(/^until \w+ \d\d:\d\d, while wave 0 soaks: s-0, s-1$/);
    expect(told('s-3')).toEqual(['after wave 1: s-0, s-1, s-2']);
    const looks = happened.filter(({ what }) => what === 'look');
    expect(Math.floor(looks.at(-1)?.at ?? 0)).toBe(40);
    expect(looks.filter(({ server }) => server === 's-0')).toHaveLength(30);
  });

  it('holds it although something else happens while the end of a canary is being journalled', async () => {
    const fleet = fleetOf({ s: { servers: 4, soakMinutes: 30 }, t: { servers: 3 } });
    const others = planOf([...plan.servers, ...all('t', 3)], { s: 2, t: 1 });
    const { begun } = await play(fleet, others, {
      journalTakes: 40,
      work: async ({ server }) => {
        // t-0 has been journalled while these are being.
        if (server.system === 's') await moments(25);
        return done;
      },
    });
    expect(begun.filter((one) => /^s-[23]/.test(one)).map((one) => one.replace(/\.\d+$/, ''))).toEqual([
      's-2@40',
      's-3@50',
    ]);
  });

  it('counts a canary that drops out as a failure, which halts', async () => {
    const fleet = fleetOf({ s: { servers: 4, soakMinutes: 30 } });
    const { begun, outcomes, ended, events } = await play(fleet, plan, {
      look: (server, minutes) => (server === 's-1' && minutes > 25 ? away : null),
    });
    expect(begun).toHaveLength(2);
    expect(outcomes).toEqual({ 's-0': 'done', 's-1': 'failed', 's-2': 'not-started', 's-3': 'not-started' });
    expect(ended.failures).toMatchObject([
      {
        server: 's-1',
        error: {
          code: 'host.timeout',
          step: 'watch',
          message: 's-1 dropped out after its install: No answer.',
        },
      },
    ]);
    expect(events.filter((event) => event.type === 'server-finished' && event.server === 's-1')).toHaveLength(
      2,
    );
  });

  it('that was interrupted is soaked to its end', async () => {
    const fleet = fleetOf({ s: { servers: 4, soakMinutes: 30 } });
    const start = '2026-11-21T08:00:00Z';
    const done = ['s-0', 's-1'].map((id) => ({
      planned: planned(id),
      at: Date.parse(start) - 10 * 60_000,
    }));
    const left = planOf(plan.servers.slice(2), { s: 2 });
    const { begun } = await play(fleet, left, {
      start,
      resumed: true,
      before: { done, atWork: new Set<string>(), failing: new Map() },
    });
    expect(begun.map((one) => one.replace(/\.\d+$/, ''))).toEqual(['s-2@20', 's-3@30']);
    const later = [...done, { planned: planned('s-2', { wave: 1 }), at: Date.parse(start) }];
    const rest = planOf(plan.servers.slice(3), { s: 2 });
    const on = await play(fleet, rest, {
      start,
      resumed: true,
      before: { done: later, atWork: new Set<string>(), failing: new Map() },
    });
    expect(on.begun).toEqual(['s-3@0']);
  });

  it('ends at once when the rollout is cancelled', async () => {
    const fleet = fleetOf({ s: { servers: 4, soakMinutes: 30 } });
    const cancel = new AbortController();
    const { outcomes, minutes } = await play(fleet, plan, { cancel, at: [[15, () => cancel.abort()]] });
    expect(outcomes).toEqual({ 's-0': 'done', 's-1': 'done', 's-2': 'cancelled', 's-3': 'cancelled' });
    expect(minutes).toBeLessThan(17);
  });
});

describe('the watch', () => {
  it('keeps the rollout open, and counts those that drop out', async () => {
    const fleet = fleetOf({ s: { servers: 2, watchMinutes: 20 } });
    const { outcomes, ended, minutes } = await play(fleet, planOf(all('s', 2), { s: 1 }), {
      look: (server, now) => (server === 's-0' && now > 25 ? away : null),
    });
    expect(outcomes).toEqual({ 's-0': 'failed', 's-1': 'done' });
    expect(ended.outcome).toBe('failed');
    expect(Math.floor(minutes)).toBe(40);
  });

  it('halts the others while they are still being done', async () => {
    const fleet = fleetOf({ s: { servers: 4, watchMinutes: 20 } });
    const { outcomes } = await play(fleet, planOf(all('s', 4), { s: 1 }), {
      look: (server, now) => (server === 's-0' && now > 15 ? away : null),
    });
    expect(outcomes).toEqual({ 's-0': 'failed', 's-1': 'done', 's-2': 'not-started', 's-3': 'not-started' });
  });

  it('leaves a server alone on which somebody else has begun to work', async () => {
    const fleet = fleetOf({ s: { servers: 1, watchMinutes: 20 } });
    const { outcomes, minutes } = await play(fleet, planOf(all('s', 1), { s: 1 }), {
      look: () => new FleetError('job.busy', 'A colleague works there.'),
    });
    expect(outcomes).toEqual({ 's-0': 'done' });
    expect(minutes).toBeLessThan(13);
  });

  it('is none for a download', async () => {
    const fleet = fleetOf({ s: { servers: 2, watchMinutes: 20, soakMinutes: 20 } });
    const { minutes } = await play(
      fleet,
      planOf(
        all('s', 2, (i) => i),
        { s: 1 },
        { action: 'download' },
      ),
    );
    expect(minutes).toBe(20);
  });
});
