import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import type { Hop } from './route';

/** A machine on the way, and the files in which its host key may be known. */
export interface Stop {
  hop: Hop;
  knownHosts: readonly string[];
}

/** What the system's own ssh is given so that it goes the same way as we do, and trusts the same host keys. */
export interface SshCall {
  args: string[];
  /**
   * Text of a configuration that is to be named by `-F` before the arguments: jump hosts are reached by an ssh of their own, which
   * hears of nothing else. Undefined where there are none.
   */
  config: string | undefined;
}

/** @param stops in the order in which they are passed, the server last. */
export function sshCall(
  stops: readonly Stop[],
  home: string,
  platform: NodeJS.Platform = process.platform,
): SshCall {
  const last = stops.at(-1);
  if (!last) throw new RangeError('There is no way to nowhere.');
  const { server, user, port } = last.hop;
  const jumps = stops.slice(0, -1).map(({ hop }) => `${hop.user}@${bracketed(hop.server.host)}:${hop.port}`);
  const { identityFile } = server;
  const args = [
    ...['-o', `UserKnownHostsFile=${fileList(last.knownHosts)}`],
    ...['-p', String(port), '-l', user],
    ...(identityFile === undefined ? [] : ['-i', identityFile]),
    ...(jumps.length === 0 ? [] : ['-J', jumps.join(',')]),
    ...['--', server.host],
  ];
  return { args, config: jumps.length === 0 ? undefined : configOf(stops, home, platform) };
}

/** The person's own settings first, since the first word counts; then what jump hosts need besides. */
function configOf(stops: readonly Stop[], home: string, platform: NodeJS.Platform): string {
  const systemWide = platform === 'win32' ? '__PROGRAMDATA__/ssh/ssh_config' : '/etc/ssh/ssh_config';
  const keys = new Set(stops.flatMap(({ hop }) => hop.server.identityFile ?? []));
  return [
    '# Written by VMS Fleet for its SSH terminals.',
    `Include ${quoted(path.join(home, '.ssh', 'config'))}`,
    `Include ${quoted(systemWide)}`,
    'Match all',
    `  UserKnownHostsFile ${fileList([...new Set(stops.flatMap(({ knownHosts }) => knownHosts))])}`,
    ...[...keys].map((key) => `  IdentityFile ${quoted(key)}`),
    '',
  ].join('\n');
}

/** Keeps a configuration under a name that its content makes, so that terminals of the same way share it. */
export async function keepConfig(folder: string, config: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, `${createHash('sha256').update(config).digest('hex').slice(0, 16)}.config`);
  await writeFile(file, config, { mode: 0o600 });
  return file;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function fileList(files: readonly string[]): string {
  return files.map(quoted).join(' ');
}

/** A word of ssh's configuration: % begins a token there, and a quotation mark has no safe form in every version. */
function quoted(word: string): string {
  return `"${word.replaceAll('"', '').replaceAll('%', '%%')}"`;
}
