import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WindowsMachine, type WindowsOptions } from '../../demo/windows/machine';
import { buildInstaller, type InstallerRecipe } from '../../demo/windows/installer';
import { windowsTemplate } from '../../demo/windows/template';
import { needTools } from '../../demo/windows/wine';
import { owner } from './owner';
import { PREFIX, RUNS, sweep, sweepDead } from './sweep';
import { freePort, makeKey } from './sshd';

export type { WindowsMachine } from '../../demo/windows/machine';

/** Where the template of the machines lies, for the demo and the tests alike; git ignores it. */
export const WINDOWS_CACHE = fileURLToPath(new URL('../../.cache/windows/', import.meta.url));

export type MachineOptions = Partial<
  Pick<WindowsOptions, 'downMs' | 'shell' | 'password' | 'identity' | 'smallDisk'>
>;

/** Some Windows-like machines on loopback ports of this computer. */
export interface WindowsLab {
  /** A private key file (ed25519, no passphrase) that all of them accept. */
  readonly identityFile: string;
  /** Makes a machine and boots it; resolves when SSH answers. The name is unique in the lab. */
  machine(name: string, options?: MachineOptions): Promise<WindowsMachine>;
  /** An installer of the stand-in VMS, built or from the cache; its path. */
  installer(recipe: InstallerRecipe): Promise<string>;
  /** Writes a known_hosts file with the keys that its machines have now. Returns its path. */
  knownHostsFile(): Promise<string>;
  /** Ends the machines and leaves nothing behind but the template. */
  dispose(): Promise<void>;
}

let count = 0;

/** Makes an empty lab. The first call on a computer builds the template. Needs wine, NSIS and the mingw compiler. */
export async function createWindowsLab(): Promise<WindowsLab> {
  const tools = needTools();
  const template = await windowsTemplate(WINDOWS_CACHE, tools);
  sweepDead();
  const id = `${PREFIX}${owner}-windows${++count}`;
  const folder = join(RUNS, id);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const identityFile = join(folder, 'id');
  const authorized = await makeKey(identityFile);
  const machines = new Map<string, WindowsMachine>();
  const atExit = () => {
    for (const machine of machines.values()) machine.kill();
    sweep(id);
  };
  process.once('exit', atExit);
  let files = 0;
  return {
    identityFile,
    machine: async (name, options = {}) => {
      if (machines.has(name)) throw new Error(`The lab has a machine "${name}" already.`);
      const machine = new WindowsMachine({
        id: name,
        root: join(folder, name),
        port: await freePort(),
        tools,
        template,
        authorizedKeys: [authorized],
        downMs: 500,
        // Test files that run side by side do so on different ones.
        processor: Number(process.env['VITEST_POOL_ID'] ?? 0) + machines.size,
        ...options,
      });
      machines.set(name, machine);
      await machine.prepare();
      await machine.start();
      return machine;
    },
    installer: (recipe) => buildInstaller(WINDOWS_CACHE, tools, recipe),
    knownHostsFile: async () => {
      const file = join(folder, `known_hosts-${++files}`);
      const lines = [...machines.values()].map(
        (machine) => `[127.0.0.1]:${machine.port} ${machine.hostKey()}\n`,
      );
      await writeFile(file, lines.join(''));
      return file;
    },
    dispose: async () => {
      await Promise.all([...machines.values()].map((machine) => machine.stop()));
      sweep(id);
      process.off('exit', atExit);
    },
  };
}
