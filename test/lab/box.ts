import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { must } from './command';
import { labImage } from './image';
import { Box, type BoxOptions } from './linux-box';
import { makeNetwork } from './network';
import { owner } from './owner';
import { PREFIX, RUNS, sweep, sweepDead } from './sweep';

export { HOME, UNIT } from './disk';
export type { Box, BoxOptions } from './linux-box';

let count = 0;

/** Some servers in a network of their own, this machine in it too. */
export interface Lab {
  /** This machine's address as the boxes see it. */
  readonly gateway: string;
  /** A private key file (ed25519, no passphrase) that root of every box accepts. */
  readonly identityFile: string;
  /** Makes a box and boots it; resolves when its sshd answers. The name is its host name: unique in the lab, letters, digits and `-`. */
  box(name: string, options?: BoxOptions): Promise<Box>;
  /** Writes a known_hosts file with the keys that its boxes have now. Returns its path. */
  knownHostsFile(): Promise<string>;
  /** Ends the boxes and leaves nothing behind on this machine but the image. */
  dispose(): Promise<void>;
}

/** Makes an empty lab. Needs root. The first call on a machine builds the image; what dead runs left behind is taken away. */
export async function createLab(): Promise<Lab> {
  const image = await labImage();
  sweepDead();
  const id = `${PREFIX}${owner}-${++count}`;
  const folder = join(RUNS, id);
  const atExit = () => sweep(id);
  process.once('exit', atExit);

  await mkdir(folder, { recursive: true, mode: 0o700 });
  const identityFile = join(folder, 'id');
  await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'lab', '-f', identityFile], {
    deadline: 10_000,
  });
  const network = await makeNetwork(id);
  const boxes = new Map<string, Box>();
  let files = 0;

  return {
    gateway: network.gateway,
    identityFile,
    box: async (name, options = {}) => {
      if (boxes.has(name)) throw new Error(`The lab has a box "${name}" already.`);
      const number = boxes.size + 1;
      const box = new Box(
        {
          name,
          machine: `${id}-${number}`,
          number,
          folder: join(folder, name),
          image,
          network,
          identityFile,
        },
        options,
      );
      boxes.set(name, box);
      await box.prepare();
      box.powerOn();
      await box.waitForSsh();
      return box;
    },
    knownHostsFile: async () => {
      const file = join(folder, `known_hosts-${++files}`);
      await writeFile(file, [...boxes.values()].map((box) => `${box.knownHostsLine}\n`).join(''));
      return file;
    },
    dispose: async () => {
      await Promise.all([...boxes.values()].map((box) => box.stop()));
      sweep(id);
      process.off('exit', atExit);
    },
  };
}
