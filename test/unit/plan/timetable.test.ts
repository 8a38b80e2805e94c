import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Timetable, type Scope } from '../../../src/updater/plan/timetable';

interface Asked {
  scopes: Scope[];
  at: number;
  ms: number;
}

const scope = fc.record({ name: fc.constantFrom('a', 'b', 'c'), most: fc.integer({ min: 1, max: 4 }) });
const asked: fc.Arbitrary<Asked> = fc.record({
  scopes: fc.uniqueArray(scope, { minLength: 1, maxLength: 3, selector: ({ name }) => name }),
  at: fc.integer({ min: 0, max: 30 }),
  ms: fc.integer({ min: 1, max: 12 }),
});

function placed(all: readonly Asked[]) {
  const timetable = new Timetable();
  const spans = all.map(({ scopes, at, ms }) => {
    const from = timetable.free(scopes, at, ms);
    const next = timetable.take(scopes, { from, to: from + ms });
    return { scopes, at, ms, from, to: from + ms, next };
  });
  return spans;
}

const inScope = (name: string) => (one: { scopes: Scope[] }) => one.scopes.some((its) => its.name === name);

describe('the timetable of servers that begin by themselves', () => {
  it('never has more of a scope down than whoever comes in allows', () => {
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 25 }), (all) => {
        const spans = placed(all);
        spans.forEach((one, index) => {
          expect(one.from).toBeGreaterThanOrEqual(one.at);
          for (const { name, most } of one.scopes) {
            const others = spans.slice(0, index).filter(inScope(name));
            for (let moment = one.from; moment < one.to; moment++) {
              const down = others.filter(({ from, to }) => from <= moment && moment < to);
              expect(down.length).toBeLessThan(most);
            }
          }
        });
      }),
    );
  });

  it('keeps that where servers are late by as much as the next one lets them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(30), ms: fc.integer({ min: 1, max: 12 }), late: fc.nat(20) }), {
          maxLength: 20,
        }),
        fc.integer({ min: 1, max: 3 }),
        (all, most) => {
          const scopes = [{ name: 'a', most }];
          const spans = placed(all.map((one) => ({ ...one, scopes })));
          const late = spans.map(({ from, ms, next }, index) => {
            const begins = Math.min(from + (all[index]?.late ?? 0), next() - ms);
            expect(begins).toBeGreaterThanOrEqual(from);
            return { from: begins, to: begins + ms };
          });
          for (const { from: moment } of late)
            expect(late.filter(({ from, to }) => from <= moment && moment < to).length).toBeLessThanOrEqual(
              most,
            );
        },
      ),
      {
        examples: [
          [
            [
              { at: 0, ms: 1, late: 16 },
              { at: 6, ms: 11, late: 0 },
              { at: 0, ms: 1, late: 16 },
              { at: 1, ms: 3, late: 13 },
            ],
            3,
          ],
        ],
      },
    );
  });

  it('lets nobody late run into those behind him where some of them bear fewer beside them', () => {
    const one = fc.record({ at: fc.nat(30), ms: fc.integer({ min: 1, max: 12 }), late: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(fc.tuple(one, fc.integer({ min: 1, max: 4 })), { maxLength: 20 }), (all) => {
        const spans = placed(all.map(([{ at, ms }, most]) => ({ at, ms, scopes: [{ name: 'a', most }] })));
        const limits = new Set(all.map(([, most]) => most));
        fc.pre(limits.size > 1 && all.length > Math.min(...limits));
        const late = spans.map(({ from, ms, next }, index) =>
          Math.max(from, Math.min(from + (all[index]?.[0].late ?? 0), next() - ms)),
        );
        spans.forEach((first, i) => {
          spans.forEach((second, j) => {
            if (first.to > second.from || first.from >= second.from) return;
            expect((late[i] ?? 0) + first.ms).toBeLessThanOrEqual(late[j] ?? 0);
          });
        });
      }),
    );
  });

  it('gives the first place that there is', () => {
    const timetable = new Timetable();
    const scopes = [{ name: 'a', most: 1 }];
    timetable.take(scopes, { from: 0, to: 10 });
    timetable.take(scopes, { from: 20, to: 30 });
    expect(timetable.free(scopes, 0, 10)).toBe(10);
    expect(timetable.free(scopes, 0, 11)).toBe(30);
    timetable.take(scopes, { from: 10, to: 20 });
    expect(timetable.free(scopes, 5, 1)).toBe(30);
    expect(timetable.free([{ name: 'a', most: 2 }], 5, 100)).toBe(5);
  });
});
