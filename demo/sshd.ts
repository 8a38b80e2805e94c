import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { FleetError } from '../src/updater/errors';

const run = promisify(execFile);

/** Often not in the PATH of people who are not root. */
const SBIN_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin', '/opt/homebrew/sbin'];

/** Absolute path of sshd: it starts itself again for each connection and insists on one. */
export function findSshd(
  folders = [...SBIN_FOLDERS, ...(process.env['PATH'] ?? '').split(delimiter)],
): string {
  const found = folders.map((folder) => join(folder, 'sshd')).find((file) => existsSync(file));
  if (found) return found;
  throw new FleetError(
    'server.unsupported',
    'The demo needs the OpenSSH server program, sshd, and it is not here.',
    {
      hint: 'Install it: sudo apt install openssh-server (Debian, Ubuntu), sudo dnf install openssh-server (Fedora). It need not be started.',
    },
  );
}

/** Makes a key pair if it is not there. @returns the public key, `type base64`. */
export async function ensureKey(file: string, comment: string): Promise<string> {
  if (!existsSync(file)) {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file], {
      timeout: 20_000,
    });
    await chmod(file, 0o600);
  }
  const [type, key] = (await readFile(`${file}.pub`, 'utf8')).split(' ');
  return `${type} ${key}`;
}

export interface SshdConfig {
  port: number;
  hostKey: string;
  authorizedKeys: string;
  /** Variables of each session. */
  env: Record<string, string>;
}

export async function writeSshdConfig(file: string, config: SshdConfig): Promise<void> {
  const env = Object.entries(config.env).map(([name, value]) => quote(`${name}=${value}`));
  const lines = [
    'ListenAddress 127.0.0.1',
    `Port ${config.port}`,
    `HostKey ${quote(config.hostKey)}`,
    `AuthorizedKeysFile ${quote(config.authorizedKeys.replaceAll('%', '%%'))}`,
    `AllowUsers ${userInfo().username}`,
    'PermitRootLogin prohibit-password',
    'PubkeyAuthentication yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    'StrictModes no',
    'UseDNS no',
    'PermitUserRC no',
    'PrintMotd no',
    'MaxStartups 1000',
    'MaxSessions 1000',
    'LogLevel VERBOSE',
    'PidFile none',
    'Subsystem sftp internal-sftp',
    `SetEnv ${env.join(' ')}`,
    // From 9.8 on sshd locks an address out after failed logins, and all of the demo comes from one address.
    ...((await sshVersion()) >= 9.8 ? ['PerSourcePenalties no'] : []),
  ];
  await writeFile(file, lines.join('\n') + '\n');
}

function quote(text: string): string {
  return `"${text}"`;
}

async function sshVersion(): Promise<number> {
  const { stderr } = await run('ssh', ['-V'], { timeout: 10_000 });
  return Number(/OpenSSH_(\d+\.\d+)/.exec(stderr)?.[1] ?? 0);
}

/** As root, sshd wants this folder for its unprivileged part. */
export async function ensureRunFolder(): Promise<void> {
  if (process.platform === 'linux' && process.getuid?.() === 0)
    await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
}

/** Below the range from which systems take ports by themselves, so that a server which is down for a moment keeps its own. */
export async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new FleetError('internal', 'No free port between 20000 and 32000 was found for a demo server.');
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** Waits until SSH greets on the port. */
export async function greeted(
  port: number,
  log: string,
  ended: () => boolean,
  deadline: number,
): Promise<void> {
  const until = Date.now() + deadline;
  while (!(await greets(port))) {
    if (ended() || Date.now() > until)
      throw new FleetError('internal', `sshd did not come up on port ${port}: ${tail(log)}`, {
        hint: `Its log is ${log}.`,
      });
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2000, () => done(false));
    socket.once('error', () => done(false));
    socket.once('close', () => done(false));
    socket.once('data', (data) => done(data.toString('latin1').startsWith('SSH-')));
  });
}

function tail(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-3).join(' / ') : 'no log';
}
