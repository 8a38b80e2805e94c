import fc from 'fast-check';
import { createScanner, parse } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import {
  addServers,
  addSystem,
  apply,
  removeServer,
  setField,
  setModuleVersion,
  setSystemVersion,
} from '../../../src/updater/fleet/edit';
import type { TextEdit } from '../../../src/updater/fleet/edit';
import { parseFleet } from '../../../src/updater/fleet/read';

const FILE = `// Harbour
{
  "systems": {
    // the boxes
    "boxes": {
      "product": "banalytics",
      "modules": {
        "g:a": "1.0", // pinned
        /* second */ "g:b": "1.0"
      },
      "servers": {
        // pier
        "b1": { "host": "h1" }, // by the crane
        // quay
        "b2": { "host": "h2", "tags": ["ptz"] } // by the gate
        // "b9": { "host": "h9" }
      }
    },
    "lake": { "product": "mirasys" }
  }
}
`;

function replaced(before: string, after: string): string {
  if (!FILE.includes(before)) throw new Error(`not in the file: ${before}`);
  return FILE.replace(before, after);
}

describe('one edit', () => {
  it('adds a server after the last one, in the way its neighbour is written', () => {
    const text = apply(FILE, addServers(FILE, 'boxes', [['b3', { host: 'h3', tags: ['a', 'b'] }]]));
    const before = '"tags": ["ptz"] } // by the gate\n';
    const after = '"tags": ["ptz"] }, // by the gate\n        "b3": { "host": "h3", "tags": ["a", "b"] }\n';
    expect(text).toBe(replaced(before, after));
  });

  it('adds many servers in one edit, wherever they come', () => {
    const added = [
      ['b3', { host: 'h3' }],
      ['b4', { host: 'h4' }],
    ] as const;
    const before = '"tags": ["ptz"] } // by the gate\n';
    expect(apply(FILE, addServers(FILE, 'boxes', added))).toBe(
      replaced(
        before,
        '"tags": ["ptz"] }, // by the gate\n        "b3": { "host": "h3" },\n        "b4": { "host": "h4" }\n',
      ),
    );
    const trailing = replaced('"tags": ["ptz"] } //', '"tags": ["ptz"] }, //');
    expect(
      parse(apply(trailing, addServers(trailing, 'boxes', added)), [], { allowTrailingComma: true }),
    ).toEqual(parse(apply(FILE, addServers(FILE, 'boxes', added))));
    const empty = replaced('"mirasys" }', '"mirasys", "servers": { /* none yet */ } }');
    expect(apply(empty, addServers(empty, 'lake', added))).toMatch(
      /\{ \/\* none yet \*\/\n {6}"b3": \{\n {8}"host": "h3"\n {6}\},\n {6}"b4": \{\n/,
    );
    expect(addServers(FILE, 'boxes', [])).toEqual([]);
  });

  it('adds the first server of a system on one line', () => {
    const text = apply(FILE, addServers(FILE, 'lake', [['m', { host: 'h' }]]));
    expect(text).toBe(replaced('"mirasys" }', '"mirasys", "servers": { "m": { "host": "h" } } }'));
  });

  it('adds a system with the indentation and line ends of the file', () => {
    const tabs = '{\r\n\t"systems": {}\r\n}\r\n';
    const text = apply(tabs, addSystem(tabs, 'b', { product: 'banalytics', servers: { s: { host: 'h' } } }));
    expect(text).toBe(
      '{\r\n\t"systems": {\r\n\t\t"b": {\r\n\t\t\t"product": "banalytics",\r\n\t\t\t"servers": {\r\n\t\t\t\t"s": {\r\n\t\t\t\t\t"host": "h"\r\n\t\t\t\t}\r\n\t\t\t}\r\n\t\t}\r\n\t}\r\n}\r\n',
    );
    const commented = '{ "systems": { /* none yet */ } }';
    const parsed = parseFleet(apply(commented, addSystem(commented, 'b', { product: 'mirasys' })), '/f');
    expect(parsed.fleet?.systems).toHaveLength(1);
  });

  it("sets a system's version where the product is named, comments kept, and once", () => {
    const set = (text: string, version = '4.4.12') => apply(text, setSystemVersion(text, 's', version));
    const head = '{ "systems": {\n  "s": {\n    "product": "eocortex"';
    const tail = '\n    "servers": { "a": { "host": "h", "version": "4.0" } } // two\n  }\n} }';
    expect(set(`${head}, // one\n    // two${tail}`)).toBe(
      `${head}, // one\n    "version": "4.4.12",\n    // two${tail}`,
    );
    expect(set(`${head}, "app": "server",${tail}`)).toBe(
      `${head}, "version": "4.4.12", "app": "server",${tail}`,
    );
    const alone = '{ "systems": { "s": { "product": "eocortex" } } }';
    expect(set(alone)).toBe(alone.replace('" }', '", "version": "4.4.12" }'));
    expect(set('{ "systems": {\n  "s": {\n    "product": "eocortex" // one\n  }\n} }')).toBe(
      '{ "systems": {\n  "s": {\n    "product": "eocortex", // one\n    "version": "4.4.12"\n  }\n} }',
    );
    const there = `${head},\n    "version": /* was */ "4.3.1", // kept${tail}`;
    expect(set(there)).toBe(there.replace('4.3.1', '4.4.12'));
    expect(setSystemVersion(there, 's', '4.3.1')).toEqual([]);
    expect(() => setSystemVersion(alone, 't', '1.0')).toThrowError('There is no system "t"');
  });

  it('keeps a trailing comma', () => {
    expect(apply('{ "a": 1, }', setField('{ "a": 1, }', ['b'], 2))).toBe('{ "a": 1, "b": 2, }');
    expect(apply('{\n  "a": 1, // x\n}', setField('{\n  "a": 1, // x\n}', ['b'], 2))).toBe(
      '{\n  "a": 1, // x\n  "b": 2,\n}',
    );
  });

  it('removes a server with the comment at its end, and the comma before it', () => {
    const first = apply(FILE, removeServer(FILE, 'boxes', 'b1'));
    expect(first).toBe(replaced('        "b1": { "host": "h1" }, // by the crane\n', ''));
    const last = apply(FILE, removeServer(FILE, 'boxes', 'b2'));
    expect(last).toBe(
      replaced('{ "host": "h1" },', '{ "host": "h1" }').replace(
        '        "b2": { "host": "h2", "tags": ["ptz"] } // by the gate\n',
        '',
      ),
    );
    for (const [text, rest] of [
      ['{ "a": 1, "b": 2 }', '{ "b": 2 }'],
      ['{ "b": 2, "a": 1 }', '{ "b": 2 }'],
      ['{ "a": 1, }', '{ }'],
      ['{ "b": 2\n, "a": 1 /* x */ }', '{ "b": 2\n /* x */ }'],
      ['{ "a": 1 /* x */, "b": 2 }', '{  /* x */ "b": 2 }'],
    ] as const)
      expect(apply(text, setField(text, ['a'], undefined))).toBe(rest);
  });

  it('sets a version for the system, for one server, to "not installed" and back', () => {
    expect(apply(FILE, setModuleVersion(FILE, 'boxes', 'g:a', '1.1'))).toBe(
      replaced('"g:a": "1.0"', '"g:a": "1.1"'),
    );
    expect(apply(FILE, setModuleVersion(FILE, 'boxes', 'g:b', null))).toBe(
      replaced('"g:b": "1.0"', '"g:b": null'),
    );
    const one = apply(FILE, setModuleVersion(FILE, 'boxes', 'g:a', null, 'b1'));
    expect(one).toBe(replaced('{ "host": "h1" }', '{ "host": "h1", "modules": { "g:a": null } }'));
    expect(parse(apply(one, setModuleVersion(one, 'boxes', 'g:a', undefined, 'b1')))).toEqual(
      parse(replaced('"h1"', '"h1", "modules": {}')),
    );
    expect(setModuleVersion(FILE, 'boxes', 'g:a', '1.0')).toEqual([]);
  });

  it('refuses what does not fit, and says so', () => {
    const usage = expect.objectContaining({ code: 'usage' }) as Error;
    expect(() => addSystem(FILE, 'lake', { product: 'mirasys' })).toThrow(usage);
    expect(() => addServers(FILE, 'lake', [['b1', { host: 'x' }]])).toThrow(
      /already a server "b1" in system "boxes"/,
    );
    expect(() =>
      addServers(FILE, 'boxes', [
        ['x', { host: 'a' }],
        ['x', { host: 'b' }],
      ]),
    ).toThrow(/already a server "x" among those that are added/);
    expect(() => addServers(FILE, 'sea', [['x', { host: 'x' }]])).toThrow(usage);
    expect(() => removeServer(FILE, 'boxes', 'b9')).toThrow(usage);
    expect(() => setField(FILE, ['systems', 'lake', 'product', 'x'], 1)).toThrow(usage);
    expect(() => setField('{ "a" 1 }', ['a'], 2)).toThrow(
      expect.objectContaining({ code: 'fleet.invalid' }) as Error,
    );
  });
});

/** A file in some hand: random blanks, line ends, comments, trailing commas. */
interface Hand {
  eol: string;
  unit: string;
  mark: boolean;
  gaps: number[];
}
const hand: fc.Arbitrary<Hand> = fc.record({
  eol: fc.constantFrom('\n', '\r\n'),
  unit: fc.constantFrom('  ', '    ', '\t'),
  mark: fc.boolean(),
  gaps: fc.array(fc.nat(9), { minLength: 40, maxLength: 80 }),
});
type Tree = { [key: string]: Tree | string | number };
const key = fc.constantFrom('a', 'b', 'c', 'd', 'é "q"', '//');
const tree = fc.letrec<{ tree: Tree; value: Tree | string | number }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.integer(),
    fc.constantFrom('x', '// no', ',', '}', '/* no */'),
    tie('tree'),
  ),
  tree: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
})).tree;

function write(value: Tree | string | number, { eol, unit, mark, gaps }: Hand): string {
  let turn = 0;
  let comments = 0;
  const gap = (indent: string): string => {
    const choice = gaps[turn++ % gaps.length] ?? 0;
    if (choice < 3) return eol + indent;
    if (choice === 3) return ` // c${comments++}${eol}${indent}`;
    if (choice === 4) return ` /* c${comments++} */ `;
    if (choice === 5) return `${eol}${indent}/* c${comments++}${eol} */${eol}${indent}`;
    if (choice === 6) return `${eol}${indent}// c${comments++}${eol}${indent}`;
    return choice === 7 ? '' : ' ';
  };
  const node = (item: Tree | string | number, indent: string): string => {
    if (typeof item !== 'object') return JSON.stringify(item);
    const inner = indent + unit;
    const parts = Object.entries(item).map(
      ([name, child]) => `${JSON.stringify(name)}:${gap(inner)}${node(child, inner)}`,
    );
    const comma = parts.length > 0 && (gaps[turn++ % gaps.length] ?? 0) < 3 ? `${gap(inner)},` : '';
    return `{${gap(inner)}${parts.map((part, index) => (index === 0 ? part : gap(inner) + part)).join(`${gap(inner)},`)}${comma}${gap(indent)}}`;
  };
  return `${mark ? '\uFEFF' : ''}${gap('')}${node(value, '')}${gap('')}`;
}

function commentsOf(text: string): string[] {
  const scanner = createScanner(text.replace('\uFEFF', ' '), false);
  const found: string[] = [];
  for (scanner.scan(); scanner.getTokenOffset() < text.length; scanner.scan()) {
    const token = text.slice(scanner.getTokenOffset(), scanner.getTokenOffset() + scanner.getTokenLength());
    if (/^\/[/*]/.test(token)) found.push(token);
  }
  return found;
}

const read = (text: string): unknown => parse(text.replace('\uFEFF', ' '), [], { allowTrailingComma: true });
/** No syntax error and no key twice; the random trees are no fleets. */
const valid = (text: string): boolean =>
  parseFleet(text, '/f').problems.every(({ path, message }) => path.length > 0 && !message.includes('twice'));

function taken(text: string, edits: TextEdit[]): string {
  return edits.map(({ offset, length }) => text.slice(offset, offset + length)).join('');
}

/** Existing paths, and one that is not there. */
const pathOf = (value: Tree, picks: number[]): string[] => {
  const path: string[] = [];
  let here: Tree | string | number | undefined = value;
  for (const pick of picks) {
    if (typeof here !== 'object') break;
    const keys: string[] = Object.keys(here);
    const name: string = keys[pick % (keys.length + 1)] ?? 'new';
    path.push(name);
    here = here[name];
    if (here === undefined) break;
  }
  return path;
};

describe('any edit of any file', () => {
  const picks = fc.array(fc.nat(5), { minLength: 1, maxLength: 4 });

  it('sets what it should, keeps every comment outside of it, and touches nothing else', () => {
    fc.assert(
      fc.property(tree, hand, picks, fc.oneof(tree, fc.constant('v')), (value, style, pick, content) => {
        const text = write(value, style);
        expect(read(text)).toEqual(value);
        const path = pathOf(value, pick);
        const edits = setField(text, path, content);
        const result = apply(text, edits);

        const expected = structuredClone(value);
        let object: Tree = expected;
        for (const name of path.slice(0, -1)) object = object[name] as Tree;
        const last = path.at(-1) ?? '';
        const old = Object.hasOwn(object, last) ? object[last] : undefined;
        object[last] = content;
        expect(read(result)).toEqual(expected);
        expect(valid(result)).toBe(true);

        const gone = taken(text, edits);
        if (old === undefined) {
          expect(gone.trim()).toBe('');
          expect(commentsOf(result)).toEqual(commentsOf(text));
        } else {
          expect(commentsOf(result)).toEqual(
            commentsOf(text).filter((comment) => !commentsOf(gone).includes(comment)),
          );
          if (edits.length > 0) expect(read(gone)).toEqual(old);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('removes what it should, and besides only a comma, blanks and a comment at its end', () => {
    fc.assert(
      fc.property(tree, hand, picks, (value, style, pick) => {
        const text = write(value, style);
        const path = pathOf(value, pick);
        const edits = setField(text, path, undefined);
        const result = apply(text, edits);

        const expected = structuredClone(value);
        let object: Tree = expected;
        for (const name of path.slice(0, -1)) object = object[name] as Tree;
        const last = path.at(-1) ?? '';
        const old = object[last];
        delete object[last];
        expect(read(result)).toEqual(expected);
        expect(valid(result)).toBe(true);
        if (old === undefined) expect(edits).toEqual([]);
        else {
          const gone = taken(text, edits).replace(/^,/, '');
          expect(read(`{${gone}}`)).toEqual({ [last]: old });
          expect(gone.trimStart().startsWith(JSON.stringify(last))).toBe(true);
          const kept = commentsOf(text).filter((comment) => !commentsOf(gone).includes(comment));
          expect(commentsOf(result)).toEqual(kept);
          const endings = text.split('').filter((character) => character === '\n').length;
          expect(result.split('\n').length - 1).toBe(endings - (gone.split('\n').length - 1));
        }
      }),
      { numRuns: 3000 },
    );
  });
});
