import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exceeds, sizeOf } from '../../../src/updater/fleet/share';
import { waveSizes } from '../../../src/updater/plan/plan';

describe('a failure budget', () => {
  it.each([
    // borne, of so many, the most failures that do not halt
    [0, 10, 0],
    [2, 10, 2],
    ['0%', 40, 0],
    ['10%', 40, 4],
    ['10%', 9, 0],
    ['10%', 10, 1],
    ['10%', 19, 1],
    ['10%', 20, 2],
    ['33%', 3, 0],
    ['34%', 3, 1],
    ['50%', 3, 1],
    ['67%', 3, 2],
    ['7%', 100, 7],
    ['29%', 100, 29],
    ['57%', 100, 57],
    ['99%', 1000, 990],
    ['100%', 7, 7],
  ])('of %s bears of %i servers exactly %i', (share, total, most) => {
    expect(exceeds(most, share, total)).toBe(false);
    expect(exceeds(most + 1, share, total)).toBe(true);
  });
});

describe('waves', () => {
  it.each([
    [0, [], 5, [5]],
    [1, [], 5, [1, 4]],
    [9, [], 5, [5]],
    [0, [1, '25%', '100%'], 40, [1, 10, 29]],
    [0, [1, '25%', '100%'], 3, [1, 1, 1]],
    [0, [1, '25%', '100%'], 1, [1]],
    [1, ['25%', '100%'], 8, [1, 2, 5]],
    [0, [2], 5, [2, 2, 1]],
    [0, ['10%'], 25, [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1]],
    [0, ['50%'], 3, [1, 1, 1]],
    [0, ['29%', '100%'], 100, [29, 71]],
    [0, ['1%'], 3, [1, 1, 1]],
    [0, [5, 5], 0, []],
  ] as const)('behind %i canaries, of sizes %j, of %i servers are %j', (canary, waves, total, sizes) => {
    expect(waveSizes({ canary, waves: [...waves] }, total)).toEqual(sizes);
  });

  it('hold every server once, and none takes more than its share but a single server', () => {
    const share = fc.oneof(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 100 }).map((percent) => `${percent}%`),
    );
    fc.assert(
      fc.property(fc.nat(9), fc.array(share, { maxLength: 5 }), fc.nat(300), (canary, waves, total) => {
        const sizes = waveSizes({ canary, waves }, total);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(total);
        expect(sizes.every((size) => size > 0)).toBe(true);
        const behind = canary > 0 ? sizes.slice(1) : sizes;
        if (waves.length > 0)
          for (const [i, size] of behind.entries())
            expect(size).toBeLessThanOrEqual(sizeOf(waves[Math.min(i, waves.length - 1)] ?? 0, total));
        for (const wave of waves)
          if (typeof wave === 'string')
            expect(sizeOf(wave, total) === 1 || !exceeds(sizeOf(wave, total), wave, total)).toBe(true);
      }),
    );
  });
});
