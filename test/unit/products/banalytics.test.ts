import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FleetError } from '../../../src/updater/errors';
import { compareVersions } from '../../../src/updater/packages/versions';
import { rules } from '../../../src/updater/products/banalytics/rules';
import {
  changes,
  readModulesInfo,
  readProperties,
  sameSet,
  writeModulesInfo,
} from '../../../src/updater/products/banalytics/set';
import { parseAnswers, readBootId } from '../../../src/updater/targets/answers';

const word = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,8}$/);
const moduleName = fc
  .tuple(fc.array(word, { minLength: 1, maxLength: 3 }), word)
  .map(([group, artifact]) => `${group.join('.')}:${artifact}`);
const number = fc.integer({ min: 0, max: 120 });
const version = fc
  .tuple(
    fc.array(number, { minLength: 2, maxLength: 4 }),
    fc.constantFrom('', '-SNAPSHOT', '-rc.1', '-linux-x86_64', '-SNAPSHOT-linux-arm64'),
  )
  .map(([numbers, suffix]) => numbers.join('.') + suffix);
const moduleSet = fc.dictionary(moduleName, version, { maxKeys: 8 });

describe('the marker', () => {
  it('reads back as what was written', () => {
    fc.assert(
      fc.property(moduleSet, (set) => {
        const text = writeModulesInfo(
          Object.entries(set).map(([module, one]) => ({ module, version: one, uploaded: 5 })),
        );
        expect(readModulesInfo(text.split('\n'))).toEqual({ ...set });
        expect(readModulesInfo(text.replaceAll('\n', '\r\n').split('\n'))).toEqual({ ...set });
      }),
    );
  });

  it('names the core first, its colons escaped, and each kind', () => {
    const text = writeModulesInfo([
      { module: 'a.b:c', version: '1.0', uploaded: 7 },
      { module: 'com.banalytics.box:core', version: '1.2.3', uploaded: 8 },
    ]);
    expect(text.split('\n').slice(1)).toEqual([
      'com.banalytics.box\\:core\\:1.2.3=core:8',
      'a.b\\:c\\:1.0=component:7',
      '',
    ]);
  });

  it.each([
    ['a\\:b\\:1.0=core\\:5', 'a:b:1.0', 'core:5'],
    ['  a = b', 'a', 'b'],
    ['a:b', 'a', 'b'],
    ['a b', 'a', 'b'],
    ['a', 'a', ''],
    ['a\\ b=c', 'a b', 'c'],
    ['a\\=b=c=d', 'a=b', 'c=d'],
    ['\\u0061=\\u0062', 'a', 'b'],
    ['a\\\\u0041=b', 'a\\u0041', 'b'],
    ['a\\u005cn=b', 'a\\n', 'b'],
    ['a\\tb=c\\nd', 'a\tb', 'c\nd'],
    ['\\#a=b', '#a', 'b'],
    ['a=b\r', 'a', 'b'],
  ])('reads %j as Java does', (line, key, value) => {
    expect([...readProperties([line])]).toEqual([[key, value]]);
  });

  it('passes over comments and what names no module', () => {
    expect(
      readModulesInfo([
        '# a\\:b\\:1',
        '! a\\:b\\:1',
        '',
        '  ',
        'a\\:b=1',
        'a\\:b\\:c\\:d=1',
        '\\:\\:=1',
        '=x',
      ]),
    ).toEqual({});
  });
});

describe('two sets', () => {
  it('differ by exactly what must change', () => {
    fc.assert(
      fc.property(moduleSet, moduleSet, (from, to) => {
        const result: Record<string, string> = { ...from };
        for (const change of changes(from, to)) {
          expect(change.from).toBe(from[change.module] ?? null);
          if (change.to === null) delete result[change.module];
          else result[change.module] = change.to;
        }
        expect(result).toEqual({ ...to });
        expect(sameSet(from, { ...from })).toBe(true);
        expect(sameSet(from, to)).toBe(changes(to, from).length === 0);
      }),
    );
  });
});

it('every rule of the manual is there, with its severity', () => {
  const said = Object.fromEntries(rules.map(({ id, severity }) => [id, severity]));
  expect(said).toMatchObject({
    'banalytics.registered': 'block',
    'banalytics.portal': 'block',
    'banalytics.one-sync': 'skip',
    'banalytics.free-space': 'block',
    'banalytics.dependents': 'warn',
    'banalytics.empty-set': 'block',
    'banalytics.restart-window': 'warn',
  });
});

it('versions are ordered the same from every side', () => {
  const sign = Math.sign;
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      expect(sign(compareVersions(a, b))).toBe(-sign(compareVersions(b, a)) || 0);
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0)
        expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(compareVersions(text, text)).toBe(0);
    }),
  );
});

describe('answers', () => {
  const whole = [
    'facts\t1',
    'clock\t1700000000',
    'user\troot\t0',
    'arch\tx86_64',
    'kernel\tLinux',
    'os\tPRETTY_NAME="Debian 12"',
    'boot\tabcdefgh-1',
    `package\t${'a'.repeat(64)}\tx.jar\t10`,
    'history\t000002-b\tid\tb',
    'history\t000002-b\tversion\t2.0.0',
    'history\t000001-a\tversion\t1.0.0',
    'job\tid\tr-1',
    'job\talive\tyes',
    'free\thome\t100\t/dev/sda1 /',
    'found\tmodules-info',
    'read\tmodules-info\ta=b\tc',
    'end',
    '',
  ].join('\n');

  it('are taken whole', () => {
    expect(parseAnswers(whole)).toMatchObject({
      bootId: 'abcdefgh-1',
      user: { name: 'root', root: true },
      files: { 'modules-info': ['a=b\tc'] },
      free: { home: { bytes: 100, volume: '/dev/sda1 /' } },
      history: [{ version: '1.0.0' }, { version: '2.0.0' }],
      job: { id: 'r-1', state: 'running' },
    });
    expect(parseAnswers(whole.replaceAll('\n', '\r\n')).files).toEqual({ 'modules-info': ['a=b\tc'] });
  });

  it('are never taken by half', () => {
    for (let length = 0; length < whole.length - 'end\n'.length + 2; length++)
      expect(() => parseAnswers(whole.slice(0, length)), whole.slice(0, length)).toThrow(FleetError);
  });

  it('throw nothing but errors for people, whatever a server says', () => {
    const verb = fc.constantFrom(
      'boot',
      'clock',
      'os',
      'free',
      'size',
      'writable',
      'found',
      'read',
      'package',
      'history',
      'job',
      'service',
      'end',
      'tool',
    );
    const field = fc.oneof(
      fc.string(),
      fc.constantFrom('__proto__', 'constructor', 'toString', 'id', 'exit', 'step', 'state', 'end'),
    );
    const line = fc
      .tuple(verb, fc.array(field, { maxLength: 4 }))
      .map(([first, rest]) => [first, ...rest].join('\t'));
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(line).map((lines) => lines.join('\n')),
      fc.array(line).map((lines) => [...lines, 'end'].join('\n')),
    );
    fc.assert(
      fc.property(text, (said) => {
        try {
          JSON.stringify(parseAnswers(said));
        } catch (error) {
          expect(error).toBeInstanceOf(FleetError);
        }
      }),
      { numRuns: 2000 },
    );
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it.each(['', ' ', 'short', 'a'.repeat(65), '-abcdefgh', 'cat: /proc: No such file', '\0'.repeat(20)])(
    'take %j for no boot identity',
    (text) => {
      expect(readBootId(text)).toBeNull();
    },
  );
});
