import { describe, expect, it } from 'vitest';
import { servers } from '../../../src/updater/fleet/model';
import { Experience, expectedText, spanText, type Sample } from '../../../src/updater/plan/expected';
import { fleetOf } from '../rollout/fixtures';

const fleet = fleetOf({ pier: { servers: 2 }, hall: { servers: 1, returnMinutes: 10 } });
const [first, second, other] = servers(fleet);
if (first === undefined || second === undefined || other === undefined) throw new Error('no servers');
const file = fleet.file;

const sample = (over: Partial<Sample>): Sample => ({
  ...{ fleet: file, server: 'pier-0', system: 'pier', product: 'banalytics', action: 'install' },
  ...{ seconds: 100, downtimeSeconds: 40, ...over },
});
const expects = (samples: Sample[], server = first, hops = 1, action: Sample['action'] = 'install') =>
  new Experience(file, samples).expect(server, action, hops);

describe('what is expected of a server', () => {
  it('rests on itself, else on its system, else on its product, else on nothing', () => {
    const one = [sample({})];
    expect(expects(one)).toMatchObject({ seconds: 100, downtimeSeconds: 40, basis: 'server', samples: 1 });
    expect(expects(one, second)).toMatchObject({ seconds: 100, basis: 'system' });
    expect(expects(one, other)).toMatchObject({ seconds: 100, basis: 'product' });
    expect(expects(one, first, 1, 'rollback')).toEqual({
      ...{ seconds: 900, downtimeSeconds: null, windowSeconds: 900, basis: 'none', samples: 0 },
    });
    expect(expects([], other, 2)).toMatchObject({ seconds: 1200, windowSeconds: 1200 });
    expect(expects([], first, 0, 'restart')?.seconds).toBe(900);
  });

  it('takes servers of another file for strangers, whatever their names', () => {
    const elsewhere = [sample({ fleet: '/other.jsonc' })];
    expect(expects(elsewhere)?.basis).toBe('product');
    expect(expects([sample({ fleet: '/other.jsonc', product: undefined })])?.basis).toBe('none');
  });

  it('is the median of the ten newest, for each version on the way', () => {
    const took = [10, 500, 20, 30, 40, 20, 30, 20, 30, 30, 9000, 9000, 9000];
    const all = took.map((seconds) => sample({ seconds, downtimeSeconds: null }));
    expect(expects(all)).toMatchObject({ seconds: 30, downtimeSeconds: null, samples: 10 });
    expect(expects(all, first, 3)?.seconds).toBe(90);
  });

  it.each([
    ['half as much again', [1000], 1500],
    ['two minutes at least', [30], 150],
    ['what four of five took', [100, 100, 100, 900, 1000], 900],
    ['not what one of many took', [100, 100, 100, 100, 1000], 220],
  ])('leaves %s in a window', (_, took, left) => {
    expect(expects(took.map((seconds) => sample({ seconds })))?.windowSeconds).toBe(left);
    expect(
      expects(
        took.map((seconds) => sample({ seconds })),
        first,
        2,
      )?.windowSeconds,
    ).toBe(2 * left);
  });

  it('is nothing for a download that nobody has seen yet', () => {
    expect(expects([], first, 1, 'download')).toBeUndefined();
    expect(expects([sample({ action: 'download' })], first, 1, 'download')?.seconds).toBe(100);
  });
});

describe('in words', () => {
  const base = { seconds: 370, downtimeSeconds: 130, windowSeconds: 555, samples: 3 };
  it.each([
    [
      { ...base, basis: 'server' },
      'about 6 min, 2 min of it without recording (as on this server 3 times before)',
    ],
    [
      { ...base, downtimeSeconds: 370, samples: 1, basis: 'system' },
      'about 6 min, without recording (as in its system once before)',
    ],
    [
      { ...base, downtimeSeconds: null, basis: 'product' },
      'about 6 min (as with the same product elsewhere 3 times before)',
    ],
    [
      { ...base, seconds: 900, downtimeSeconds: null, basis: 'none' },
      'about 15 min (assumed: no earlier rollout from this computer tells)',
    ],
  ] as const)('%#', (expected, text) => {
    expect(expectedText(expected)).toBe(text);
  });

  it('spans are short', () => {
    expect([0.4, 89, 91, 3599, 3600, 4200].map(spanText)).toEqual([
      ...['0 s', '89 s', '2 min', '1 h', '1 h', '1 h 10 min'],
    ]);
  });
});
