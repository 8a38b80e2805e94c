import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginAtOnce, Places } from '../../../src/updater/rollout/places';

describe('Places', () => {
  it('never has more at work than any of them bears, leaves no one out, and keeps the order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 12 }), async (limits) => {
        const places = new Places();
        const atWork: number[] = [];
        const begun: number[] = [];
        let most = 0;
        await Promise.all(
          limits.map((limit, index) =>
            places.take(limit, async () => {
              begun.push(index);
              atWork.push(limit);
              most = Math.max(most, atWork.length);
              expect(atWork.length).toBeLessThanOrEqual(Math.min(...atWork));
              await new Promise((done) => setImmediate(done));
              atWork.splice(atWork.indexOf(limit), 1);
            }),
          ),
        );
        expect(begun).toEqual(limits.map((_, index) => index));
        expect(most).toBeGreaterThanOrEqual(beginAtOnce(limits));
      }),
    );
  });

  it('gives its place back when the work fails', async () => {
    const places = new Places();
    await expect(places.take(1, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await places.take(1, () => Promise.resolve('next'))).toBe('next');
  });
});

describe('beginAtOnce', () => {
  it.each<[number[], number]>([
    [[], 0],
    [[1, 1], 1],
    [[3, 3, 3, 3], 3],
    [[3, 1, 3], 1],
    [[1, 3, 3], 1],
    [[3, 2, 3], 2],
    [[0], 1],
  ])('%j: %i', (limits, count) => {
    expect(beginAtOnce(limits)).toBe(count);
  });
});
