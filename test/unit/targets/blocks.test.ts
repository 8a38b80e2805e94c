import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockMiB, Front, mib, Runs, type Run } from '../../../src/updater/targets/blocks';

const block = blockMiB * mib;
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

function all(runs: Runs): Run[] {
  const list: Run[] = [];
  for (let run = runs.next(); run !== undefined; run = runs.next()) list.push(run);
  return list;
}

describe('Runs', () => {
  it('gives a single stream all that hangs together at once', () => {
    expect(all(new Runs([0, 1, 2, 5, 6, 9], 1))).toEqual([
      { first: 0, count: 3 },
      { first: 5, count: 2 },
      { first: 9, count: 1 },
    ]);
  });

  it('gives several streams shorter ones towards the end', () => {
    const counts = all(new Runs(numbers(128), 6)).map((run) => run.count);
    expect(counts[0]).toBe(22);
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
    expect(counts.slice(-6)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('hands out each missing block once, in order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(300)), fc.integer({ min: 1, max: 6 }), (blocks, streams) => {
        const missing = blocks.sort((a, b) => a - b);
        const given = all(new Runs(missing, streams)).flatMap(({ first, count }) =>
          numbers(count).map((n) => first + n),
        );
        expect(given).toEqual(missing);
      }),
    );
  });
});

describe('Front', () => {
  /** MiB told since the last call, one number a line. */
  const told = (front: Front): number[] =>
    String(front.counts.read() ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);

  it('tells what is complete from the front, many blocks at once', () => {
    const front = new Front(20, numbers(20));
    const run = { first: 0, count: 20 };
    front.reached(run, 8 * block - 1);
    expect(told(front)).toEqual([]);
    front.reached(run, 8 * block);
    expect(told(front)).toEqual([8 * blockMiB]);
    front.reached(run, 8 * block);
    front.finished(run);
    expect(told(front)).toEqual([12 * blockMiB]);
  });

  it('tells nothing behind a gap', () => {
    const front = new Front(20, numbers(20));
    front.finished({ first: 1, count: 19 });
    expect(told(front)).toEqual([]);
    front.finished({ first: 0, count: 1 });
    expect(told(front)).toEqual([20 * blockMiB]);
  });

  it('trusts in nothing while less than the margin has gone out', () => {
    const front = new Front(20, numbers(20));
    front.reached({ first: 0, count: 20 }, -16 * mib);
    front.end();
    expect(told(front)).toEqual([]);
  });

  it('tells the rest when it ends, once', () => {
    const front = new Front(3, []);
    expect(told(front)).toEqual([]);
    front.end();
    front.end();
    expect(told(front)).toEqual([3 * blockMiB]);
    expect(front.counts.writableEnded).toBe(true);
  });
});
