import { describe, expect, test } from 'vitest';
import { activeFileName } from '../../../src/updater/packages/coordinates';
import { inspectFile } from '../../../src/updater/packages/inspect';
import {
  basicMedia,
  core,
  fileOf,
  jarOf,
  pomItems,
  replaceAll,
  zipOf,
  zipWithName,
  type ZipItem,
} from './make';

const bin = 'basic-media-1.4.0-bin.zip';
const fails = (code: string, ...words: (string | RegExp)[]): unknown =>
  expect.objectContaining({
    code,
    message: expect.toSatisfy((text: string) => words.every((word) => text.match(word) !== null)) as string,
  });

async function inspect(name: string, bytes: Buffer | string, hints = {}) {
  return inspectFile(await fileOf(name, bytes), hints);
}

describe('a jar', () => {
  test('says by itself what it is and what it needs', async () => {
    const pom = `<?xml version="1.0"?><project xmlns="x"><parent><groupId>com.banalytics.box.modules</groupId></parent>
      <properties><own.group>com.banalytics.box</own.group><loop>\${loop}</loop></properties>
      <dependencyManagement><dependencies><dependency><groupId>com.banalytics.box</groupId><artifactId>managed</artifactId></dependency></dependencies></dependencyManagement>
      <dependencies>
        <!-- <dependency><groupId>com.banalytics.box</groupId><artifactId>commented</artifactId></dependency> -->
        <dependency><groupId>\${own.group}</groupId><artifactId>core-processing-model</artifactId><scope>provided</scope>
          <exclusions><exclusion><groupId>com.banalytics.box</groupId><artifactId>excluded</artifactId></exclusion></exclusions></dependency>
        <dependency><groupId>\${project.groupId}</groupId><artifactId>basic-onvif</artifactId></dependency>
        <dependency><groupId>com.banalytics.box</groupId><artifactId>for-tests</artifactId><scope> test </scope></dependency>
        <dependency><groupId>\${loop}</groupId><artifactId>looping</artifactId></dependency>
        <dependency><groupId>com.banalyticsfake</groupId><artifactId>other-vendor</artifactId></dependency>
        <dependency><groupId>org.bytedeco</groupId><artifactId>javacv</artifactId></dependency>
      </dependencies>
      <profiles><profile><dependencies><dependency><groupId>com.banalytics.box</groupId><artifactId>of-profile</artifactId></dependency></dependencies></profile></profiles>
      <build><plugins><plugin><dependencies><dependency><groupId>com.banalytics.box</groupId><artifactId>of-plugin</artifactId></dependency></dependencies></plugin></plugins></build>
      </project>`;
    expect(await inspect('anything.jar', await jarOf(basicMedia, '1.4.0-linux-x86_64', { pom }))).toEqual({
      file: 'anything.jar',
      product: 'banalytics',
      kind: 'module',
      version: '1.4.0-linux-x86_64',
      arch: 'linux-x86_64',
      module: basicMedia,
      dependsOn: ['com.banalytics.box.module:basic-onvif', 'com.banalytics.box:core-processing-model'],
      contents: null,
    });
  });

  test('core is its own kind, also as a self-starting jar behind a script', async () => {
    const jar = await jarOf(core, '1.4.2');
    const expected = { kind: 'core', module: core, version: '1.4.2' };
    expect(await inspect('banalytics-box.jar', jar)).toMatchObject(expected);
    const script = Buffer.from('#!/bin/bash\nexec java -jar "$0"\n');
    expect(await inspect('banalytics-box.jar', Buffer.concat([script, jar]))).toMatchObject(expected);
  });

  test('active file names', () => {
    expect(activeFileName(core, '1.4.2')).toBe('banalytics-box.jar');
    expect(activeFileName(basicMedia, '1.4.0')).toBe('com.banalytics.box.module-basic-media-1.4.0.jar');
    expect(() => activeFileName('a:../b', '1.0')).toThrow(fails('fleet.invalid'));
  });

  test('of several poms the one of the file name counts, else the hint; else it is unknown', async () => {
    const more = pomItems('com.banalytics.box:core-processing-model', '1.1.0');
    const jar = await jarOf(basicMedia, '1.4.0', { more });
    expect(await inspect('basic-media-1.4.0.jar', jar)).toMatchObject({ module: basicMedia });
    expect(await inspect('core-processing-model-1.1.0.jar', jar)).toMatchObject({ version: '1.1.0' });
    expect(await inspect('x.jar', jar, { module: basicMedia })).toMatchObject({ version: '1.4.0' });
    expect(await inspect('x.jar', jar, { version: '1.1.0' })).toMatchObject({ version: '1.1.0' });
    await expect(inspect('x.jar', jar)).rejects.toEqual(
      fails('package.unknown', 'basic-media 1.4.0', 'core-processing-model 1.1.0'),
    );
    const shaded = await jarOf(basicMedia, '1.4.0', {
      more: pomItems('org.apache.commons:commons-lang3', '3.12.0'),
    });
    expect(await inspect('x.jar', shaded)).toMatchObject({ module: basicMedia });
  });

  test('without a pom the manifest gives the version', async () => {
    const manifest =
      'Manifest-Version: 1.0\r\nImplementation-Ver\r\n sion: 1.4.0\r\n\r\nName: x\r\nImplementation-Version: 9.9\r\n';
    const jar = await zipOf([{ name: 'META-INF/MANIFEST.MF', text: manifest }]);
    expect(await inspect('basic-media-1.4.0.jar', jar, { modules: [core, basicMedia] })).toMatchObject({
      module: basicMedia,
      version: '1.4.0',
    });
    await expect(inspect('y.jar', jar)).rejects.toEqual(fails('package.unknown', 'which module'));
    await expect(
      inspect('basic-media-1.5.0.jar', jar, { module: basicMedia, version: '1.5.0' }),
    ).rejects.toEqual(fails('package.mismatch', '1.5.0', '1.4.0'));
  });

  test('what was said and what is there must agree', async () => {
    const jar = await jarOf(basicMedia, '1.4.0');
    await expect(inspect('a.jar', jar, { version: '1.4.1' })).rejects.toEqual(
      fails('package.mismatch', 'a.jar', '1.4.1', '1.4.0'),
    );
    await expect(inspect('a.jar', jar, { module: core })).rejects.toEqual(
      fails('package.mismatch', core, basicMedia),
    );
    await expect(inspect('a.jar', jar, { kind: 'core' })).rejects.toEqual(
      fails('package.mismatch', 'core', 'module'),
    );
    const foreign = await jarOf('org.apache.commons:commons-lang3', '3.12.0');
    await expect(inspect('a.jar', foreign)).rejects.toEqual(fails('package.unknown', 'commons-lang3'));
    await expect(inspect('a.jar', foreign, { module: basicMedia })).rejects.toEqual(
      fails('package.mismatch', 'commons-lang3'),
    );
    await expect(inspect('a.jar', await jarOf(basicMedia, 'latest'))).rejects.toEqual(
      fails('package.unknown', 'latest'),
    );
  });

  test('cut off at any place it is corrupt, never a package', async () => {
    const jar = await jarOf(basicMedia, '1.4.0');
    for (const part of [0.1, 0.5, 0.9])
      await expect(inspect('a.jar', jar.subarray(0, Math.floor(jar.length * part)))).rejects.toEqual(
        fails('package.corrupt', 'a.jar is truncated'),
      );
    await expect(inspect('a.jar', jar.subarray(0, jar.length - 1))).rejects.toEqual(fails('package.corrupt'));
    await expect(inspect('a.jar', Buffer.concat([jar, Buffer.from('junk')]))).rejects.toEqual(
      fails('package.corrupt'),
    );
    await expect(inspect('a.jar', '')).rejects.toEqual(fails('package.corrupt', 'empty'));
  });

  test('one flipped byte in any entry is found', async () => {
    const jar = await jarOf(basicMedia, '1.4.0', {
      more: [{ name: 'stored.bin', text: 'payload-payload', compress: false }],
    });
    await expect(inspect('a.jar', replaceAll(jar, 'payload-payload', 'payload-pAyload'))).rejects.toEqual(
      fails('package.corrupt', 'stored.bin', 'CRC'),
    );
    const large = { name: 'large.bin', text: `${'x'.repeat(2_000_000)}the-end`, compress: false };
    const big = await jarOf(basicMedia, '1.4.0', { more: [large] });
    await expect(inspect('a.jar', replaceAll(big, 'the-end', 'the-eNd'))).rejects.toEqual(
      fails('package.corrupt', 'large.bin', 'CRC'),
    );
    const squeezed = Buffer.from(jar);
    const at = jar.indexOf('com/banalytics/Main.class') + 'com/banalytics/Main.class'.length + 12;
    squeezed[at] = (squeezed[at] ?? 0) ^ 0xff;
    await expect(inspect('a.jar', squeezed)).rejects.toEqual(fails('package.corrupt', 'Main.class'));
  });
});

describe('no package at all', () => {
  test.each([
    ['core-1.4.2.jar', '\n<!DOCTYPE html><html><body>502 Bad Gateway', 'an HTML page'],
    ['core-1.4.2.jar', 'MZ\x90\0 not a jar', 'a Windows executable'],
    ['core-1.4.2.jar', 'Not found.\n', 'a text file'],
    [
      'core-1.4.2.jar',
      Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]),
      'a Windows Installer package',
    ],
    ['core-1.4.2.jar', Buffer.alloc(100), 'only zero bytes'],
    ['setup', 'plain words', 'a text file'],
  ])('%s holding %j', async (name, bytes, words) => {
    await expect(inspect(name, bytes)).rejects.toEqual(fails('package.unknown', words));
  });

  test('a product whose packages nobody can read yet', async () => {
    await expect(inspect('setup.exe', 'MZ', { product: 'mirasys' })).rejects.toEqual(
      fails('package.unknown', 'mirasys'),
    );
  });

  test('a file that is not there, and a folder', async () => {
    await expect(inspectFile('/nowhere/a.jar')).rejects.toEqual(fails('package.not-found'));
    await expect(inspectFile('/tmp')).rejects.toEqual(fails('package.unknown', 'folder'));
  });
});

describe('an archive that is unpacked on servers', () => {
  const modules = [core, basicMedia];

  test('lists every file with its hash', async () => {
    const items: ZipItem[] = [
      { name: 'lib/' },
      { name: 'lib/a.jar', text: 'hello' },
      { name: './b.so', text: '' },
    ];
    expect(await inspect(bin, await zipOf(items.slice(0, 2)), { modules })).toMatchObject({
      kind: 'dependencies',
      module: basicMedia,
      version: '1.4.0',
    });
    const model = await inspect(
      'com.banalytics.box.module-basic-media-1.4.0-windows-x86_64-model.zip',
      await zipOf(items),
      { modules },
    );
    expect(model).toMatchObject({ kind: 'model', version: '1.4.0-windows-x86_64', arch: 'windows-x86_64' });
    expect(model.contents).toEqual([
      {
        path: 'lib/a.jar',
        size: 5,
        sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
      },
      { path: 'b.so', size: 0, sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
    ]);
  });

  test('which module, version and kind come from the name or must be said', async () => {
    const zip = await zipOf([{ name: 'a' }]);
    await expect(inspect(bin, zip)).rejects.toEqual(fails('package.unknown', 'which module'));
    await expect(inspect('deps.zip', zip, { modules })).rejects.toMatchObject({
      code: 'package.unknown',
      hint: expect.stringMatching(/--kind.*--package-version/) as string,
    });
    await expect(inspect(bin, zip, { modules: [basicMedia, 'com.other:basic-media'] })).rejects.toEqual(
      fails('package.unknown', 'any of'),
    );
    expect(
      await inspect('deps.zip', zip, { kind: 'model', module: basicMedia, version: '1.4.0' }),
    ).toMatchObject({ kind: 'model' });
    await expect(inspect(bin, zip, { modules, version: '1.5.0' })).rejects.toEqual(
      fails('package.mismatch', '1.5.0', '1.4.0'),
    );
    await expect(inspect(bin, zip, { modules, kind: 'model' })).rejects.toEqual(fails('package.mismatch'));
  });

  test.each([
    '../evil',
    '/etc/evil',
    'C:/evil',
    'a\\..\\evil',
    'a\nb',
    'a/../../evil',
    'lib/a.jar',
    'LIB/A.JAR',
    'lib/a.jar/x',
    'lib',
  ])('an entry %j beside lib/a.jar is refused', async (name) => {
    const zip = await zipWithName(name, [{ name: 'lib/a.jar' }]);
    await expect(inspect(bin, zip, { modules })).rejects.toEqual(fails('package.corrupt', 'entry'));
  });

  test('a symbolic link is refused', async () => {
    const zip = await zipOf([{ name: 'link', text: '/etc/passwd', mode: 0o120777 }]);
    await expect(inspect(bin, zip, { modules })).rejects.toEqual(fails('package.corrupt', 'symbolic link'));
  });

  test('a name that differs before its content is refused', async () => {
    const zip = await zipOf([{ name: 'harmless' }]);
    const local = zip.indexOf('harmless');
    zip.write('../armor', local, 'latin1');
    await expect(inspect(bin, zip, { modules })).rejects.toEqual(
      fails('package.corrupt', 'two different names'),
    );
  });

  test('can be cancelled', async () => {
    const path = await fileOf(bin, await zipOf([{ name: 'a' }]));
    await expect(inspectFile(path, { modules }, { signal: AbortSignal.abort() })).rejects.toEqual(
      fails('cancelled'),
    );
  });
});
