import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BASIC_MEDIA, CORE, makeHome, makeModule, modulesInfo } from '../../../demo/modules';
import { unpackZip } from '../../../demo/zip';
import { until } from '../../lab/until';

let dir: string;
let repository: string;
let home: string;
let product: ChildProcess | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'demo product '));
  repository = join(dir, 'repository');
  home = join(dir, 'home');
});

afterEach(async () => {
  await stop();
  await rm(dir, { recursive: true, force: true });
});

function start(): ChildProcess {
  product = spawn(join(home, 'start.sh'), { stdio: 'ignore' });
  return product;
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}

async function stop(): Promise<number | null> {
  if (!product) return null;
  const end = ended(product);
  product.kill('SIGTERM');
  product = undefined;
  return end;
}

const soon = (what: string, holds: () => boolean | Promise<boolean>) => until(what, holds, 10_000);
const read = (path: string) => readFile(join(home, path), 'utf8');
const count = async (path: string) =>
  existsSync(join(home, path)) ? (await read(path)).split('\n').length - 1 : 0;
const logged = (text: string) =>
  soon(text, async () => (await count('logs/box.log')) > 0 && (await read('logs/box.log')).includes(text));
const ready = () => soon('data/version', () => existsSync(join(home, 'data/version')));

async function installed(): Promise<void> {
  await makeModule(repository, { module: CORE, version: '1.4.1' });
  await makeModule(repository, { module: CORE, version: '1.5.0' });
  await makeModule(repository, { module: BASIC_MEDIA, version: '1.4.0', bin: { 'lib/codec.txt': 'h264' } });
  await makeHome(home, { repository, modules: { [CORE]: '1.4.1', [BASIC_MEDIA]: '1.4.0' } });
}

async function stage(modules: Record<string, string>, extra: Record<string, string> = {}): Promise<void> {
  const other = join(dir, 'other');
  await makeHome(other, { repository, modules });
  for (const [name, content] of Object.entries(extra)) await writeFile(join(other, 'modules', name), content);
  await rm(join(home, 'modules-upgrade'), { recursive: true, force: true });
  await rename(join(other, 'modules'), join(home, 'modules-upgrade'));
}

describe('the stand-in product', () => {
  it('starts a complete set, records, and ends with 143 at once', async () => {
    await installed();
    start();
    await ready();
    expect(await read('data/version')).toBe('1.4.1\n');
    expect(await read('modules/lib/codec.txt')).toBe('h264');
    await soon('two seconds of recording', async () => (await count('data/recording.log')) >= 2);
    const before = Date.now();
    expect(await stop()).toBe(143);
    expect(Date.now() - before).toBeLessThan(900);
    expect(existsSync(join(home, 'data/version'))).toBe(false);
  });

  it('swaps a staged set, migrates the settings, keeps the lines of the user and empties the backup', async () => {
    await installed();
    await writeFile(join(home, 'config/box.properties'), 'path=C\\:\\\\cams  \nschema=1.4.1\n# mine\nlast=1');
    await stage({ [CORE]: '1.5.0', [BASIC_MEDIA]: '1.4.0' });
    start();
    await ready();
    expect(await read('data/version')).toBe('1.5.0\n');
    expect(await read('config/box.properties')).toBe('path=C\\:\\\\cams  \nschema=1.5.0\n# mine\nlast=1\n');
    await logged('modules-backup emptied');
    expect(existsSync(join(home, 'modules-backup/banalytics-box.jar'))).toBe(false);
    expect(existsSync(join(home, 'modules-upgrade'))).toBe(true);
  });

  it('does not swap without the marker', async () => {
    await installed();
    await stage({ [CORE]: '1.5.0' });
    await rm(join(home, 'modules-upgrade/modules-info.properties'));
    start();
    await ready();
    expect(await read('data/version')).toBe('1.4.1\n');
  });

  it('refuses a set with a missing jar and names it', async () => {
    await installed();
    await stage({ [CORE]: '1.5.0', [BASIC_MEDIA]: '1.4.0' });
    await rm(join(home, 'modules-upgrade/com.banalytics.box.module-basic-media-1.4.0.jar'));
    expect(await ended(start())).toBe(1);
    expect(await read('logs/box.log')).toContain('com.banalytics.box.module-basic-media-1.4.0.jar');
    expect(existsSync(join(home, 'modules-backup/banalytics-box.jar'))).toBe(true);
  });

  it('refuses a marker whose colons are not escaped, as Java would read it', async () => {
    await installed();
    await writeFile(join(home, 'modules/modules-info.properties'), 'com.banalytics.box:core:1.4.1=core:1\n');
    expect(await ended(start())).toBe(1);
    expect(await read('logs/box.log')).toContain('names no group:artifact:version');
  });

  it('refuses a broken release with its reason', async () => {
    await installed();
    await stage({ [CORE]: '1.5.0' }, { 'refuse-to-start': 'no driver' });
    expect(await ended(start())).toBe(1);
    expect(await read('logs/box.log')).toContain('refused to start: no driver');
  });

  it('is ready later with slow-start, and still stops at once', async () => {
    await installed();
    await writeFile(join(home, 'modules/slow-start'), '30\n');
    start();
    await logged('slow');
    expect(existsSync(join(home, 'data/version'))).toBe(false);
    expect(await stop()).toBe(143);
  });

  it('waits on its first run', async () => {
    await makeHome(home, { repository, modules: {} });
    start();
    await logged('first run');
    expect(existsSync(join(home, 'data/recording.log'))).toBe(false);
    expect(await stop()).toBe(143);
  });
});

describe('the maker of modules', () => {
  it('writes the same bytes each time, with checksums and metadata', async () => {
    const recipe = {
      module: BASIC_MEDIA,
      version: '1.10.0',
      dependsOn: [`${CORE}:1.4.1`],
      sizeBytes: 50_000,
    };
    const one = await makeModule(join(dir, 'one'), recipe);
    const two = await makeModule(join(dir, 'two'), recipe);
    await makeModule(join(dir, 'one'), { ...recipe, version: '1.9.0', checksums: false });
    const bytes = await readFile(one.jar);
    expect(bytes.equals(await readFile(two.jar))).toBe(true);
    expect(bytes.length).toBeGreaterThan(50_000);
    expect(await readFile(`${one.jar}.sha256`, 'utf8')).toBe(
      createHash('sha256').update(bytes).digest('hex'),
    );
    const root = join(dir, 'one/com/banalytics/box/module/basic-media');
    expect(existsSync(join(root, '1.9.0/basic-media-1.9.0.jar.sha256'))).toBe(false);
    const metadata = await readFile(join(root, 'maven-metadata.xml'), 'utf8');
    expect(metadata).toMatch(/<release>1\.10\.0<[^]*<version>1\.9\.0<[^]*<version>1\.10\.0</);
  });

  it('makes jars that an unzipper reads', async () => {
    const { jar } = await makeModule(repository, { module: CORE, version: '1.0', dependsOn: ['a.b:c:2.0'] });
    await unpackZip(jar, join(dir, 'x'));
    const pom = await readFile(join(dir, 'x/META-INF/maven/com.banalytics.box/core/pom.xml'), 'utf8');
    expect(pom).toContain('<artifactId>c</artifactId><version>2.0</version>');
  });

  it('writes the marker as Properties.store does', () => {
    expect(modulesInfo({ [CORE]: '1.4.2' })).toMatch(
      /^#.*\n#.*\ncom\.banalytics\.box\\:core\\:1\.4\.2=core\\:\d+\n$/,
    );
  });
});
