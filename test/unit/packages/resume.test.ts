import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { openLibrary, type Library } from '../../../src/updater/packages/library';
import { exeBytes } from './installers';
import { scratch } from './make';
import { answer, serve, type RepositoryServer } from './server';

const mebibyte = 2 ** 20;
const file = 'EocortexMainCommon%20Installer.exe';
let exe: Buffer;
let folder: string;
let library: Library;
let server: RepositoryServer;

beforeEach(async () => {
  // A signature of some megabytes, as far as the inspection is concerned.
  exe = Buffer.concat([await exeBytes(), Buffer.alloc(6 * mebibyte, 'signed')]);
  folder = await scratch();
  library = openLibrary(folder, { http: { pause: 1 } });
  server = await serve();
  server.files.set('EocortexMainCommon Installer.exe', exe);
});

const sha256 = () => createHash('sha256').update(exe).digest('hex');
const incoming = () => readdir(join(folder, '.incoming'));
/** Every answer ends after so many bytes. */
const cutEvery = (bytes: number) => {
  server.before = (request, response) => {
    answer(request, response, exe, bytes);
    return true;
  };
};
/** Adds, and cancels once so much has come. */
async function cancelAfter(bytes: number): Promise<void> {
  const control = new AbortController();
  const adding = library.add(server.root + file, {
    signal: control.signal,
    onProgress: (received) => {
      if (received >= bytes) control.abort();
    },
  });
  await expect(adding).rejects.toMatchObject({ code: 'cancelled' });
}

test('a line that is cut again and again is borne as long as something comes', async () => {
  cutEvery(1.5 * mebibyte);
  const { info } = await library.add(server.root + file);
  expect(info).toMatchObject({ sha256: sha256(), version: '4.3.1', product: 'eocortex' });
  expect(server.requests.length).toBe(5);
  cutEvery(1000);
  await library.remove(info.sha256);
  server.requests.length = 0;
  await expect(library.add(server.root + file)).rejects.toMatchObject({ code: 'repository.unreachable' });
  expect(server.requests.length).toBe(3);
  expect(await incoming()).toEqual([]);
});

test('a cancelled download goes on with the next one, of another process too', async () => {
  await cancelAfter(2 * mebibyte);
  expect(await incoming()).toEqual([expect.stringMatching(/^broken-/)]);
  expect(await library.list()).toEqual([]);
  const another = openLibrary(folder);
  const { info } = await another.add(server.root + file);
  expect(info.sha256).toBe(sha256());
  const from = Number(/bytes=(\d+)-$/.exec(server.requests.at(-1) ?? '')?.[1]);
  expect(from).toBeGreaterThanOrEqual(2 * mebibyte);
  const kept = await readdir(join(folder, info.sha256));
  expect(kept.sort()).toEqual(['EocortexMainCommon_Installer.exe', 'package.json']);
  expect(await incoming()).toEqual([]);
  await another.verify(info.sha256);
});

test('not with what was replaced meanwhile', async () => {
  await cancelAfter(2 * mebibyte);
  exe = Buffer.concat([exe, Buffer.from('newer')]);
  server.files.set('EocortexMainCommon Installer.exe', exe);
  expect((await library.add(server.root + file)).info.sha256).toBe(sha256());
});

test('of two at once only one goes on', async () => {
  await cancelAfter(2 * mebibyte);
  server.requests.length = 0;
  const all = await Promise.all(['', ''].map((query) => library.add(server.root + file + query)));
  expect(new Set(all.map(({ info }) => info.sha256))).toEqual(new Set([sha256()]));
  expect(server.requests.filter((request) => request.includes('bytes='))).toHaveLength(1);
});
