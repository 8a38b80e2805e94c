import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { servers } from '../../../src/updater/fleet/model';
import { decide, type Limit, type Order } from '../../../src/updater/rollout/queue';
import type { Standing } from '../../../src/updater/rollout/standing';
import { fleetOf, planned } from './fixtures';

/** A line of so many servers of one system, in waves as given. */
function lineOf(count: number, wave: (index: number) => number = () => 0): Standing[] {
  return servers(fleetOf({ s: { servers: count } })).map((server, i) => ({
    server,
    planned: planned(server.id, { wave: wave(i) }),
    begun: false,
    lane: null,
    hops: 1,
    ahead: false,
    inWork: false,
    jobs: { laid: 0 },
    unseen: false,
    undo: null,
    told: undefined,
  }));
}

const order = (over: Partial<Order> = {}): Order => ({
  mayWatch: true,
  stopped: () => undefined,
  gate: () => undefined,
  paused: undefined,
  opens: () => undefined,
  waitsFor: () => 'for its window',
  lane: () => 'change',
  limits: () => [],
  ...over,
});
const ids = (list: { standing: Standing }[]): string[] => list.map(({ standing }) => standing.server.id);
const index = ({ server }: Standing): number => Number(server.id.slice(2));

describe('the queue', () => {
  it('never has more at work than any of them bears, leaves no one out, and keeps the order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 12 }),
        fc.infiniteStream(fc.nat()),
        (limits, pick) => {
          let line = lineOf(limits.length);
          const limit = (standing: Standing): number => limits[index(standing)] ?? 1;
          const asked = order({ limits: (one) => [{ scope: 's', most: limit(one), where: '' }] });
          const begun: string[] = [];
          while (line.length > 0) {
            const { begin, wait } = decide(line, asked);
            for (const { standing, lane } of begin) standing.lane = lane;
            begun.push(...ids(begin));
            const atWork = line.filter(({ lane }) => lane !== null);
            expect(atWork.length).toBeGreaterThan(0);
            expect(atWork.length).toBeLessThanOrEqual(Math.min(...atWork.map(limit)));
            expect(wait).toHaveLength(line.length - atWork.length);
            const done = atWork[(pick.next().value ?? 0) % atWork.length];
            line = line.filter((one) => one !== done);
          }
          expect(begun).toEqual(limits.map((_, i) => `s-${i}`));
        },
      ),
    );
  });

  it.each<[number[], number]>([
    [[], 0],
    [[1, 1], 1],
    [[3, 3, 3, 3], 3],
    [[3, 1, 3], 1],
    [[1, 3, 3], 1],
    [[3, 2, 3], 2],
    [[0], 1],
  ])('of limits %j begins %i at once', (limits, count) => {
    const asked = order({ limits: (one) => [{ scope: 's', most: limits[index(one)] ?? 1, where: '' }] });
    expect(decide(lineOf(limits.length), asked).begin).toHaveLength(count);
  });

  it('says behind what each waits, and the same only once', () => {
    const line = lineOf(7, (i) => (i < 5 ? 0 : 2));
    const limit: Limit = { scope: 'site:pier', most: 2, where: 'at site pier' };
    const { begin, wait } = decide(line, order({ limits: () => [limit] }));
    expect(ids(begin)).toEqual(['s-0', 's-1']);
    expect(wait.map(({ standing, hold }) => `${standing.server.id} ${hold.say()}`)).toEqual([
      's-2 behind s-0, s-1; 2 at a time at site pier',
      's-3 behind s-0, s-1, s-2; 2 at a time at site pier',
      's-4 behind 4 servers; 2 at a time at site pier',
      's-5 after wave 0: 5 servers',
      's-6 after wave 0: 5 servers',
    ]);
    expect(new Set(wait.map(({ hold }) => hold.key))).toEqual(new Set(['site:pier', 'wave:0']));
  });

  it('lets others pass one that waits for a scope of its own', () => {
    const line = lineOf(4);
    for (const standing of line.slice(0, 1)) standing.lane = 'change';
    const pair: Limit = { scope: 'group:a', most: 1, where: '' };
    const all: Limit = { scope: 'fleet', most: 3, where: '' };
    const { begin, wait } = decide(line, order({ limits: (one) => (index(one) < 2 ? [pair, all] : [all]) }));
    expect(ids(begin)).toEqual(['s-2', 's-3']);
    expect(ids(wait)).toEqual(['s-1']);
  });

  it('passes nobody by for ever: who waits for a scope goes before those that come later', () => {
    const line = lineOf(4);
    for (const standing of line.slice(0, 2)) standing.lane = 'change';
    // s-2 bears one beside itself; s-3 would fit, and would keep s-2 waiting.
    const most = (one: Standing): number => (index(one) === 2 ? 2 : 3);
    const { begin, wait } = decide(
      line,
      order({ limits: (one) => [{ scope: 's', most: most(one), where: '' }] }),
    );
    expect(ids(begin)).toEqual([]);
    expect(ids(wait)).toEqual(['s-2', 's-3']);
  });

  it('begins those that were left at work before all others, whatever holds these', () => {
    const line = lineOf(4, (i) => i);
    for (const standing of line.slice(2)) standing.inWork = true;
    const asked = order({
      limits: () => [{ scope: 's', most: 2, where: '' }],
      opens: () => new Date(1000),
      paused: { key: 'paused', say: () => 'paused' },
    });
    expect(ids(decide(line, asked).begin)).toEqual(['s-2', 's-3']);
    expect(ids(decide(line, { ...asked, opens: () => undefined }).wait)).toEqual(['s-0', 's-1']);
    expect(decide(line, { ...asked, mayWatch: false, stopped: () => 'cancelled' }).never).toHaveLength(4);
  });

  it('knows those that are not begun any more, and the next moment of those that wait for one', () => {
    const [late, soon] = [new Date(2000), new Date(1000)];
    const opens = [late, soon, null, undefined];
    const { begin, wait, never, next } = decide(lineOf(4), order({ opens: (one) => opens[index(one)] }));
    expect([ids(begin), ids(wait), ids(never)]).toEqual([['s-3'], ['s-0', 's-1'], ['s-2']]);
    expect(next).toBe(soon);
    expect(decide(lineOf(2), order({ stopped: () => 'halted' })).never).toHaveLength(2);
  });
});
