import { createScanner, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Node, ParseError } from 'jsonc-parser';

export type Path = (string | number)[];

/** Something about a fleet file that a person should see, and where. */
export interface Problem {
  message: string;
  /** 1-based, in UTF-16 units as editors count; a byte order mark counts nothing. */
  line: number;
  column: number;
  /** 0-based, in UTF-16 units of the text as given. */
  offset: number;
  length: number;
  /** Keys and indices from the root; empty for the file as a whole. */
  path: Path;
  severity: 'error' | 'warning';
}

export type Place = Pick<Node, 'offset' | 'length'>;

/** Bytes. */
export const MAX_SIZE = 10 * 1024 * 1024;
/** A fleet file needs 7. Parsing and checking go down recursively, so a bound keeps them off the end of the stack. */
export const MAX_DEPTH = 32;

export interface Document {
  /** Undefined if the text could not be read; `problems` says why. */
  root: Node | undefined;
  problems: Problem[];
  problem(message: string, place: Place, path: Path, severity?: Problem['severity']): Problem;
}

/** Reads JSON with comments and trailing commas. Never throws. */
export function readDocument(text: string): Document {
  const lines = lineStarts(text);
  const problem: Document['problem'] = (message, { offset, length }, path, severity = 'error') => ({
    message,
    ...position(lines, text, offset),
    offset,
    // An unfinished token is taken to reach past the end.
    length: Math.max(0, Math.min(length, text.length - offset)),
    path,
    severity,
  });
  const failed = (message: string, place: Place): Document => ({
    root: undefined,
    problems: [problem(message, place, [])],
    problem,
  });

  if (Buffer.byteLength(text) > MAX_SIZE)
    return failed('The file is larger than 10 MiB.', { offset: 0, length: 0 });
  const plain = withoutMark(text);
  const deep = tooDeep(plain);
  if (deep !== undefined)
    return failed(`Nested deeper than ${MAX_DEPTH} levels.`, { offset: deep, length: 1 });

  const errors: ParseError[] = [];
  const root = parseTree(plain, errors, { allowTrailingComma: true });
  if (errors.length === 0 && root !== undefined) return { root, problems: [], problem };
  if (root === undefined && errors.every(({ error }) => printParseErrorCode(error) === 'ValueExpected'))
    return failed('The file is empty. A fleet file begins with { "systems": { … } }.', {
      offset: 0,
      length: 0,
    });

  // One mistake makes the parser stumble several times; the first one of a line is the one to mend.
  const problems: Problem[] = [];
  for (const error of errors) {
    const found = problem(syntaxMessage(error, plain), error, []);
    if (problems.at(-1)?.line !== found.line) problems.push(found);
  }
  return { root: undefined, problems, problem };
}

/** The text for the parser, which knows no byte order mark; offsets stay as they are. */
function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text;
}

function tooDeep(text: string): number | undefined {
  const scanner = createScanner(text, true);
  const end = text.length;
  let depth = 0;
  for (scanner.scan(); scanner.getTokenOffset() < end; scanner.scan()) {
    if (scanner.getTokenLength() !== 1) continue;
    const token = text[scanner.getTokenOffset()];
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    if (depth > MAX_DEPTH) return scanner.getTokenOffset();
  }
  return undefined;
}

function syntaxMessage({ error, offset, length }: ParseError, text: string): string {
  const found = text.slice(offset, offset + length);
  const near = found.trim() === '' ? '' : `, found ${quote(found)}`;
  switch (printParseErrorCode(error)) {
    case 'CommaExpected':
      return `A comma is missing before this${near}.`;
    case 'ColonExpected':
      return `A colon is missing after the key${near}.`;
    case 'PropertyNameExpected':
      return `A key in double quotes is expected here${near}.`;
    case 'ValueExpected':
      return `A value is expected here${near}.`;
    case 'CloseBraceExpected':
      return 'A closing brace } is missing.';
    case 'CloseBracketExpected':
      return 'A closing bracket ] is missing.';
    case 'EndOfFileExpected':
      return `The fleet ends before this; nothing may follow${near}.`;
    case 'UnexpectedEndOfComment':
      return 'This comment is never closed with */.';
    case 'UnexpectedEndOfString':
      return 'This text is never closed with a double quote.';
    case 'UnexpectedEndOfNumber':
    case 'InvalidNumberFormat':
      return 'This number is not complete.';
    case 'InvalidUnicode':
      return 'After \\u there are four hexadecimal digits.';
    case 'InvalidEscapeCharacter':
      return 'A backslash in text is written twice: \\\\.';
    case 'InvalidCharacter':
      return 'Text must not hold control characters; a line break is written \\n, a tab \\t.';
    default:
      return `This is neither a value nor a key${near}; text stands in double quotes.`;
  }
}

/** Text of the file in a message: printable and short. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (const { index, 0: end } of text.matchAll(/\r\n|\r|\n/g)) starts.push(index + end.length);
  return starts;
}

function position(starts: number[], text: string, offset: number): { line: number; column: number } {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const mark = low === 0 && offset > 0 && text.startsWith('\uFEFF') ? 1 : 0;
  return { line: low + 1, column: offset - (starts[low] ?? 0) - mark + 1 };
}

/** The node of a property with this key; of several the last, which is the one that counts in JSON. */
export function propertyOf(object: Node | undefined, key: string): Node | undefined {
  return object?.children?.findLast((property) => property.children?.[0]?.value === key);
}

/** The value at a path, or undefined. */
export function nodeAt(root: Node | undefined, path: Path): Node | undefined {
  let node = root;
  for (const segment of path)
    node =
      typeof segment === 'number'
        ? node?.type === 'array'
          ? node.children?.[segment]
          : undefined
        : node?.type === 'object'
          ? propertyOf(node, segment)?.children?.[1]
          : undefined;
  return node;
}

/** The key that a path ends with; for the root or an index its value. */
export function keyAt(root: Node | undefined, path: Path): Node | undefined {
  const last = path.at(-1);
  if (typeof last !== 'string') return nodeAt(root, path);
  return propertyOf(nodeAt(root, path.slice(0, -1)), last)?.children?.[0];
}
