import { describe, expect, it } from 'vitest';
import {
  filtered,
  linesOf,
  noFilter,
  ranksOf,
  sorted,
  tally,
  windowOf,
  type Column,
  type Filter,
} from '../../../src/webview/app/model';
import { row } from './fixtures';

const rows = [
  row('box-10', { site: 'pier', tags: ['ptz'], status: 'failed', note: 'the disk is full' }),
  row('box-2', { site: 'depot', tags: ['ptz', 'indoor'], version: '1.10.0' }),
  row('box-1', { system: 'lake', product: 'mirasys', version: null, status: 'unknown', since: null }),
  row('BOX-3', { site: 'pier', version: '1.9.0', status: 'queued', wave: 1 }),
];
const ids = (list: readonly { id: string }[]): string[] => list.map(({ id }) => id);
const find = (part: Omit<Partial<Filter>, 'chips'> & { chips?: Partial<Filter['chips']> }): string[] =>
  ids(filtered(rows, { ...noFilter, ...part, chips: { ...noFilter.chips, ...part.chips } }));

describe('the filter', () => {
  it('lets every server pass that is not asked anything of', () => {
    expect(find({})).toHaveLength(rows.length);
    expect(find({ text: '   ' })).toHaveLength(rows.length);
  });

  it('finds words anywhere and in any order, small or capital', () => {
    expect(find({ text: 'box-3' })).toEqual(['BOX-3']);
    expect(find({ text: 'FULL pier' })).toEqual(['box-10']);
    expect(find({ text: 'pier depot' })).toEqual([]);
    expect(find({ text: 'not asked yet' })).toEqual(['box-1']);
  });

  it('takes text as text, not as a pattern', () => {
    expect(find({ text: '.*' })).toEqual([]);
    expect(find({ text: '[' })).toEqual([]);
  });

  it('joins the chips of one facet by or, those of several by and', () => {
    expect(find({ chips: { site: ['pier', 'depot'] } })).toEqual(['box-10', 'box-2', 'BOX-3']);
    expect(find({ chips: { site: ['pier'], status: ['failed'] } })).toEqual(['box-10']);
    expect(find({ chips: { tag: ['indoor'] } })).toEqual(['box-2']);
    expect(find({ chips: { version: [''] } })).toEqual(['box-1']);
  });

  it('finds what a later state of the server says', () => {
    const before = row('a', { note: 'old words' });
    expect(filtered([before], { ...noFilter, text: 'old' })).toHaveLength(1);
    expect(filtered([{ ...before, note: 'new words' }], { ...noFilter, text: 'old' })).toHaveLength(0);
  });
});

describe('the order', () => {
  const names = ranksOf(ids(rows));
  const by = (column: Column, descending = false): string[] =>
    ids(sorted(rows, { column, descending }, names));

  it('is that of numbers within names and versions', () => {
    expect(by('id')).toEqual(['box-1', 'box-2', 'BOX-3', 'box-10']);
    expect(by('version').slice(0, 3)).toEqual(['box-10', 'BOX-3', 'box-2']);
  });

  it('puts what needs a person first', () => {
    expect(by('status')[0]).toBe('box-10');
  });

  it('keeps what has nothing there at the end, both ways', () => {
    expect(by('version').at(-1)).toBe('box-1');
    expect(by('version', true).at(-1)).toBe('box-1');
    expect(by('version', true)[0]).toBe('box-2');
    expect(by('wave')[0]).toBe('BOX-3');
  });

  it('goes by name where a column says the same, both ways', () => {
    expect(by('system').slice(0, 3)).toEqual(['box-2', 'BOX-3', 'box-10']);
    expect(by('system', true).slice(1)).toEqual(['box-2', 'BOX-3', 'box-10']);
  });

  it('leaves the given list alone', () => {
    const before = ids(rows);
    by('id');
    expect(ids(rows)).toEqual(before);
  });
});

describe('the lines', () => {
  it('are the rows alone where nothing is grouped', () => {
    expect(linesOf(rows, 'none', new Set()).map(({ kind }) => kind)).toEqual(['row', 'row', 'row', 'row']);
  });

  it('put servers under their group, those without one last, and a server with two tags under both', () => {
    const lines = linesOf(rows, 'tag', new Set());
    const heads = lines.flatMap((line) => (line.kind === 'group' ? [[line.label, line.rows.length]] : []));
    expect(heads).toEqual([
      ['indoor', 1],
      ['ptz', 2],
      ['no tag', 2],
    ]);
    expect(new Set(lines.map(({ key }) => key)).size).toBe(lines.length);
  });

  it('leave out the rows of a closed group', () => {
    const lines = linesOf(rows, 'site', new Set(['site:pier']));
    const [, , pier, next] = lines;
    expect(pier).toMatchObject({ kind: 'group', label: 'pier', open: false });
    expect(next?.kind).toBe('group');
  });
});

it('counts each value of a facet', () => {
  expect(tally(rows, 'tag')).toEqual([
    ['indoor', 1],
    ['ptz', 2],
  ]);
  expect(tally(rows, 'status').map(([status]) => status)).toEqual([
    'failed',
    'queued',
    'installed',
    'unknown',
  ]);
});

describe('the window on the lines', () => {
  it('draws what is seen and some beyond', () => {
    expect(windowOf(0, 260, 26, 5000)).toEqual({ first: 0, last: 12 });
    expect(windowOf(2600, 260, 26, 5000)).toEqual({ first: 98, last: 112 });
  });

  it('ends where the lines end, also where the list has become shorter than it was scrolled', () => {
    expect(windowOf(130_000, 260, 26, 5000).last).toBe(5000);
    expect(windowOf(130_000, 260, 26, 3)).toEqual({ first: 3, last: 3 });
    expect(windowOf(0, 260, 26, 0)).toEqual({ first: 0, last: 0 });
  });
});
