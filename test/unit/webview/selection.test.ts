import { describe, expect, it } from 'vitest';
import { linesOf } from '../../../src/webview/app/model';
import { kept, nothingSelected, select, selectAll, type How } from '../../../src/webview/app/selection';
import { row } from './fixtures';

const rows = ['a', 'b', 'c', 'd'].map((id) => row(id, { site: id < 'c' ? 'pier' : 'depot' }));
const plain = linesOf(rows, 'none', new Set());
// depot, c, d, pier, a, b
const grouped = linesOf(rows, 'site', new Set());

function after(lines: typeof plain, ...steps: [index: number, how: How][]) {
  return steps.reduce((one, [index, how]) => select(one, lines, index, how), nothingSelected);
}
const chosen = (lines: typeof plain, ...steps: [index: number, how: How][]) =>
  [...after(lines, ...steps).ids].sort().join('');

describe('selecting', () => {
  it('takes one, adds one, and takes it back', () => {
    expect(chosen(plain, [0, 'only'], [2, 'only'])).toBe('c');
    expect(chosen(plain, [0, 'only'], [2, 'toggle'])).toBe('ac');
    expect(chosen(plain, [0, 'only'], [2, 'toggle'], [0, 'toggle'])).toBe('c');
  });

  it('takes a range from where it began, however often it is drawn anew', () => {
    expect(chosen(plain, [1, 'only'], [3, 'range'])).toBe('bcd');
    expect(chosen(plain, [1, 'only'], [3, 'range'], [0, 'range'])).toBe('ab');
  });

  it('takes a range without a beginning as the one line', () => {
    expect(chosen(plain, [2, 'range'])).toBe('c');
  });

  it('moves without selecting', () => {
    const moved = after(plain, [0, 'only'], [3, 'move']);
    expect([...moved.ids]).toEqual(['a']);
    expect(moved.active).toBe('d');
  });

  it('takes all servers of a group, and lets all of them go', () => {
    expect(chosen(grouped, [0, 'only'])).toBe('cd');
    expect(chosen(grouped, [0, 'toggle'], [3, 'toggle'])).toBe('abcd');
    expect(chosen(grouped, [0, 'toggle'], [1, 'toggle'], [0, 'toggle'])).toBe('cd');
  });

  it('leaves the servers of a closed group out of a range', () => {
    const closed = linesOf(rows, 'site', new Set(['site:pier']));
    expect(chosen(closed, [1, 'only'], [3, 'range'])).toBe('cd');
  });

  it('takes all, those in closed groups too, and forgets servers that are gone', () => {
    const closed = linesOf(rows, 'site', new Set(['site:pier', 'site:depot']));
    const all = selectAll(nothingSelected, closed);
    expect(all.ids.size).toBe(4);
    expect([...kept(all, (id) => id !== 'b').ids].sort().join('')).toBe('acd');
    expect(kept(all, () => true)).toBe(all);
  });

  it('changes nothing for a line that is not there', () => {
    expect(select(nothingSelected, plain, 9, 'only')).toBe(nothingSelected);
  });
});
