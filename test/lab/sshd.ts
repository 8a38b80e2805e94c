import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface SshdOptions {
  /** Public keys that may log in, as lines of authorized_keys. */
  authorized: string[];
  /** Further lines of sshd_config. */
  config?: string[];
  /** Types of the host keys to make; default ed25519 alone. */
  hostKeys?: ('ed25519' | 'ecdsa' | 'rsa')[];
}

export interface Sshd {
  port: number;
  pid: number;
  /** Each host key as `type base64`. */
  hostKeys: string[];
  folder: string;
  /** What sshd wrote to its log. */
  log(): string;
  /** Ends the server and every connection to it. */
  stop(): Promise<void>;
}

/** A real OpenSSH server on a free loopback port, with keys and settings of its own. */
export async function startSshd(options: SshdOptions): Promise<Sshd> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'sshd-'));
  await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const hostKeys: string[] = [];
  const lines: string[] = [];
  for (const type of options.hostKeys ?? ['ed25519']) {
    const file = path.join(folder, `host_${type}`);
    hostKeys.push(await makeKey(file, { type }));
    lines.push(`HostKey ${file}`);
  }
  const authorized = path.join(folder, 'authorized_keys');
  await writeFile(authorized, options.authorized.map((key) => `${key}\n`).join(''), { mode: 0o600 });
  const port = await freePort();
  const config = path.join(folder, 'sshd_config');
  const own = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    `AuthorizedKeysFile ${authorized}`,
    // Of this setting sshd takes the last value.
    ...(options.config?.some((line) => line.startsWith('MaxStartups')) ? [] : ['MaxStartups 1000']),
    'LogLevel VERBOSE',
  ];
  // The first value of a setting counts, so what a test asks for stands above.
  await writeFile(config, [...(options.config ?? []), ...own, ...lines, ''].join('\n'));
  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const gone = once(child, 'exit');
  const stop = async () => {
    await endSessions(child.pid!);
    if (child.exitCode === null) child.kill('SIGKILL');
    await gone;
    await rm(folder, { recursive: true, force: true });
  };
  for (let tries = 0; !log.includes(`Server listening on 127.0.0.1 port ${port}`); tries++) {
    if (child.exitCode !== null || tries > 200) {
      await stop();
      throw new Error(`sshd did not start: ${log}`);
    }
    await delay(25);
  }
  return { port, pid: child.pid!, hostKeys, folder, log: () => log, stop };
}

/** Ends the processes that serve the connections of an sshd, as a power cut would: nobody says goodbye to the clients. */
export async function endSessions(sshd: number): Promise<void> {
  const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(sshd)]).catch(() => ({ stdout: '' }));
  for (const pid of stdout.split(/\s+/).filter(Boolean))
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // it ended by itself meanwhile
    }
}

/** Makes a key pair; returns the public half as `type base64`. */
export async function makeKey(
  file: string,
  options: { type?: 'ed25519' | 'ecdsa' | 'rsa'; passphrase?: string } = {},
): Promise<string> {
  const { type = 'ed25519', passphrase = '' } = options;
  await run('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', 'test', '-f', file]);
  const { stdout } = await run('ssh-keygen', ['-y', '-P', passphrase, '-f', file]);
  return stdout.trim().split(' ').slice(0, 2).join(' ');
}

export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
