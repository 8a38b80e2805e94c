import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findFleetFile, isFleetFile } from '../../../src/updater/fleet/find';

it('knows a fleet file by its name', () => {
  expect(['fleet.jsonc', 'pier.fleet.jsonc', '/a/b/pier.fleet.jsonc'].filter(isFleetFile)).toHaveLength(3);
  expect(
    ['fleet.json', 'myfleet.jsonc', 'fleet.jsonc.bak', 'settings.jsonc', 'fleetXjsonc'].filter(isFleetFile),
  ).toEqual([]);
});

it('finds the one fleet file of a folder, else says what there is', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'fleet-'));
  try {
    await expect(findFleetFile(dir)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('no fleet file') as string,
    });
    await mkdir(join(dir, 'folder.fleet.jsonc'));
    await writeFile(join(dir, 'b.fleet.jsonc'), '');
    expect(await findFleetFile(dir)).toBe(join(dir, 'b.fleet.jsonc'));
    await writeFile(join(dir, 'a.fleet.jsonc'), '');
    await expect(findFleetFile(dir)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('a.fleet.jsonc, b.fleet.jsonc') as string,
    });
    await expect(findFleetFile(join(dir, 'none'))).rejects.toMatchObject({ code: 'usage' });
  } finally {
    await rm(dir, { recursive: true });
  }
});
