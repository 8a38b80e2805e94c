import type { Line } from './model';

/** Selected servers by id, the line that has the focus, and where a range began; lines by key. */
export interface Selection {
  readonly ids: ReadonlySet<string>;
  readonly active: string | null;
  readonly anchor: string | null;
}

export const nothingSelected: Selection = { ids: new Set(), active: null, anchor: null };

export type How = 'only' | 'toggle' | 'range' | 'move';

/** Servers that a line stands for: of a group all of its servers. */
const idsOf = (line: Line): string[] => (line.kind === 'row' ? [line.row.id] : line.rows.map(({ id }) => id));

/** What a click or a key on the line at `index` makes of the selection. */
export function select(selection: Selection, lines: readonly Line[], index: number, how: How): Selection {
  const line = lines[index];
  if (line === undefined) return selection;
  const { key } = line;
  switch (how) {
    case 'move':
      return { ...selection, active: key };
    case 'only':
      return { ids: new Set(idsOf(line)), active: key, anchor: key };
    case 'toggle': {
      const own = idsOf(line);
      const ids = new Set(selection.ids);
      const all = own.every((id) => ids.has(id));
      for (const id of own)
        if (all) ids.delete(id);
        else ids.add(id);
      return { ids, active: key, anchor: key };
    }
    case 'range': {
      const from = lines.findIndex((one) => one.key === selection.anchor);
      const [start, end] = from < 0 ? [index, index] : [Math.min(from, index), Math.max(from, index)];
      const rows = lines.slice(start, end + 1).filter(({ kind }) => kind === 'row');
      return {
        ids: new Set(rows.flatMap(idsOf)),
        active: key,
        anchor: from < 0 ? key : selection.anchor,
      };
    }
  }
}

export function selectAll(selection: Selection, lines: readonly Line[]): Selection {
  return { ...selection, ids: new Set(lines.flatMap(idsOf)) };
}

/** Without servers that are no longer there. */
export function kept(selection: Selection, exists: (id: string) => boolean): Selection {
  const ids = [...selection.ids].filter(exists);
  return ids.length === selection.ids.size ? selection : { ...selection, ids: new Set(ids) };
}
