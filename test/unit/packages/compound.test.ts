import { expect, test } from 'vitest';
import { inspectFile } from '../../../src/updater/packages/inspect';
import { compoundOf, type CompoundOptions } from './compound';
import { fileOf } from './make';

/** Texts of a database: number 1 has one letter. */
const texts = {
  _StringPool: Buffer.from([0, 0, 0, 0, 1, 0, 1, 0, ...Buffer.alloc(4088)]),
  _StringData: Buffer.alloc(2 ** 16, 'a'),
};
/** A Property table of so many rows, all of which name the same text. */
const properties = (rows: number) => Buffer.alloc(rows * 4, Buffer.from([1, 0]));

async function failing(tables: Record<string, Buffer>, options: CompoundOptions = {}): Promise<string> {
  const path = await fileOf('a.msi', compoundOf(tables, options));
  return inspectFile(path).then(
    () => 'nothing failed',
    (error: Error) => error.message,
  );
}

test('a database that is whole is read', async () => {
  expect(await failing({ ...texts, Property: properties(1024) })).toMatch(/does not say what it installs/);
});

test.each([0xffffffff, 2 ** 20, 512, 0])(
  'a header by which %i bytes are little is refused',
  async (cutoff) => {
    // Each text would lead through 67 million sectors.
    const sizes = { _StringData: 0xfffffffe };
    expect(await failing({ ...texts, Property: properties(8) }, { cutoff, sizes })).toMatch(
      /header makes no sense/,
    );
  },
);

test('a table of more rows than anybody writes is refused', async () => {
  expect(await failing({ ...texts, Property: properties(2 ** 18) })).toMatch(/claims 1048576 bytes/);
});
