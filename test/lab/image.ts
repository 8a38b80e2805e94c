import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { must } from './command';
import { alive, owner } from './owner';

/** What the lab keeps between runs; git ignores it. */
export const CACHE = fileURLToPath(new URL('../../.cache/lab/', import.meta.url));

const RECIPE = fileURLToPath(new URL('image.sh', import.meta.url));
const BUILD_DEADLINE = 9 * 60_000;

/**
 * The root folder of the boxes' Debian: built once (20 s with a near mirror, 171 MB), then reused until its recipe changes.
 * Nobody writes into it: each box lays its own folder over it.
 * @returns its absolute path
 */
export async function labImage(): Promise<string> {
  if (process.getuid?.() !== 0)
    throw new Error(
      'The lab makes machines with namespaces and mounts of their own: run these tests as root.',
    );
  const hash = createHash('sha256').update(readFileSync(RECIPE)).digest('hex').slice(0, 12);
  const image = join(CACHE, `rootfs-${hash}`);
  await removeOthers(image);
  if (await exists(image)) return image;

  await mkdir(CACHE, { recursive: true });
  const building = `${image}.${owner}`;
  try {
    await must(['sh', RECIPE, building], { deadline: BUILD_DEADLINE });
    await rename(building, image);
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    // Another run was building it too and came first.
    if (!(await exists(image))) throw error;
  }
  return image;
}

/** Images of older recipes and builds that died, but none that a running box stands on. */
async function removeOthers(image: string): Promise<void> {
  const mounts = await readFile('/proc/mounts', 'utf8');
  for (const name of await readdir(CACHE).catch(() => [])) {
    const folder = join(CACHE, name);
    if (!name.startsWith('rootfs-') || folder === image) continue;
    const builder = name.split('.')[1];
    if (builder === undefined ? mounts.includes(`lowerdir=${folder},`) : alive(builder)) continue;
    await rm(folder, { recursive: true, force: true });
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
