import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { freePort, makeKey, startSshd, type Sshd } from '../test/lab/sshd';

/** A real sshd on loopback with a workstation's home folder that may log in, and room for files. */
export interface Ground {
  folder: string;
  /** Has `.ssh/id_ed25519` and `.ssh/known_hosts`. */
  home: string;
  key: string;
  knownHosts: string;
  /** As `type base64`. */
  hostKey: string;
  user: string;
  /** Every one of them is the same sshd. */
  ports: number[];
  /** Writes known_hosts so that it knows these ports. */
  know(ports: number[]): void;
  close(): Promise<void>;
}

/** @param count ports that the sshd listens on; it takes at most 256 */
export async function makeGround(count: number): Promise<Ground> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'vms-fleet-bench-'));
  let sshd: Sshd | undefined;
  const close = async (): Promise<void> => {
    await sshd?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const home = path.join(folder, 'home');
    mkdirSync(path.join(home, '.ssh'), { recursive: true, mode: 0o700 });
    const key = path.join(home, '.ssh', 'id_ed25519');
    const authorized = [await makeKey(key)];
    const more = await freePorts(count - 1);
    sshd = await startSshd({
      authorized,
      config: [...more.map((port) => `Port ${port}`), 'Subsystem sftp internal-sftp'],
    });
    const [hostKey = ''] = sshd.hostKeys;
    const knownHosts = path.join(home, '.ssh', 'known_hosts');
    const know = (ports: number[]): void =>
      writeFileSync(knownHosts, ports.map((port) => `[127.0.0.1]:${port} ${hostKey}\n`).join(''));
    const ports = [sshd.port, ...more];
    know(ports);
    return { folder, home, key, knownHosts, hostKey, user: os.userInfo().username, ports, know, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

/** What OpenSSH's clients are told: this key, these host keys, no questions, nothing of the person's own settings. */
export function openSshOptions(ground: Ground): string[] {
  return [
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${ground.knownHosts}`,
    'GlobalKnownHostsFile=/dev/null',
    `IdentityFile=${ground.key}`,
    'IdentitiesOnly=yes',
    'BatchMode=yes',
  ];
}
