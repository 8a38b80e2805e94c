import { oneLine } from './words';

/**
 * Text from a server or a file, as plain text of a Markdown document: it can make no link, no heading, no HTML.
 * Escapes every punctuation mark of ASCII, which CommonMark allows.
 */
export function escapeMarkdown(text: string): string {
  return oneLine(text).replace(/[!-/:-@[-`{-~]/g, (mark) => `\\${mark}`);
}

/** A row of a Markdown table. The cells are Markdown. */
export function row(...cells: string[]): string {
  return `| ${cells.join(' | ')} |`;
}

export function table(head: string[], rows: string[][]): string {
  return [row(...head), row(...head.map(() => '---')), ...rows.map((cells) => row(...cells))].join('\n');
}
