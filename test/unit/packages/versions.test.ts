import fc from 'fast-check';
import { safeParse } from 'valibot';
import { describe, expect, test } from 'vitest';
import { version as fleetVersion } from '../../../src/updater/fleet/values';
import {
  compareVersions,
  isVersion,
  parseVersion,
  releaseLine,
} from '../../../src/updater/packages/versions';

describe('versions', () => {
  test.each([
    ['1.4.2', '1.4.10', -1],
    ['4.3', '4.3.0', 0],
    ['4.3.18.2', '4.3.18', 1],
    ['4.3.18.2', '4.3.18.10', -1],
    ['1.4.0-SNAPSHOT', '1.4.0', -1],
    ['1.4.0-SNAPSHOT', '1.3.9', 1],
    ['1.4.0-RC1', '1.4.0-SNAPSHOT', -1],
    ['1.4.0-linux-x86_64', '1.4.0-SNAPSHOT-linux-x86_64', 1],
    ['1.4.0-linux-x86_64', '1.3.9', 1],
    ['10.0', '9.9', 1],
    ['rubbish', '0.0', -1],
  ])('%s against %s', (a, b, expected) => {
    expect(Math.sign(compareVersions(a, b))).toBe(expected);
    expect(Math.sign(compareVersions(b, a))).toBe(expected === 0 ? 0 : -expected);
  });

  test('a platform is no pre-release', () => {
    expect(compareVersions('0.1.0-linux-x86_64', '0.1.0')).toBeGreaterThan(0);
    expect(parseVersion('0.1.0-SNAPSHOT-linux-x86_64')).toEqual({
      numbers: [0, 1, 0],
      qualifier: 'SNAPSHOT',
      platform: 'linux-x86_64',
    });
  });

  test.each(['1.0', '1.2.3.4', '4.4.12-rc.1+3f2a', `1.0-${'a'.repeat(100)}`, '1.0-a.b_c-d'])(
    '%j is a version, in the fleet file too',
    (text) => expect([isVersion(text), safeParse(fleetVersion, text).success]).toEqual([true, true]),
  );

  test.each([
    '',
    '4',
    '1.2.3.4.5',
    '1.',
    '.1',
    '1.2-',
    '1.2/3',
    '1.2-a/b',
    '1.2-..',
    '1.2-a..b',
    '1.2-a.',
    '1.2-.',
    '1.2+a',
    `1.2-${'a'.repeat(101)}`,
    '1.2\n',
    'v1.2',
    '1.2 ',
  ])('%j is no version, in the fleet file neither', (text) =>
    expect([isVersion(text), safeParse(fleetVersion, text).success]).toEqual([false, false]),
  );

  test('the release line is the first two numbers', () => {
    expect(releaseLine('4.3.18')).toBe('4.3');
    expect(releaseLine('4.3-SNAPSHOT')).toBe('4.3');
    expect(() => releaseLine('four')).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  test('the order is total, whatever comes', () => {
    const number = fc.nat({ max: 30 });
    const suffix = fc.constantFrom(
      '',
      '-SNAPSHOT',
      '-RC1',
      '-linux-x86_64',
      '-SNAPSHOT-linux-x86_64',
      '-windows-x86_64',
    );
    const version = fc
      .tuple(fc.array(number, { minLength: 2, maxLength: 4 }), suffix)
      .map(([numbers, end]) => numbers.join('.') + end);
    const any = fc.oneof({ weight: 9, arbitrary: version }, { weight: 1, arbitrary: fc.string() });
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        const [ab, bc, ac] = [compareVersions(a, b), compareVersions(b, c), compareVersions(a, c)];
        expect(Math.sign(ab)).toBe(0 - Math.sign(compareVersions(b, a)));
        expect(compareVersions(a, a)).toBe(0);
        if (ab <= 0 && bc <= 0) expect(ac).toBeLessThanOrEqual(0);
        if (ab === 0) expect(Math.sign(ac)).toBe(Math.sign(bc));
      }),
      { numRuns: 5000 },
    );
  });
});
