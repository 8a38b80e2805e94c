import { readFileSync } from 'node:fs';
import { open, truncate } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { inspectFile } from '../../../src/updater/packages/inspect';
import { versionOf } from '../../../src/updater/packages/installer-identity';
import type { InspectHints } from '../../../src/updater/packages/package-info';
import { exeBytes, msiBytes } from './installers';
import { fileOf, replaceAll, zipOf } from './make';

const said: InspectHints = { product: 'eocortex', kind: 'installer', version: '4.3.1', arch: 'x64' };
const fails = (code: string, ...words: (string | RegExp)[]): unknown =>
  expect.objectContaining({
    code,
    message: expect.toSatisfy((text: string) => words.every((word) => text.match(word) !== null)) as string,
  });
const inspect = async (name: string, bytes: Buffer | string, hints: InspectHints = {}) =>
  inspectFile(await fileOf(name, bytes), hints);
const renamed = (bytes: Buffer, from: string, to: string) =>
  replaceAll(
    bytes,
    Buffer.from(from, 'utf16le').toString('latin1'),
    Buffer.from(to, 'utf16le').toString('latin1'),
  );

describe('a whole installer', () => {
  test('.exe: product, version, and the architecture of the product, not of the setup program', async () => {
    expect(await inspect('EocortexMainCommon Installer.exe', await exeBytes())).toEqual({
      file: 'EocortexMainCommon Installer.exe',
      product: 'eocortex',
      kind: 'installer',
      version: '4.3.1',
      arch: 'x64',
      module: null,
      dependsOn: [],
      contents: null,
      installer: {
        format: 'exe',
        edition: 'complete',
        productName: 'Eocortex',
        program: 'x86',
        productCode: null,
      },
    });
  });

  test('.msi: from its tables', async () => {
    expect(await inspect('any.msi', await msiBytes())).toMatchObject({
      product: 'eocortex',
      kind: 'installer',
      version: '4.3.1',
      arch: 'x64',
      installer: {
        format: 'msi',
        edition: 'complete',
        productName: 'Eocortex complete distribution',
        program: null,
        productCode: '{6C0B9B2E-3F9C-4E0B-9F7E-0123456789AD}',
      },
    });
  });

  test('what was said must agree; 4.3.1.0 and 4.3.1 do', async () => {
    const exe = await exeBytes();
    expect(await inspect('a.exe', exe, { ...said, version: '4.3.1.0' })).toMatchObject({ version: '4.3.1' });
    await expect(inspect('a.exe', exe, { version: '4.3.2' })).rejects.toEqual(
      fails('package.mismatch', 'a.exe', '4.3.2', '4.3.1'),
    );
    await expect(inspect('a.exe', exe, { arch: 'x86' })).rejects.toEqual(
      fails('package.mismatch', 'x86', 'x64'),
    );
    await expect(inspect('a.exe', exe, { kind: 'core' })).rejects.toEqual(fails('package.mismatch', 'core'));
    await expect(inspect('a.msi', await msiBytes(), { arch: 'arm64' })).rejects.toEqual(
      fails('package.mismatch', 'arm64', 'x64'),
    );
  });

  test('the former name of the product counts, and "macroscope" does not', async () => {
    const exe = await exeBytes();
    const former = renamed(renamed(exe, 'EocortexMainCommon', 'MacroscpMainCommon'), 'Eocortex', 'Macroscp');
    await expect(inspect('a.exe', former)).rejects.toEqual(fails('package.unknown', 'Macroscp 4.3.1'));
    // One letter longer than "Eocortex": the padding behind the name makes room.
    const nine = renamed(former, 'Macroscp\0', 'Macroscop');
    expect(await inspect('a.exe', nine)).toMatchObject({ product: 'eocortex' });
  });
});

describe('a file that is not what its name says', () => {
  test.each([
    ['setup.exe', '<!DOCTYPE html><html>502 Bad Gateway', 'an HTML page'],
    ['setup.msi', '<html>', 'an HTML page'],
    ['setup.exe', 'Not found\n', 'a text file'],
    ['setup.exe', Buffer.alloc(5000), 'only zero bytes'],
    ['setup.exe', 'PK\x03\x04 a zip', 'a zip archive'],
  ])('%s holding %j', async (name, bytes, words) => {
    for (const hints of [{}, said])
      await expect(inspect(name, bytes, hints)).rejects.toEqual(
        fails('package.unknown', name, 'no installer', words),
      );
  });

  test('a zip, an .msi named .exe, an .exe named .msi or nothing', async () => {
    await expect(inspect('setup.exe', await zipOf([{ name: 'a' }]))).rejects.toEqual(
      fails('package.unknown', 'a zip archive'),
    );
    await expect(inspect('setup.exe', await msiBytes())).rejects.toMatchObject({
      code: 'package.unknown',
      message: expect.stringContaining('a Windows Installer package') as string,
      hint: expect.stringContaining('.msi') as string,
    });
    await expect(inspect('setup.msi', await exeBytes(), said)).rejects.toEqual(
      fails('package.unknown', 'a Windows executable'),
    );
    await expect(inspect('download', await exeBytes())).rejects.toMatchObject({
      code: 'package.unknown',
      hint: expect.stringContaining('.exe') as string,
    });
  });

  test('a program for DOS, a library, a patch', async () => {
    const exe = await exeBytes();
    const dos = Buffer.from(exe);
    dos.writeUInt32LE(0, 60);
    await expect(inspect('a.exe', dos)).rejects.toEqual(fails('package.unknown', 'DOS'));
    const library = Buffer.from(exe);
    const flags = exe.readUInt32LE(60) + 22;
    library.writeUInt16LE(exe.readUInt16LE(flags) | 0x2000, flags);
    await expect(inspect('a.exe', library)).rejects.toEqual(fails('package.unknown', 'DLL'));
    const msi = await msiBytes();
    const root = (msi.readUInt32LE(48) + 1) * 512;
    Buffer.from('86100c0000000000c000000000000046', 'hex').copy(msi, root + 80);
    await expect(inspect('a.msi', msi)).rejects.toEqual(fails('package.unknown', 'patch'));
  });
});

describe('the wrong installer', () => {
  test('a foreign one is named with its maker', async () => {
    const exe = renamed(await exeBytes(), 'Eocortex', 'AcmeSoft');
    await expect(inspect('a.exe', exe)).rejects.toMatchObject({
      code: 'package.unknown',
      message: expect.stringMatching(/a\.exe is a foreign installer: AcmeSoft 4\.3\.1 of AcmeSoft/) as string,
      hint: expect.stringContaining('EocortexMainCommon Installer.exe') as string,
    });
    await expect(inspect('a.exe', exe, said)).rejects.toEqual(
      fails('package.mismatch', 'eocortex', 'AcmeSoft'),
    );
    await expect(inspect('a.exe', exe, { product: 'mirasys' })).rejects.toEqual(
      fails('package.unknown', 'mirasys'),
    );
    await expect(inspect('a.exe', exe, { product: 'banalytics' })).rejects.toEqual(
      fails('package.unknown', 'Windows executable'),
    );
  });

  test('a part of the product is refused by what it is, whoever says otherwise', async () => {
    const exe = await exeBytes();
    for (const [text, what] of [
      ['Client for work', 'only the client'],
      ['Player of video', 'only the player'],
      ['Hotfix of 4.3.1', 'a patch'],
    ] as const) {
      const part = renamed(exe, 'complete distribution', text.padEnd('complete distribution'.length));
      for (const hints of [{}, said])
        await expect(inspect('a.exe', part, hints)).rejects.toMatchObject({
          code: 'package.mismatch',
          message: expect.stringMatching(new RegExp(`${what}.*Eocortex 4\\.3\\.1`)) as string,
          hint: expect.stringContaining('the complete distribution') as string,
        });
    }
    await expect(inspect('Eocortex_Client-4.3.1.exe', exe)).rejects.toEqual(
      fails('package.mismatch', 'only the client'),
    );
    const both = renamed(exe, 'complete distribution', 'Server and Client'.padEnd(21));
    expect(await inspect('a.exe', both)).toMatchObject({ kind: 'installer' });
  });

  test('one that does not say that it is whole is taken when a person says so', async () => {
    const exe = renamed(
      renamed(await exeBytes(), 'complete distribution', 'setup of the product!'),
      'EocortexMainCommon',
      'EocortexSomeCommon',
    );
    await expect(inspect('eocortex-4.3.1.exe', exe, { product: 'eocortex' })).rejects.toMatchObject({
      code: 'package.unknown',
      message: expect.stringContaining('Eocortex 4.3.1') as string,
      hint: expect.stringContaining('--product eocortex --kind installer') as string,
    });
    expect(await inspect('eocortex-4.3.1.exe', exe, said)).toMatchObject({ version: '4.3.1', arch: 'x64' });
    expect(await inspect('EocortexMainCommon_Installer.exe', exe)).toMatchObject({ kind: 'installer' });
  });
});

describe('an installer that says nothing', () => {
  /** The resource is still there, but of a type that is no version. */
  async function mute(): Promise<Buffer> {
    const exe = await exeBytes();
    const at = exe.indexOf(Buffer.from('VS_VERSION_INFO', 'utf16le'));
    exe.write('X', at, 'utf16le');
    const strings = exe.indexOf(Buffer.from('StringFileInfo', 'utf16le'));
    exe.write('X', strings, 'utf16le');
    return exe;
  }

  test('is what a person says', async () => {
    const exe = await mute();
    expect(await inspect('setup.exe', exe, said)).toMatchObject({
      product: 'eocortex',
      kind: 'installer',
      version: '4.3.1',
      arch: 'x64',
      installer: { productName: null, program: 'x86' },
    });
    const withoutArch = { ...said, arch: undefined };
    expect(await inspect('setup.exe', exe, withoutArch)).toMatchObject({ arch: 'x86' });
    expect(await inspect('setup_amd64.exe', exe, withoutArch)).toMatchObject({ arch: 'x64' });
    await expect(inspect('setup_amd64.exe', exe, { ...said, arch: 'x86' })).rejects.toEqual(
      fails('package.mismatch', 'x86', 'x64'),
    );
  });

  test('and else unknown, with what to say', async () => {
    const exe = await mute();
    await expect(inspect('setup.exe', exe)).rejects.toMatchObject({
      code: 'package.unknown',
      hint: expect.stringMatching(/--product eocortex --kind installer --package-version/) as string,
    });
    await expect(inspect('setup.exe', exe, { product: 'eocortex', kind: 'installer' })).rejects.toMatchObject(
      {
        code: 'package.unknown',
        message: expect.stringContaining('which version') as string,
        hint: expect.stringContaining('--package-version') as string,
      },
    );
  });
});

describe('cut off or damaged', () => {
  test('an .exe cut at any place is corrupt, never a package', async () => {
    const exe = await exeBytes();
    for (let length = 2; length < exe.length; length += 997)
      await expect(inspect('a.exe', exe.subarray(0, length), said)).rejects.toEqual(
        fails('package.corrupt', 'a.exe is (truncated|damaged)'),
      );
    await expect(inspect('a.exe', exe.subarray(0, exe.length - 1))).rejects.toEqual(
      fails('package.corrupt', `ends after ${exe.length - 1} bytes`, `at least ${exe.length}`),
    );
    // A signature follows the installer's own data.
    expect(await inspect('a.exe', Buffer.concat([exe, Buffer.alloc(4096)]))).toMatchObject({
      version: '4.3.1',
    });
  });

  test('a signature that lies beyond the end', async () => {
    const exe = await exeBytes();
    const directory = exe.readUInt32LE(60) + 24 + 96 + 4 * 8;
    exe.writeUInt32LE(exe.length, directory);
    exe.writeUInt32LE(8000, directory + 4);
    await expect(inspect('a.exe', exe)).rejects.toEqual(fails('package.corrupt', 'truncated'));
    expect(await inspect('a.exe', Buffer.concat([exe, Buffer.alloc(8000)]))).toMatchObject({ arch: 'x64' });
  });

  test('an .msi cut at any place is corrupt, never a package', async () => {
    const msi = await msiBytes();
    for (let length = 8; length < msi.length; length += 97)
      await expect(inspect('a.msi', msi.subarray(0, length), said)).rejects.toEqual(
        fails('package.corrupt', 'a.msi is (truncated|damaged)'),
      );
    await expect(inspect('a.msi', msi.subarray(0, msi.length - 1))).rejects.toEqual(
      fails('package.corrupt', 'truncated'),
    );
  });

  test.each(['a.exe', 'a.msi'])(
    '%s with any rubbish in it is told, never a bug, and quickly',
    async (name) => {
      const whole = name === 'a.exe' ? await exeBytes() : await msiBytes();
      // A repeatable sequence: what failed once fails again.
      let seed = 1;
      const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
      for (let round = 0; round < 300; round += 1) {
        const bytes = Buffer.from(whole);
        const span = name === 'a.exe' ? (round % 2 === 0 ? 1024 : bytes.length) : bytes.length;
        for (let change = 0; change < 8; change += 1)
          bytes[8 + random(span - 8)] = [0, 0xff, random(256)][random(3)] ?? 0;
        const error = await inspect(name, bytes, said).then(
          () => undefined,
          (thrown: unknown) => thrown as { code: string; stack: string },
        );
        if (error !== undefined) expect(error.code, error.stack).toMatch(/^package\./);
      }
    },
  );

  test('an .msi whose map says that more sectors are in use than the file has', async () => {
    const msi = await msiBytes();
    const map = (msi.readUInt32LE(76) + 1) * 512;
    const behind = msi.length / 512 - 1;
    msi.writeUInt32LE(0xfffffffe, map + behind * 4);
    await expect(inspect('a.msi', msi)).rejects.toEqual(
      fails('package.corrupt', 'truncated', `at least ${msi.length + 512}`),
    );
    expect(await inspect('a.msi', Buffer.concat([msi, Buffer.alloc(512)]))).toMatchObject({ arch: 'x64' });
  });

  test('an .msi whose chain of sectors bites its tail', async () => {
    const msi = await msiBytes();
    const directory = msi.readUInt32LE(48);
    msi.writeUInt32LE(directory, (msi.readUInt32LE(76) + 1) * 512 + directory * 4);
    await expect(inspect('a.msi', msi)).rejects.toEqual(fails('package.corrupt', 'never ends'));
  });

  test('can be cancelled', async () => {
    const path = await fileOf('a.exe', await exeBytes());
    await expect(inspectFile(path, {}, { signal: AbortSignal.abort() })).rejects.toEqual(fails('cancelled'));
  });
});

test.runIf(process.platform === 'linux')('of a file of 1.9 GB only some kilobytes are read', async () => {
  const exe = await exeBytes();
  const path = await fileOf('a.exe', exe);
  const at = exe.indexOf('NullsoftInst') - 8;
  const length = 1.9e9;
  exe.writeUInt32LE(length, at + 24);
  const handle = await open(path, 'r+');
  await handle.write(exe, at, 28, at);
  await handle.close();
  await truncate(path, at + length);
  const read = () => Number(/^rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
  const before = read();
  expect(await inspectFile(path)).toMatchObject({ version: '4.3.1' });
  expect(read() - before).toBeLessThan(500_000);
});

test('a version is found in what setup tools write', () => {
  expect(versionOf(['4.3.18.0'])).toBe('4.3.18');
  expect(versionOf(['4, 3, 18, 2'])).toBe('4.3.18.2');
  expect(versionOf(['v4.3.18 (x64)'])).toBe('4.3.18');
  expect(versionOf(['4.3', '4.3.18.0'])).toBe('4.3.18');
  expect(versionOf(['4.3', '4.30.18.0'])).toBe('4.3');
  expect(versionOf(['4.3.18+f00', '1.0.0.0'])).toBe('4.3.18');
  expect(versionOf(['4.3.18-beta', '1.0.0.0'])).toBe('4.3.18-beta');
  expect(versionOf(['4.4.12-rc.1+3f2a9c0d51', '4.4.12.0'])).toBe('4.4.12-rc.1');
  expect(versionOf(['4.4.12.0+build.7'])).toBe('4.4.12');
  expect(versionOf(['0.0.0.0', 'unknown', '4.4.2.0'])).toBe('4.4.2');
  expect(versionOf(['1.2.3.4.5'])).toBeUndefined();
  expect(versionOf([])).toBeUndefined();
});
