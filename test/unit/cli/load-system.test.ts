import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { exeBytes, msiBytes } from '../packages/installers';
import { play, scratch } from './stage';

const fleetOf = (version: string) => `{ "systems": {
  // the old harbour
  "harbour": { "product": "eocortex",${version} "servers": {
    "srv-1": { "host": "10.0.0.1" }, "srv-2": { "host": "10.0.0.2", "version": "4.0.1" } } },
  "boxes": { "product": "banalytics", "servers": { "box": { "host": "10.0.0.3" } } } } }
`;

let folder: string;
let home: string;
let exe: string;
beforeEach(async () => {
  [folder, home] = [scratch(), scratch()];
  exe = join(folder, 'EocortexMainCommon Installer.exe');
  await writeFile(exe, await exeBytes());
});

interface Loaded {
  packages: { version: string; existed: boolean }[];
  systems: object[];
  errors: { code: string }[];
}
async function load(argv: string[], version = '') {
  const file = join(folder, 'fleet.jsonc');
  const fleetText = fleetOf(version);
  await writeFile(file, fleetText);
  const played = await play(['load', '-f', file, ...argv], { fleetText }, { env: { VMS_FLEET_HOME: home } });
  const document = (argv.includes('--json') ? JSON.parse(played.stdout) : undefined) as Loaded;
  return { ...played, document, before: fleetText, after: await readFile(file, 'utf8') };
}

describe('load for a system', () => {
  it('writes the version into the fleet file, says so on stderr, and keeps the rest', async () => {
    const { code, stdout, stderr, before, after } = await load([exe, '--system', 'harbour']);
    expect(code).toBe(0);
    expect(after).toBe(
      before.replace('"product": "eocortex", ', '"product": "eocortex", "version": "4.3.1", '),
    );
    expect(stdout).toMatch(
      /^loaded {2}eocortex complete installer 4\.3\.1 x64 .*\n {2}sha256 [0-9a-f]{64}\n$/,
    );
    expect(stderr).toContain(`harbour: version 4.3.1 is written into ${join(folder, 'fleet.jsonc')}.`);
    expect(stderr).toContain('keep the version of their own that stands there: srv-2 (4.0.1).');
  });

  it('replaces the version before, and tells programs what was there', async () => {
    const { document, after } = await load([exe, '--system', 'harbour', '--json'], ' "version": "4.2.18",');
    expect(document.systems).toEqual([{ id: 'harbour', version: '4.3.1', before: '4.2.18', changed: true }]);
    expect(after).toContain('"version": "4.3.1"');
    expect(after).not.toContain('4.2.18');
  });

  it('changes nothing where the version is named already, however it is written', async () => {
    const { document, before, after } = await load(
      [exe, '--system', 'harbour', '--json'],
      ' "version": "4.3.1.0",',
    );
    expect(after).toBe(before);
    expect(document.systems).toEqual([expect.objectContaining({ before: '4.3.1.0', changed: false })]);
  });

  it('without a system touches no fleet file', async () => {
    const { code, document, before, after } = await load([exe, '--json']);
    expect([code, after, document.systems]).toEqual([0, before, []]);
    expect(document.packages).toEqual([expect.objectContaining({ version: '4.3.1', existed: false })]);
  });

  it('writes no version when not everything was loaded, for it might be the wrong one', async () => {
    const page = join(folder, 'page.exe');
    await writeFile(page, '<html>');
    const { code, stderr, before, after } = await load([exe, page, '--system', 'harbour']);
    expect([code, after]).toEqual([2, before]);
    expect(stderr).toContain('page.exe is no installer: it looks like an HTML page');
    expect(stderr).toMatch(/Not everything was loaded: .* stays as it is\./);
  });

  it('says what was loaded even where the fleet file cannot be written', async () => {
    const file = join(folder, 'gone', 'fleet.jsonc');
    const env = { VMS_FLEET_HOME: home };
    const argv = ['load', '-f', file, exe, '--system', 'harbour', '--json'];
    const { code, stdout } = await play(argv, { fleetText: fleetOf('') }, { env });
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      packages: [{ version: '4.3.1' }],
      systems: [],
      errors: [{ code: 'usage', message: expect.stringContaining('could not be changed') as string }],
    });
  });

  it('refuses what is not of the product, and writes no version for a system of modules', async () => {
    const wrong = await load([exe, '--system', 'boxes']);
    expect([wrong.code, wrong.after]).toEqual([2, wrong.before]);
    const both = await load([exe, '--system', 'boxes', '--system', 'harbour']);
    expect(both.code).toBe(0);
    expect(both.stderr).toContain('boxes: no version is written into the fleet file: a banalytics system is');
    expect(both.after).toContain('"product": "eocortex", "version": "4.3.1"');
    expect(await load([exe, '--system', 'nowhere'])).toMatchObject({ code: 2 });
  });

  it('lists what the library holds: edition, architecture and size', async () => {
    const msi = join(folder, 'Eocortex complete.msi');
    await writeFile(msi, await msiBytes());
    await load([exe, msi]);
    const listed = await play(['packages'], { fleetText: '' }, { env: { VMS_FLEET_HOME: home } });
    expect(listed.stdout).toMatch(/^PRODUCT +KIND +EDITION +PACKAGE +VERSION +ARCH +SIZE +SHA-256$/m);
    expect(listed.stdout).toMatch(
      /^eocortex +installer +complete +EocortexMainCommon Installer\.exe +4\.3\.1 +x64 +[\d.]+ KiB +[0-9a-f]{64}$/m,
    );
  });
});
