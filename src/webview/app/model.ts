import type { ServerRow } from '../protocol';
import { lazily, spokenLanguage, t } from '../../vscode/l10n';
import { urgency } from '../../vscode/statuses';
import { failedStatuses, statusWords, tallied } from '../../vscode/words';
import type { ServerStatus } from '../../updater/rollout/events';

/** What the table is narrowed down by: a server must have one of the chosen values of each facet. */
export const facets = ['status', 'system', 'site', 'tag', 'product', 'version'] as const;
export type Facet = (typeof facets)[number];

export const facetNames = lazily((): Record<Facet, string> => ({
  status: t('Status'),
  system: t('System'),
  site: t('Site'),
  tag: t('Tag'),
  product: t('Product'),
  version: t('Version'),
}));

export interface Filter {
  text: string;
  chips: Record<Facet, readonly string[]>;
}

export const noFilter: Filter = {
  text: '',
  chips: { status: [], system: [], site: [], tag: [], product: [], version: [] },
};

export const columns = [
  'id',
  'status',
  'version',
  'target',
  'since',
  'wave',
  'system',
  'site',
  'note',
] as const;
export type Column = (typeof columns)[number];

export interface Sort {
  column: Column;
  descending: boolean;
}

export const groupings = ['none', 'system', 'site', 'status', 'tag'] as const;
export type Grouping = (typeof groupings)[number];

export interface GroupLine {
  kind: 'group';
  key: string;
  label: string;
  rows: readonly ServerRow[];
  open: boolean;
}
export interface RowLine {
  kind: 'row';
  row: ServerRow;
  /** Unique in the table: with tags a server may stand in several groups. */
  key: string;
}
export type Line = GroupLine | RowLine;

/** Values of a facet that a server has. */
export function valuesOf(row: ServerRow, facet: Facet): readonly string[] {
  switch (facet) {
    case 'status':
      return [row.status];
    case 'tag':
      return row.tags;
    case 'site':
      return row.site === null ? [] : [row.site];
    case 'version':
      return [row.version ?? ''];
    case 'system':
      return [row.system];
    case 'product':
      return [row.product];
  }
}

/** How a value of a facet reads. */
export function wordOf(facet: Facet, value: string): string {
  if (facet === 'status') return statusWords()[value as ServerStatus] ?? value;
  return value === '' ? t('nothing installed') : value;
}

const natural = lazily(
  () => new Intl.Collator(spokenLanguage().language, { numeric: true, sensitivity: 'base' }),
);
export const inOrder = (a: string, b: string): number => natural().compare(a, b);

/** How many servers have each value of a facet, in order. */
export function tally(rows: readonly ServerRow[], facet: Facet): [value: string, count: number][] {
  const counts = new Map<string, number>();
  for (const row of rows)
    for (const value of valuesOf(row, facet)) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (facet === 'status' ? urgency(a) - urgency(b) : inOrder(a, b)));
}

/** All that is searched of a server, made once for each state of it. */
const haystacks = new WeakMap<ServerRow, string>();
function haystackOf(row: ServerRow): string {
  let text = haystacks.get(row);
  if (text === undefined) {
    const { id, system, site, product, version, target, status, note, tags } = row;
    text = [id, system, site, product, version, target, statusWords()[status], note, ...tags]
      .join('\n')
      .toLowerCase();
    haystacks.set(row, text);
  }
  return text;
}

/** Every word of the text must be found somewhere. */
export function filtered(rows: readonly ServerRow[], { text, chips }: Filter): ServerRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = facets.filter((facet) => chips[facet].length > 0);
  return rows.filter((row) => {
    for (const facet of chosen)
      if (!valuesOf(row, facet).some((value) => chips[facet].includes(value))) return false;
    if (words.length === 0) return true;
    const haystack = haystackOf(row);
    return words.every((word) => haystack.includes(word));
  });
}

export const isFiltered = ({ text, chips }: Filter): boolean =>
  text.trim() !== '' || facets.some((facet) => chips[facet].length > 0);

/** Place of each id in the natural order of names ("box-2" before "box-10"); comparing names anew for each sort would take too long. */
export type Ranks = ReadonlyMap<string, number>;
export function ranksOf(values: Iterable<string>): Ranks {
  return new Map([...new Set(values)].sort(inOrder).map((value, index) => [value, index]));
}

/** Sorted by a column, servers that are the same there by name. */
export function sorted(rows: readonly ServerRow[], { column, descending }: Sort, names: Ranks): ServerRow[] {
  const name = (row: ServerRow): number => names.get(row.id) ?? 0;
  const keys = new Map<ServerRow, number>();
  if (column === 'id') for (const row of rows) keys.set(row, name(row));
  else if (column === 'status') for (const row of rows) keys.set(row, urgency(row.status));
  else if (column === 'wave') for (const row of rows) keys.set(row, row.wave ?? Infinity);
  else {
    const text = (row: ServerRow): string => row[column] ?? '';
    const ranks = ranksOf(rows.map(text));
    // What has nothing there stands at the end, whichever way it is sorted.
    for (const row of rows) keys.set(row, text(row) === '' ? NaN : (ranks.get(text(row)) ?? 0));
  }
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [one, other] = [keys.get(a) ?? 0, keys.get(b) ?? 0];
    if (one === other || (Number.isNaN(one) && Number.isNaN(other))) return name(a) - name(b);
    if (Number.isNaN(one)) return 1;
    if (Number.isNaN(other)) return -1;
    return (one - other) * sign;
  });
}

/** The lines of the table: rows, or groups with their rows where they are open. */
export function linesOf(
  rows: readonly ServerRow[],
  grouping: Grouping,
  collapsed: ReadonlySet<string>,
): Line[] {
  if (grouping === 'none') return rows.map((row) => ({ kind: 'row', row, key: row.id }));
  const groups = new Map<string, ServerRow[]>();
  for (const row of rows) {
    const values = valuesOf(row, grouping);
    for (const value of values.length > 0 ? values : ['']) {
      const group = groups.get(value);
      if (group) group.push(row);
      else groups.set(value, [row]);
    }
  }
  const names = [...groups.keys()].sort((a, b) =>
    grouping === 'status' ? urgency(a) - urgency(b) : Number(a === '') - Number(b === '') || inOrder(a, b),
  );
  return names.flatMap((name): Line[] => {
    const key = groupKey(grouping, name);
    const own = groups.get(name) ?? [];
    const open = !collapsed.has(key);
    const label = name !== '' ? wordOf(grouping, name) : grouping === 'site' ? t('no site') : t('no tag');
    const head: GroupLine = { kind: 'group', key, label, rows: own, open };
    return open ? [head, ...own.map((row): Line => ({ kind: 'row', row, key: `${key}/${row.id}` }))] : [head];
  });
}

const groupKey = (grouping: Grouping, name: string): string => `${grouping}:${name}`;

/** "2 failed, 1 installed": what a group's line says of its servers, what needs a person first. */
export function groupWords(rows: readonly ServerRow[]): string {
  return tally(rows, 'status')
    .map(([status, n]) => tallied(n, wordOf('status', status)))
    .join(', ');
}

export const needsPerson = (row: ServerRow): boolean => failedStatuses.has(row.status);

/** The lines that are to be drawn; `first` and `last` (exclusive) with some beyond the edges. */
export function windowOf(
  scroll: number,
  height: number,
  lineHeight: number,
  count: number,
  beyond = 2,
): { first: number; last: number } {
  const first = Math.max(0, Math.floor(scroll / lineHeight) - beyond);
  const last = Math.min(count, Math.ceil((scroll + height) / lineHeight) + beyond);
  return { first: Math.min(first, last), last };
}
