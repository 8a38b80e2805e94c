import type { Node } from 'jsonc-parser';

/** How a file is laid out, so that what is added looks like what stands there. */
export interface Layout {
  /** One step of indentation. */
  unit: string;
  eol: string;
}

export function layoutOf(text: string, root: Node): Layout {
  const eol = /\r\n|\r|\n/.exec(text)?.[0] ?? '\n';
  return { unit: unitOf(text, root) ?? '  ', eol };
}

function unitOf(text: string, node: Node): string | undefined {
  const base = indentAt(text, node.offset);
  for (const child of node.children ?? []) {
    const indent = indentAt(text, child.offset);
    if (
      node.type === 'object' &&
      startsLine(text, child.offset) &&
      indent.length > base.length &&
      indent.startsWith(base)
    )
      return indent.slice(base.length);
    const unit = unitOf(text, child);
    if (unit !== undefined) return unit;
  }
  return undefined;
}

export function lineStart(text: string, offset: number): number {
  let start = offset;
  while (start > 0 && !isEol(text[start - 1])) start -= 1;
  return start;
}

export function isEol(character: string | undefined): boolean {
  return character === '\n' || character === '\r';
}

/** The blanks with which the line of this offset begins. */
export function indentAt(text: string, offset: number): string {
  return matchAt(/[ \t]*/y, text, lineStart(text, offset));
}

/** Whether only blanks stand before this offset in its line. */
export function startsLine(text: string, offset: number): boolean {
  const start = lineStart(text, offset);
  return start + indentAt(text, offset).length === offset;
}

/** What a sticky expression matches here; empty if nothing. */
export function matchAt(pattern: RegExp, text: string, offset: number): string {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0] ?? '';
}

/** Where the comma after this offset stands, past blanks and comments; undefined if something else comes first. */
export function commaAfter(text: string, offset: number): number | undefined {
  const at = offset + matchAt(/(?:\s|\/\/[^\r\n]*|\/\*[\s\S]*?\*\/)*/y, text, offset).length;
  return text[at] === ',' ? at : undefined;
}

/** A value on one line. */
export function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const parts = entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${inline(item)}`);
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
}

/** A value with each key on its own line; `indent` is that of the line it begins on. */
export function block(value: unknown, indent: string, layout: Layout): string {
  if (!isObject(value) || entries(value).length === 0) return inline(value);
  const deeper = indent + layout.unit;
  const lines = entries(value).map(
    ([key, item]) => `${deeper}${JSON.stringify(key)}: ${block(item, deeper, layout)}`,
  );
  return ['{', lines.join(`,${layout.eol}`), `${indent}}`].join(layout.eol);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function entries(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, item]) => item !== undefined);
}
