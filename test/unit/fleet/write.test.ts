import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setSystemVersion } from '../../../src/updater/fleet/edit';
import { changeFleetFile } from '../../../src/updater/fleet/write';

const TEXT = '\uFEFF// Harbour\r\n{ "systems": { "s": { "product": "eocortex" } } }\r\n';
const VALID =
  '{ "name": "Harbour", "systems": { "s": { "product": "eocortex", "servers": { "a": { "host": "10.0.0.1" } } } } }';
const CHANGED = TEXT.replace('" }', '", "version": "4.4.12" }');
const set = (version: string) => (text: string) => setSystemVersion(text, 's', version);

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fleet-write-'));
  file = join(dir, 'fleet.jsonc');
  await writeFile(file, TEXT);
});
afterEach(() => rm(dir, { recursive: true }));

describe('changing a fleet file', () => {
  it('makes one edit after the other and keeps all else, rights and links too', async () => {
    await chmod(file, 0o640);
    const link = join(dir, 'link.fleet.jsonc');
    await symlink('fleet.jsonc', link);
    expect(await changeFleetFile(link, [set('4.3.1'), set('4.4.12')])).toBe(CHANGED);
    expect(await readFile(file, 'utf8')).toBe(CHANGED);
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    expect((await readdir(dir)).sort()).toEqual(['fleet.jsonc', 'link.fleet.jsonc']);
  });

  it('leaves the file alone where there is nothing to change, or an edit does not fit', async () => {
    await writeFile(file, CHANGED);
    const { ino } = await stat(file);
    expect(await changeFleetFile(file, [set('4.4.12')])).toBe(CHANGED);
    const unfit = (text: string) => setSystemVersion(text, 'other', '1.0');
    await expect(changeFleetFile(file, [set('9.9'), unfit])).rejects.toMatchObject({ code: 'usage' });
    expect(await readFile(file, 'utf8')).toBe(CHANGED);
    expect((await stat(file)).ino).toBe(ino);
    await writeFile(file, '{');
    await expect(changeFleetFile(file, [set('9.9')])).rejects.toMatchObject({ code: 'fleet.invalid' });
  });

  it('leaves no file behind that cannot be read', async () => {
    await writeFile(file, VALID);
    const change = changeFleetFile(file, [set('4.4.12'), set('1.0-a..b')]);
    await expect(change).rejects.toMatchObject({
      code: 'fleet.invalid',
      message: expect.stringMatching(/would not be valid any more: .*must be a version/) as string,
    });
    expect(await readFile(file, 'utf8')).toBe(VALID);
  });

  it('says that there is no such file', async () => {
    await expect(changeFleetFile(join(dir, 'gone.jsonc'), [])).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/gone\.jsonc could not be changed \(ENOENT\)/) as string,
    });
  });
});
