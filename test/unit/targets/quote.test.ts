import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandLine, quotePosix } from '../../../src/updater/targets/quote';

/** Arguments are bytes; a lone surrogate has none. */
const word = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...`'"\\$\`!*?[]{}()<>|&;~# \t\n-=aé漢`) }),
  )
  .filter((text) => !text.includes('\0') && Buffer.from(text).toString() === text);

describe('commandLine', () => {
  it('brings any words through a real shell unchanged', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), (words) => {
        const out = execFileSync('sh', ['-c', commandLine(['printf', '%s\\0', ...words])], {
          encoding: 'utf8',
        });
        expect(out.split('\0').slice(0, -1)).toEqual(words);
      }),
      { numRuns: 300 },
    );
  });

  it('leaves plain words readable', () => {
    expect(commandLine(['systemctl', 'restart', 'banalytics-box.service'])).toBe(
      'systemctl restart banalytics-box.service',
    );
  });

  it('keeps the empty word', () => {
    expect(quotePosix('')).toBe("''");
  });

  it('keeps a word with = from being an assignment', () => {
    expect(commandLine(['A=b'])).toBe("'A=b'");
  });

  it('refuses what no argument can carry', () => {
    expect(() => quotePosix('a\0b')).toThrow(RangeError);
    expect(() => commandLine([])).toThrow(RangeError);
  });
});
