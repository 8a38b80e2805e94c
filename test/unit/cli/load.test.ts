import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { BASIC_MEDIA, CORE, makeModule, type ModuleFiles } from '../../../demo/modules';
import { play, scratch } from './stage';

let folder: string;
let core: ModuleFiles;
const jarOf = (files: ModuleFiles) => files.jar;

/** A fleet file that wants the core and a module with dependencies, from the repository beside it. */
const fleetText = (media: string) => `{ "name": "Harbour", "systems": { "boxes": { "product": "banalytics",
  "home": "/opt/box", "repository": "repo", "modules": { "${CORE}": "1.4.2", "${BASIC_MEDIA}": ${media} },
  "servers": { "box-1": { "host": "10.0.0.1", "os": "linux", "environment": "e1" } } } } }`;

beforeAll(async () => {
  folder = scratch();
  const repository = join(folder, 'repo');
  core = await makeModule(repository, { module: CORE, version: '1.4.2' });
  const bin = { 'codecs.jar': 'codecs' };
  await makeModule(repository, { module: BASIC_MEDIA, version: '1.4.0', dependsOn: [`${CORE}:1.4.2`], bin });
});

interface Loaded {
  packages: { module: string; version: string; kind: string; sha256: string; existed: boolean }[];
  errors: { code: string; hint: string }[];
}
const load = async (argv: string[], text = fleetText('"1.4.0"'), home?: string) => {
  const played = await play(
    ['load', '--json', ...argv],
    { fleetText: text },
    { cwd: folder, env: home ? { VMS_FLEET_HOME: home } : {} },
  );
  return { ...played, document: (played.stdout === '' ? undefined : JSON.parse(played.stdout)) as Loaded };
};

describe('load', () => {
  it('says what a file is, its hash, and whether it was there already', async () => {
    const home = scratch();
    const first = await load([jarOf(core)], '', home);
    expect(first.code).toBe(0);
    expect(first.document.packages).toEqual([
      expect.objectContaining({ module: CORE, version: '1.4.2', kind: 'core', existed: false }),
    ]);
    const again = await load([jarOf(core)], '', home);
    expect(again.document.packages[0]).toMatchObject({
      existed: true,
      sha256: first.document.packages[0]?.sha256,
    });
    const env = { VMS_FLEET_HOME: home };
    const listed = await play(['packages', '--json'], { fleetText: '' }, { env });
    expect(JSON.parse(listed.stdout)).toMatchObject({ packages: [{ module: CORE }], problems: [] });
    const people = await play(['packages'], { fleetText: '' }, { env });
    expect(people.stdout).toContain(first.document.packages[0]?.sha256);
  });

  it('loads what the fleet file wants from its repository, beside the file', async () => {
    const { code, document } = await load([]);
    expect(code).toBe(0);
    expect(document.packages.map(({ module, kind }) => [module, kind])).toEqual([
      [CORE, 'core'],
      [BASIC_MEDIA, 'module'],
      [BASIC_MEDIA, 'dependencies'],
    ]);
  });

  it('loads one module by name; where the version is missing, the wanted one', async () => {
    const one = await load(['--module', BASIC_MEDIA, '--package-version', '1.4.0'], fleetText('null'));
    expect(one.document.packages.map(({ kind }) => kind)).toEqual(['module', 'dependencies']);
    expect((await load(['--module', CORE])).document.packages).toHaveLength(1);
    expect(await load(['--module', BASIC_MEDIA], fleetText('null'))).toMatchObject({ code: 2 });
  });

  it('refuses a bad package with its code and hint, and loads the others', async () => {
    const bad = join(folder, 'page.jar');
    await writeFile(bad, '<!doctype html><p>Not found');
    const { code, document, stderr } = await load([bad, jarOf(core)]);
    expect(code).toBe(2);
    expect(document.packages).toHaveLength(1);
    expect(document.errors).toHaveLength(1);
    expect(stderr).toContain(document.errors[0]?.code);
    expect(stderr).toContain(document.errors[0]?.hint);
  });

  it('refuses hints that contradict the file or are none', async () => {
    const wrong = await load([jarOf(core), '--package-version', '9.9.9']);
    expect(wrong).toMatchObject({ code: 2, document: { errors: [{ code: 'package.mismatch' }] } });
    expect((await load([jarOf(core), '--product', 'acme'])).stderr).toContain(
      'eocortex, mirasys, banalytics',
    );
    expect((await load([jarOf(core), '--kind', 'jar'])).stderr).toContain('core, module');
  });

  it('downloads an address', async () => {
    const server = createServer((_request, response) => createReadStream(jarOf(core)).pipe(response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const { code, document } = await load([`http://127.0.0.1:${port}/core-1.4.2.jar`]);
      expect(code).toBe(0);
      expect(document.packages[0]).toMatchObject({ module: CORE, version: '1.4.2' });
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('fails where the repository lacks a wanted version, naming it', async () => {
    const { code, stderr } = await load([], fleetText('"7.7.7"'));
    expect(code).toBe(2);
    expect(stderr).toContain('7.7.7');
  });
});
