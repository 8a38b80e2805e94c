import { execFile } from 'node:child_process';
import { open, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { BoundedFile } from '../../../src/updater/packages/bounded-file';
import { inspectFile } from '../../../src/updater/packages/inspect';
import { readMsi } from '../../../src/updater/packages/msi';
import { buildExe, buildMsi, canBuild, has, type Built } from './installers';

const whole: Built = {
  name: 'EocortexMainCommon Installer.exe',
  product: 'Eocortex',
  company: 'Eocortex',
  version: '4.4.12.7',
};

/** Needs `makensis` and `wixl`. */
describe.runIf(canBuild)('installers that were built just now', () => {
  test('.exe of 64 and of 32 bits', async () => {
    expect(await inspectFile(await buildExe({ ...whole, machine: 'amd64' }))).toMatchObject({
      version: '4.4.12.7',
      arch: 'x64',
      installer: { program: 'x64' },
    });
    expect(await inspectFile(await buildExe(whole))).toMatchObject({
      arch: 'x86',
      installer: { program: 'x86' },
    });
  });

  test('names in other languages', async () => {
    const path = await buildExe({ ...whole, product: 'Eocortex Сервер', description: 'Установка' });
    expect(await inspectFile(path)).toMatchObject({ installer: { productName: 'Eocortex Сервер' } });
    const msi = await buildMsi({
      ...whole,
      name: 'a.msi',
      product: 'Eocortex complete setup',
      company: 'Größe',
    });
    expect(await inspectFile(msi)).toMatchObject({ installer: { productName: 'Eocortex complete setup' } });
  });

  test('the client and a foreign one', async () => {
    const client = { ...whole, name: 'setup.exe', product: 'Eocortex Client' };
    await expect(inspectFile(await buildExe(client))).rejects.toMatchObject({ code: 'package.mismatch' });
    await expect(inspectFile(await buildMsi({ ...client, name: 'a.msi' }))).rejects.toMatchObject({
      code: 'package.mismatch',
      message: expect.stringMatching(/only the client.*Eocortex Client 4\.4\.12\.7/) as string,
    });
    await expect(inspectFile(await buildExe({ name: 'agent.exe' }))).rejects.toMatchObject({
      code: 'package.unknown',
      message: expect.stringContaining('Acme Agent 1.2.3.4 of Acme Inc') as string,
    });
    await expect(inspectFile(await buildMsi({ name: 'agent.msi' }))).rejects.toMatchObject({
      code: 'package.unknown',
      message: expect.stringContaining('Acme Agent 1.2.3 of Acme Inc') as string,
    });
  });

  test('one without a version resource', async () => {
    const path = await buildExe({ name: 'setup.exe', mute: true });
    await expect(inspectFile(path)).rejects.toMatchObject({ code: 'package.unknown' });
    const hints = { product: 'eocortex', kind: 'installer', version: '4.3.1', arch: 'x64' } as const;
    expect(await inspectFile(path, hints)).toMatchObject({ version: '4.3.1', arch: 'x64' });
  });

  test('.msi of 32 bits, and a big one whose map of sectors does not fit into its header', async () => {
    const built = { ...whole, name: 'EocortexMainCommon.msi', version: '4.4.12' };
    expect(await inspectFile(await buildMsi({ ...built, machine: 'x86' }))).toMatchObject({ arch: 'x86' });
    const big = await buildMsi({ ...built, payload: 12 * 2 ** 20 });
    expect((await stat(big)).size).toBeGreaterThan(109 * 128 * 512);
    expect(await inspectFile(big)).toMatchObject({ version: '4.4.12', arch: 'x64' });
  });

  test.runIf(has('msiinfo'))('the Property table, as another reader reads it', async () => {
    const path = await buildMsi({ ...whole, name: 'a.msi', company: 'Größe + Söhne' });
    const { stdout } = await promisify(execFile)('msiinfo', ['export', path, 'Property'], {
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
    const expected = stdout
      .split(/\r?\n/)
      .slice(3)
      .filter((line) => line !== '');
    const handle = await open(path, 'r');
    try {
      const { properties } = await readMsi(new BoundedFile(handle, (await handle.stat()).size, undefined));
      expect([...properties].map((pair) => pair.join('\t')).sort()).toEqual(expected.sort());
      expect(properties.get('Manufacturer')).toBe('Größe + Söhne');
    } finally {
      await handle.close();
    }
  });
});
