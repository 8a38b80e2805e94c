import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openLibrary, type PackageInfo } from '../../../src/updater/packages/library';
import { basicMedia, core, fileOf, jarOf, scratch, zipOf } from './make';

const now = () => new Date('2026-11-21T10:00:00Z');

async function withJar(version = '1.4.0') {
  const bytes = await jarOf(basicMedia, version);
  const path = await fileOf(`basic-media-${version}.jar`, bytes);
  const dir = join(await scratch(), 'library');
  return { bytes, path, dir, library: openLibrary(dir, { now }) };
}

test('what is added is there for everybody, whole and described', async () => {
  const { bytes, path, dir, library } = await withJar();
  await utimes(path, 1_700_000_000, 1_700_000_000);
  const progress: number[] = [];
  const { info, existed } = await library.add(path, { onProgress: (received) => progress.push(received) });
  expect(existed).toBe(false);
  expect(info).toEqual({
    sha256: createHash('sha256').update(bytes).digest('hex'),
    file: 'basic-media-1.4.0.jar',
    size: bytes.length,
    product: 'banalytics',
    kind: 'module',
    version: '1.4.0',
    arch: null,
    module: basicMedia,
    dependsOn: [],
    uploaded: 1_700_000_000,
    contents: null,
    source: path,
    loadedAt: '2026-11-21T10:00:00.000Z',
  });
  expect(progress.at(-1)).toBe(bytes.length);
  expect(await readFile(library.path(info))).toEqual(bytes);
  const other = openLibrary(dir);
  expect(await other.list()).toEqual([info]);
  expect(await other.get(info.sha256)).toEqual(info);
  expect(await other.get('0'.repeat(64))).toBeUndefined();
  expect(await other.get('../../etc')).toBeUndefined();
  expect(await readdir(join(dir, '.incoming'))).toEqual([]);
  expect((await library.add(path)).existed).toBe(true);
});

test('find asks by product, module, version and kind', async () => {
  const { path, library } = await withJar();
  await library.add(path);
  await library.add(await fileOf('banalytics-box.jar', await jarOf(core, '1.4.2')));
  const found = async (query: object) =>
    (await library.find(query)).map(({ module, version }) => [module, version]);
  expect(await found({ module: basicMedia })).toEqual([[basicMedia, '1.4.0']]);
  expect(await found({ kind: 'core', version: '1.4.2' })).toEqual([[core, '1.4.2']]);
  expect(await found({ version: '9.9' })).toEqual([]);
  expect(await found({ product: 'banalytics' })).toHaveLength(2);
});

test('a file that is refused leaves nothing behind', async () => {
  const { bytes, dir, library } = await withJar();
  const cut = await fileOf('basic-media-1.4.0.jar', bytes.subarray(0, 500));
  await expect(library.add(cut)).rejects.toMatchObject({ code: 'package.corrupt' });
  await expect(library.add('/nowhere/x.jar')).rejects.toMatchObject({ code: 'package.not-found' });
  await expect(library.add(dir)).rejects.toMatchObject({ code: 'package.unknown' });
  await expect(library.add(cut, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'cancelled',
  });
  expect(await library.list()).toEqual([]);
  expect(await readdir(dir)).toEqual(['.incoming']);
  expect(await readdir(join(dir, '.incoming'))).toEqual([]);
});

test.each<[string, (folder: string, info: PackageInfo) => Promise<void>, string]>([
  ['cut off', (folder, { file }) => truncate(join(folder, file), 10), 'instead of'],
  ['without its file', (folder, { file }) => rm(join(folder, file)), 'is missing'],
  ['without its record', (folder) => rm(join(folder, 'package.json')), 'package.json is missing'],
  ['with half a record', (folder) => truncate(join(folder, 'package.json'), 20), 'package.json is damaged'],
])('a package %s is told of, not listed, and mended by loading it again', async (_, damage, words) => {
  const { path, dir, library } = await withJar();
  const { info } = await library.add(path);
  await damage(join(dir, info.sha256), info);
  for (const each of [openLibrary(dir), ...(words.includes('package.json is damaged') ? [] : [library])]) {
    expect(await each.list()).toEqual([]);
    const problem = { code: 'package.corrupt', message: expect.stringContaining(words) as string };
    expect(await each.problems()).toMatchObject([problem]);
    await expect(each.get(info.sha256)).rejects.toMatchObject(problem);
  }
  expect(await openLibrary(dir).add(path)).toMatchObject({ existed: false });
  expect(await openLibrary(dir).problems()).toEqual([]);
  await openLibrary(dir).verify(info.sha256);
});

test('verify hashes what lies on disk; loading again replaces a rotten file of the right size', async () => {
  const { bytes, path, library } = await withJar();
  const { info } = await library.add(path);
  await library.verify(info.sha256);
  await writeFile(library.path(info), Buffer.alloc(bytes.length, 'x'));
  await expect(library.verify(info.sha256)).rejects.toMatchObject({ code: 'package.corrupt' });
  await expect(library.verify(info.sha256, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'cancelled',
  });
  await expect(library.verify('0'.repeat(64))).rejects.toMatchObject({ code: 'package.not-found' });
  expect((await library.add(path)).existed).toBe(false);
  await library.verify(info.sha256);
});

test('remove takes it away for good', async () => {
  const { path, dir, library } = await withJar();
  const { info } = await library.add(path);
  await library.remove(info.sha256);
  expect(await library.list()).toEqual([]);
  expect(await readdir(dir)).toEqual(['.incoming']);
  await expect(library.remove(info.sha256)).rejects.toMatchObject({ code: 'package.not-found' });
  await expect(library.remove('../x')).rejects.toMatchObject({ code: 'package.not-found' });
});

test('two versions may share the very same model', async () => {
  const dir = await scratch();
  const library = openLibrary(dir);
  const bytes = await zipOf([{ name: 'weights.bin' }]);
  const hints = { modules: [basicMedia] };
  for (const version of ['1.4.0', '1.4.1', '1.4.1'])
    await library.add(await fileOf(`basic-media-${version}-model.zip`, bytes), { hints });
  for (const each of [library, openLibrary(dir)]) {
    expect((await each.list()).map(({ version }) => version).sort()).toEqual(['1.4.0', '1.4.1']);
    const [second] = await each.find({ version: '1.4.1' });
    expect(second && (await stat(each.path(second))).size).toBe(bytes.length);
  }
});

test('processes that add the same package at once all succeed, and nobody ever sees half of it', async () => {
  const { bytes, path, dir } = await withJar();
  const script = join(await scratch(), 'add.cjs');
  await build({
    stdin: {
      contents: `import { openLibrary } from './src/updater/packages/library';
        const [dir, path] = process.argv.slice(2);
        const wait = Number(process.env.START_AT) - Date.now();
        setTimeout(() => void openLibrary(dir).add(path).then(({ existed }) => console.log(existed)), wait);`,
      resolveDir: process.cwd(),
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    outfile: script,
  });
  const env = { ...process.env, START_AT: String(Date.now() + 1500) };
  const run = promisify(execFile);
  let running = true;
  const watching = (async () => {
    const reader = openLibrary(dir);
    for (; running; await new Promise(setImmediate)) {
      expect(await reader.problems()).toEqual([]);
      for (const info of await reader.list())
        expect((await readFile(reader.path(info))).length).toBe(bytes.length);
    }
  })();
  const results = await Promise.all(
    Array.from({ length: 5 }, () => run(process.execPath, [script, dir, path], { env, timeout: 15_000 })),
  );
  running = false;
  await watching;
  expect(results.map(({ stdout }) => stdout.trim()).sort()).toEqual([
    'false',
    'true',
    'true',
    'true',
    'true',
  ]);
  expect(await openLibrary(dir).list()).toHaveLength(1);
  expect(await readdir(join(dir, '.incoming'))).toEqual([]);
});
