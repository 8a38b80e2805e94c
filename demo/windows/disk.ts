import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A drive of limited size. Needs root: it is a file system of its own. */
export interface SmallDisk {
  drive: 'C' | 'D';
  bytes: number;
}

/**
 * Mounts the disk at `folder` and makes it the drive. On C: lies all but Windows itself, which would not fit; so the free space of the drive is
 * what programs and data leave.
 */
export async function mountDisk(prefix: string, folder: string, { drive, bytes }: SmallDisk): Promise<void> {
  if ((await readFile('/proc/mounts', 'utf8')).includes(` ${folder} `)) return;
  await mkdir(folder, { recursive: true });
  await mount(['-t', 'tmpfs', '-o', `size=${bytes},mode=755`, 'tmpfs', folder]);
  if (drive === 'C') {
    const whole = join(prefix, 'drive_c');
    for (const name of await readdir(whole))
      if (name !== 'windows')
        await cp(join(whole, name), join(folder, name), { recursive: true, verbatimSymlinks: true });
    await symlink(join(whole, 'windows'), join(folder, 'windows'));
  }
  const letter = join(prefix, 'dosdevices', `${drive.toLowerCase()}:`);
  await rm(`${letter}.new`, { force: true });
  await symlink(folder, `${letter}.new`);
  await rename(`${letter}.new`, letter);
}

export async function resizeDisk(folder: string, bytes: number): Promise<void> {
  await mount(['-o', `remount,size=${bytes}`, folder]);
}

export async function unmountDisk(folder: string): Promise<void> {
  await run('umount', ['--lazy', folder], { timeout: 10_000 }).catch(() => undefined); // not mounted
}

async function mount(words: string[]): Promise<void> {
  await run('mount', words, { timeout: 10_000 });
}
