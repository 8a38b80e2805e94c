import { expect, test } from 'vitest';
import { readZip } from '../../../src/updater/packages/zip';
import { fileOf, zipOf, zipWithTwoNames } from './make';

test('an archive that unpacks to more than is borne is refused before it is read', async () => {
  const path = await fileOf(
    'bomb.zip',
    await zipOf([{ name: 'a', text: Buffer.alloc(5_000_000) }, { name: 'b' }]),
  );
  await expect(
    readZip(path, { unpackable: true, limits: { entries: 9, unpacked: 4_000_000 } }),
  ).rejects.toMatchObject({
    code: 'package.corrupt',
    message: expect.stringContaining('unpacks to more') as string,
  });
  await expect(
    readZip(path, { unpackable: true, limits: { entries: 1, unpacked: 1e9 } }),
  ).rejects.toMatchObject({ code: 'package.corrupt' });
  expect(await readZip(path, { unpackable: true, limits: { entries: 2, unpacked: 5_000_001 } })).toHaveLength(
    2,
  );
});

test.each([1000, 2_000_000])('an entry of 5 MB that says it has %i is refused', async (said) => {
  const zip = await zipOf([{ name: 'a', text: Buffer.alloc(5_000_000) }]);
  const central = zip.indexOf('PK\x01\x02', 0, 'latin1');
  zip.writeUInt32LE(said, central + 24);
  await expect(readZip(await fileOf('a.zip', zip), { unpackable: true })).rejects.toMatchObject({
    code: 'package.corrupt',
  });
});

test('text is kept only where it is small and asked for', async () => {
  const path = await fileOf(
    'a.zip',
    await zipOf([
      { name: 'small', text: 'x' },
      { name: 'big', text: Buffer.alloc(2 ** 20 + 1) },
    ]),
  );
  const entries = await readZip(path, { unpackable: false, keepText: () => true });
  expect(entries.map(({ text, sha256 }) => [text, sha256])).toEqual([
    ['x', undefined],
    [undefined, undefined],
  ]);
});

test.each([
  ['../../../../tmp/slipped', 'model/good.bin', 'leads out of its folder'],
  ['/etc/passwd', 'model/good.bin', 'is an absolute path'],
  ['model/good.bin', '../slipped', 'leads out of its folder'],
  ['modules-info.properties', 'folder/', 'a file by one of its names and a folder by the other'],
])('an entry "%s" that is also called "%s" is refused', async (plain, unicode, why) => {
  const path = await fileOf('a.zip', await zipWithTwoNames(plain, unicode));
  await expect(readZip(path, { unpackable: true })).rejects.toMatchObject({
    code: 'package.corrupt',
    message: expect.stringContaining(why) as string,
  });
});

test('a second name in Unicode is the name, whatever the letters of the first', async () => {
  // As a Russian Windows writes it: the plain name in code page 866.
  const plain = Buffer.concat([Buffer.from('model/'), Buffer.from([0xa4, 0xae, 0xac])]);
  const path = await fileOf('a.zip', await zipWithTwoNames(plain, 'model/дом'));
  expect((await readZip(path, { unpackable: true })).map((entry) => entry.path)).toEqual(['model/дом']);
});
