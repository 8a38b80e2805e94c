import { isDeepStrictEqual } from 'node:util';
import { applyEdits, getNodeValue } from 'jsonc-parser';
import type { Node } from 'jsonc-parser';
import { FleetError } from '../errors';
import { nodeAt, propertyOf, quote, readDocument } from './document';
import type { Path } from './document';
import {
  block,
  commaAfter,
  indentAt,
  inline,
  isEol,
  layoutOf,
  lineStart,
  matchAt,
  startsLine,
} from './layout';
import type { Layout } from './layout';
import type { ServerEntry, SystemEntry } from './schema';

/*
 * Edits of a fleet file's text. jsonc-parser's own `modify` reformats the lines it touches, moves a comment at the end of a line to the
 * next entry and drops the comments before the second one, so only its tree is used and each edit is placed here.
 * All throw `fleet.invalid` if the text is not JSON with comments, and `usage` if the edit does not fit the file.
 */

/** Offset and length in UTF-16 units of the text before all edits. */
export interface TextEdit {
  offset: number;
  length: number;
  content: string;
}

/** The text with the edits of one call made. */
export function apply(text: string, edits: readonly TextEdit[]): string {
  return applyEdits(text, [...edits]);
}

export function addSystem(text: string, id: string, entry: SystemEntry): TextEdit[] {
  if (nodeAt(rootOf(text), ['systems', id]) !== undefined)
    throw new FleetError('usage', `There is already a system ${quote(id)}.`, { hint: 'Choose another id.' });
  return setField(text, ['systems', id], entry);
}

/** Adds servers behind those that a system has, all in one edit. */
export function addServers(
  text: string,
  systemId: string,
  added: readonly (readonly [id: string, entry: ServerEntry])[],
): TextEdit[] {
  const root = rootOf(text);
  systemNode(root, systemId);
  const taken = new Map<unknown, string>();
  for (const system of nodeAt(root, ['systems'])?.children ?? [])
    for (const server of nodeAt(system.children?.[1], ['servers'])?.children ?? [])
      taken.set(server.children?.[0]?.value, `in system ${quote(String(system.children?.[0]?.value))}`);
  for (const [id] of added) {
    const where = taken.get(id);
    if (where !== undefined)
      throw new FleetError('usage', `There is already a server ${quote(id)} ${where}.`, {
        hint: 'Choose another id: it is unique in the whole fleet.',
      });
    taken.set(id, 'among those that are added');
  }
  const path = ['systems', systemId, 'servers'];
  const servers = nodeAt(root, path);
  if (servers === undefined) return setField(text, path, Object.fromEntries(added));
  if (servers.type !== 'object') throw unfit(path);
  return insertion(text, servers, added, layoutOf(text, root), servers.children?.at(-1));
}

/** Its comments inside and at the end of its line go with it; those on lines of their own stay. */
export function removeServer(text: string, systemId: string, id: string): TextEdit[] {
  serverNode(rootOf(text), systemId, id);
  return setField(text, ['systems', systemId, 'servers', id], undefined);
}

/**
 * Sets a module's version in a system's desired set, or for one server of it. `null`: not installed;
 * `undefined`: the entry goes, and a server has its system's version again.
 */
export function setModuleVersion(
  text: string,
  systemId: string,
  module: string,
  version: string | null | undefined,
  serverId?: string,
): TextEdit[] {
  const root = rootOf(text);
  if (serverId === undefined) systemNode(root, systemId);
  else serverNode(root, systemId, serverId);
  const owner = serverId === undefined ? ['systems', systemId] : ['systems', systemId, 'servers', serverId];
  return setField(text, [...owner, 'modules', module], version);
}

/** Sets the version that a system shall run, that of its loaded package; what its servers say of their own stays. */
export function setSystemVersion(text: string, systemId: string, version: string): TextEdit[] {
  systemNode(rootOf(text), systemId);
  // At the head, where it is read: a system's servers may be many lines.
  return setField(text, ['systems', systemId, 'version'], version, 'product');
}

/**
 * Sets the value at a path, making the objects that lead there; `undefined` removes it. An index must exist and can only be replaced.
 * A new entry comes behind its sibling `after`, where there is one, else at the end.
 */
export function setField(text: string, path: Path, value: unknown, after?: string): TextEdit[] {
  const root = rootOf(text);
  const layout = layoutOf(text, root);
  const last = path.at(-1);
  const existing = nodeAt(root, path);
  if (existing !== undefined) {
    if (value === undefined) {
      const object = nodeAt(root, path.slice(0, -1));
      if (typeof last !== 'string' || object === undefined) throw unfit(path);
      return removal(text, object, last);
    }
    if (isDeepStrictEqual(plain(getNodeValue(existing)), plain(value))) return [];
    const content = isFlat(text, existing)
      ? inline(value)
      : block(value, indentAt(text, existing.offset), layout);
    return [{ offset: existing.offset, length: existing.length, content }];
  }
  if (value === undefined) return [];
  let depth = path.length - 1;
  while (depth > 0 && nodeAt(root, path.slice(0, depth)) === undefined) depth -= 1;
  const object = nodeAt(root, path.slice(0, depth));
  const [key, ...inside] = path.slice(depth);
  if (object?.type !== 'object' || typeof key !== 'string') throw unfit(path);
  const wrapped = inside.reduceRight<unknown>((inner, segment) => {
    if (typeof segment !== 'string') throw unfit(path);
    return { [segment]: inner };
  }, value);
  const sibling = after === undefined ? undefined : propertyOf(object, after);
  return insertion(text, object, [[key, wrapped]], layout, sibling ?? object.children?.at(-1));
}

type Entries = readonly (readonly [key: string, value: unknown])[];

/** New entries behind `previous`. */
function insertion(
  text: string,
  object: Node,
  entries: Entries,
  layout: Layout,
  previous: Node | undefined,
): TextEdit[] {
  if (entries.length === 0) return [];
  if (previous === undefined) return firstEntries(text, object, entries, layout);

  const isLast = previous === object.children?.at(-1);
  const end = previous.offset + previous.length;
  const comma = commaAfter(text, end);
  const base = comma === undefined ? end : comma + 1;
  const comments = matchAt(/(?:[ \t]*(?:\/\/[^\r\n]*|\/\*[\s\S]*?\*\/))*/y, text, base);
  const at = base + comments.length;
  const ownLine = (isLast && startsLine(text, previous.offset)) || isEol(text[at]);
  const indent = startsLine(text, previous.offset)
    ? indentAt(text, previous.offset)
    : indentAt(text, object.offset) + layout.unit;
  const sibling = previous.children?.[1];
  const flat = !ownLine || (sibling !== undefined && isFlat(text, sibling));
  const added = entries
    .map(([key, value]) => `${JSON.stringify(key)}: ${flat ? inline(value) : block(value, indent, layout)}`)
    .map((entry) => (ownLine ? layout.eol + indent : ' ') + entry)
    .join(',');
  if (comma !== undefined) return [{ offset: at, length: 0, content: `${added},` }];
  if (at === end) return [{ offset: end, length: 0, content: `,${added}` }];
  return [
    { offset: end, length: 0, content: ',' },
    { offset: at, length: 0, content: added },
  ];
}

/** Into an object that holds nothing but perhaps comments, after which the entries come. */
function firstEntries(text: string, object: Node, entries: Entries, layout: Layout): TextEdit[] {
  const close = object.offset + object.length - 1;
  const indent = indentAt(text, object.offset);
  const comments = matchAt(/(?:\s*(?:\/\/[^\r\n]*|\/\*[\s\S]*?\*\/))*/y, text, object.offset + 1);
  const at = object.offset + 1 + comments.length;
  const closesOnOwnLine = /[\r\n]/.test(text.slice(at, close));
  const deeper = indent + layout.unit;
  const content = entries
    .map(([key, value]) => `${layout.eol}${deeper}${JSON.stringify(key)}: ${block(value, deeper, layout)}`)
    .join(',');
  return closesOnOwnLine
    ? [{ offset: at, length: 0, content }]
    : [{ offset: at, length: close - at, content: content + layout.eol + indent }];
}

function removal(text: string, object: Node, key: string): TextEdit[] {
  const property = propertyOf(object, key);
  if (property === undefined) return [];
  const siblings = object.children ?? [];
  const previous = siblings[siblings.indexOf(property) - 1];
  const edits: TextEdit[] = [];
  let start = property.offset;
  let end = start + property.length;

  const comma = commaAfter(text, end);
  if (comma !== undefined && text.slice(end, comma).trim() === '') end = comma + 1;
  else if (comma !== undefined) edits.push({ offset: comma, length: 1, content: '' });
  else if (previous !== undefined) {
    const before = commaAfter(text, previous.offset + previous.length);
    if (before !== undefined) edits.push({ offset: before, length: 1, content: '' });
  }

  const rest = end + matchAt(/(?:[ \t]*(?:\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/))*[ \t]*/y, text, end).length;
  const separate = comma !== undefined && edits.length > 0;
  if (!separate && startsLine(text, start) && isEol(text[rest])) {
    start = lineStart(text, start);
    end = rest + matchAt(/\r\n|\r|\n/y, text, rest).length;
  } else if (comma === undefined) {
    while (start > 0 && /[ \t]/.test(text[start - 1] ?? '')) start -= 1;
  } else if (!separate) {
    end += matchAt(/[ \t]*/y, text, end).length;
  }
  return [...edits, { offset: start, length: end - start, content: '' }];
}

/** Whether an object with entries stands on one line. */
function isFlat(text: string, node: Node): boolean {
  const written = text.slice(node.offset, node.offset + node.length);
  return node.type === 'object' && (node.children ?? []).length > 0 && !/[\r\n]/.test(written);
}

/** The root of a file that can be edited. */
export function rootOf(text: string): Node {
  const { root, problems } = readDocument(text);
  if (root !== undefined) return root;
  const [first] = problems;
  throw new FleetError(
    'fleet.invalid',
    `${first?.line ?? 1}:${first?.column ?? 1}: ${first?.message ?? 'Not a fleet.'}`,
    {
      hint: 'Correct the file first; nothing was changed in it.',
    },
  );
}

export function systemNode(root: Node, id: string): Node {
  const node = nodeAt(root, ['systems', id]);
  if (node !== undefined) return node;
  throw new FleetError('usage', `There is no system ${quote(id)} in the fleet file.`, {
    hint: 'The file may have changed; refresh the fleet.',
  });
}

function serverNode(root: Node, system: string, id: string): Node {
  systemNode(root, system);
  const node = nodeAt(root, ['systems', system, 'servers', id]);
  if (node !== undefined) return node;
  throw new FleetError('usage', `There is no server ${quote(id)} in system ${quote(system)}.`, {
    hint: 'The file may have changed; refresh the fleet.',
  });
}

function unfit(path: Path): FleetError {
  return new FleetError('usage', `The fleet file has no place for ${quote(path.join('.'))}.`, {
    hint: 'Edit the file by hand.',
  });
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
