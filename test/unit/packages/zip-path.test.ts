import fc from 'fast-check';
import { posix, win32 } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PathRegister, pathProblem, plainPath, typeProblem } from '../../../src/updater/packages/zip-path';

describe('names in archives', () => {
  test.each(['a', 'a/b.jar', 'a/', './', './a', 'a b/c-1.2.jar', '..a', 'a..b', '.hidden', 'ü/é'])(
    '%j may be unpacked',
    (name) => expect(pathProblem(name)).toBeUndefined(),
  );

  test.each([
    '',
    '/',
    '/a',
    '../a',
    'a/../../b',
    'a/..',
    'C:/a',
    'c:a',
    'a\\b',
    '..\\a',
    'a//b',
    'a\0b',
    'a\nb',
    'a:b',
    '.. /a',
    '.../a',
    'a./b',
    'a ',
    '.',
    'a/.',
    '\uFFFD',
  ])('%j may not', (name) => expect(pathProblem(name)).toBeTypeOf('string'));

  test('whatever passes stays in its folder, on Linux and on Windows', () => {
    const piece = fc.constantFrom('..', '.', '/', '\\', 'a', 'C:', ' ', '//', 'b.jar', '...', '\0', 'x');
    const name = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
    );
    let passed = 0;
    fc.assert(
      fc.property(name, (text) => {
        if (pathProblem(text) !== undefined) return;
        passed += 1;
        const plain = plainPath(text);
        expect(posix.resolve('/root/in', plain) + '/').toMatch(/^\/root\/in\//);
        expect(win32.resolve('C:\\root\\in', plain) + '\\').toMatch(/^C:\\root\\in\\/);
      }),
      { numRuns: 20_000 },
    );
    expect(passed).toBeGreaterThan(500);
  });

  test('names that land on each other are found', () => {
    const add = (...paths: string[]) => {
      const register = new PathRegister();
      return paths.map((path) => register.add(path)).at(-1);
    };
    expect(add('a', 'b', 'a/')).toBeDefined();
    expect(add('a', 'a')).toBe('is there twice');
    expect(add('lib/A.jar', 'lib/a.jar')).toContain('ignores case');
    expect(add('a', 'a/b')).toContain('below a file');
    expect(add('a/b', 'a')).toContain('file and a folder');
    expect(add('a/', 'a/b', 'a/c/', 'a/c/d', 'a/c/')).toBeUndefined();
  });

  test('links and devices are no files', () => {
    const unix = 3 << 8;
    expect(typeProblem((0o120777 << 16) >>> 0, unix)).toBe('is a symbolic link');
    expect(typeProblem((0o120777 << 16) >>> 0, 0)).toBe('is a symbolic link');
    expect(typeProblem((0o020666 << 16) >>> 0, unix)).toBeDefined();
    expect(typeProblem((0o100644 << 16) >>> 0, unix)).toBeUndefined();
    expect(typeProblem(0x20, 0)).toBeUndefined();
  });
});
