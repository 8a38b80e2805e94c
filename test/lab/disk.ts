import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeHome, type HomeRecipe } from '../../demo/modules';
import { must } from './command';

/** Where the product lies in a box. */
export const HOME = '/opt/banalytics-box';
/** The product's service in a box. */
export const UNIT = 'banalytics-box.service';
export const HOST_KEY = '/etc/ssh/ssh_host_ed25519_key';

const TEMPLATE = fileURLToPath(new URL('../../demo/product/banalytics-box.service', import.meta.url));
const UNITS = '/etc/systemd/system';
const DEADLINE = 10_000;

export interface DiskOptions {
  /** The product installed at `HOME` with these modules, its unit enabled. Left out: a bare Debian. */
  product?: HomeRecipe;
  /** A file system of its own of so many bytes, mounted there. Its content outlives a boot. */
  smallDisk?: { path: string; bytes: number };
}

/** The image with a writable layer over it, mounted at `root` until the lab is swept, and what the options ask for on it. */
export async function layDisk(
  disk: DiskOptions & { image: string; folder: string; root: string },
): Promise<void> {
  const { image, folder, root, smallDisk, product } = disk;
  const [upper, work] = [join(folder, 'upper'), join(folder, 'work')];
  for (const made of [upper, work, root]) await mkdir(made, { recursive: true });
  const layers = `lowerdir=${image},upperdir=${upper},workdir=${work}`;
  await must(['mount', '-t', 'overlay', 'overlay', '-o', layers, root], { deadline: DEADLINE });

  if (smallDisk !== undefined) {
    const path = join(root, smallDisk.path);
    await mkdir(path, { recursive: true });
    const size = `size=${smallDisk.bytes},mode=755`;
    await must(['mount', '-t', 'tmpfs', '-o', size, 'tmpfs', path], { deadline: DEADLINE });
  }
  if (product !== undefined) {
    await makeHome(join(root, HOME), product);
    const template = await readFile(TEMPLATE, 'utf8');
    await put(root, `${UNITS}/${UNIT}`, template.replaceAll('@HOME@', HOME).replaceAll('@USER@', 'root'));
    await symlink(`${UNITS}/${UNIT}`, join(root, UNITS, 'multi-user.target.wants', UNIT));
  }
}

/** What tells one machine from another that was made from the same image. */
export async function nameIt(root: string, name: string): Promise<void> {
  await put(root, '/etc/hostname', `${name}\n`);
  await put(root, '/etc/hosts', `127.0.0.1 localhost\n127.0.1.1 ${name}\n`);
  await put(root, '/etc/machine-id', `${crypto.randomUUID().replaceAll('-', '')}\n`);
}

/** Makes a new host key, the private part at that path in the box. Returns the public one: `ssh-ed25519 …`. */
export async function makeHostKey(folder: string, root: string, path: string): Promise<string> {
  const made = join(folder, `host-key-${crypto.randomUUID()}`);
  await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', made], { deadline: DEADLINE });
  await put(root, path, await readFile(made, 'utf8'), 0o600);
  return (await readFile(`${made}.pub`, 'utf8')).trim().split(' ', 2).join(' ');
}

/** Into the root folder from outside: for paths that no link of the box leads elsewhere. */
export async function put(root: string, path: string, content: string, mode = 0o644): Promise<void> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content, { mode });
}
