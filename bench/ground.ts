import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { freePort, makeKey, startSshd, type Sshd } from '../test/lab/sshd';

/** Ports that one sshd listens on at most (its MAX_LISTEN_SOCKS). */
const portsPerSshd = 16;

/** Real sshds on loopback, a workstation's home folder that may log in to them, and room for files. */
export interface Ground {
  folder: string;
  /** Has `.ssh/id_ed25519` and `.ssh/known_hosts`. */
  home: string;
  key: string;
  knownHosts: string;
  user: string;
  /** `hostKey` as `type base64`. */
  hosts: Host[];
  /** Writes known_hosts so that it knows these too. */
  know(more: Host[]): void;
  close(): Promise<void>;
}

export interface Host {
  port: number;
  hostKey: string;
}

/** @param count hosts, each a port of its own; sixteen of them share one sshd */
export async function makeGround(count: number): Promise<Ground> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'vms-fleet-bench-'));
  const running: Sshd[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(running.map((sshd) => sshd.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const home = path.join(folder, 'home');
    mkdirSync(path.join(home, '.ssh'), { recursive: true, mode: 0o700 });
    const key = path.join(home, '.ssh', 'id_ed25519');
    const authorized = [await makeKey(key)];
    const hosts: Host[] = [];
    while (hosts.length < count) {
      const more = await freePorts(Math.min(portsPerSshd, count - hosts.length) - 1);
      const config = [...more.map((port) => `Port ${port}`), 'Subsystem sftp internal-sftp'];
      const sshd = await startSshd({ authorized, config });
      running.push(sshd);
      const [hostKey = ''] = sshd.hostKeys;
      hosts.push(...[sshd.port, ...more].map((port) => ({ port, hostKey })));
    }
    const knownHosts = path.join(home, '.ssh', 'known_hosts');
    const know = (more: Host[]): void => {
      const lines = [...hosts, ...more].map(({ port, hostKey }) => `[127.0.0.1]:${port} ${hostKey}\n`);
      writeFileSync(knownHosts, lines.join(''));
    };
    know([]);
    return { folder, home, key, knownHosts, user: os.userInfo().username, hosts, know, close };
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
