import { describe, expect, it } from 'vitest';
import { readTime, timeText } from '../../../src/commands/time-text';

describe('a time as a person types it', () => {
  it('is read back as it is written, by the clock of this computer', () => {
    const at = new Date(2026, 10, 8, 2, 5);
    expect(timeText(at)).toBe('2026-11-08 02:05');
    expect(readTime(timeText(at))).toEqual(at);
    expect(readTime(' 2026-11-08T02:05 ')).toEqual(at);
  });

  it.each([
    '',
    '22:00',
    'tomorrow',
    '2026-02-31 10:00',
    '2026-13-01 10:00',
    '2026-11-28 24:30',
    '2026-11-28 10:60',
  ])('is none: "%s"', (text) => {
    expect(readTime(text)).toBeUndefined();
  });
});
