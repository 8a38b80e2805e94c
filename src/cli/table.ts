import { printable, type Style } from './terminal';

export interface Cell {
  text: string;
  style?: Style;
}

/** Lines of an aligned table: two spaces between columns, no spaces at the end of a line, the last column as long as it is. */
export function table(
  header: readonly string[],
  rows: readonly (readonly (string | Cell)[])[],
  paint: (style: Style, text: string) => string,
): string[] {
  const cells = [
    header.map((text): Cell => ({ text, style: 'bold' })),
    ...rows.map((row) => row.map(asCell)),
  ];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.text.length ?? 0)));
  return cells.map((row) => {
    const last = row.findLastIndex(({ text }) => text !== '');
    return row
      .slice(0, last + 1)
      .map(({ text, style }, column) => {
        const padding = column === last ? '' : ' '.repeat((widths[column] ?? 0) - text.length);
        return (style === undefined ? text : paint(style, text)) + padding;
      })
      .join('  ');
  });
}

/** "1 server", "3 servers". */
export function count(many: number, noun: string): string {
  return `${many} ${noun}${many === 1 ? '' : 's'}`;
}

function asCell(cell: string | Cell): Cell {
  const { text, style } = typeof cell === 'string' ? { text: cell, style: undefined } : cell;
  const oneLine = printable(text).replaceAll(/\s*\n\s*/g, ' ');
  return style === undefined ? { text: oneLine } : { text: oneLine, style };
}
