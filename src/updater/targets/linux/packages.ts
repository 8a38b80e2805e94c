import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { FleetError } from '../../errors';
import type { Server } from '../../fleet/model';
import type { Link } from '../link';
import { roomRanOut, tooLittleRoom, type PackagePlace, type PutOptions } from '../platform';
import { commandLine } from '../quote';
import libScript from '../scripts/lib.sh';
import packagesScript from '../scripts/packages.sh';
import { elevated, here, must, runScript, second, short, stateDir } from './kit';

const taker = `${libScript}\n${packagesScript}`;
const takerName = `packages-${createHash('sha256').update(taker).digest('hex').slice(0, 12)}.sh`;

/**
 * Makes the state folder and lays the script that takes packages in. That one is never written over: a colleague's transfer
 * may be reading it.
 */
function layTaker(server: Server): string {
  const state = stateDir(server);
  const folders = ['bin', 'packages', 'jobs', 'history', 'backups'].map((name) => posix.join(state, name));
  const taken = commandLine([takerPath(server)]);
  return [
    'set -e',
    'umask 022',
    commandLine(['mkdir', '-p', ...folders]),
    `if [ ! -f ${taken} ]; then`,
    here(`cat >${taken}.$$`, taker) + `mv -f ${taken}.$$ ${taken}`,
    'fi',
    '',
  ].join('\n');
}

export async function prepare(link: Link, signal?: AbortSignal): Promise<void> {
  must(link, await runScript(link, layTaker(link.server), signal), `making ${stateDir(link.server)}`);
}

const takerPath = (server: Server): string => posix.join(stateDir(server), 'bin', takerName);

function taking(server: Server, verb: string, place: PackagePlace, ...more: (string | number)[]): string[] {
  const folder = posix.join(stateDir(server), 'packages', place.sha256);
  return ['sh', takerPath(server), verb, folder, place.file, ...more.map(String)];
}

export async function beginPackage(
  link: Link,
  place: PackagePlace,
  blockMiB: number,
  signal?: AbortSignal,
): Promise<'have' | Map<number, string>> {
  const { server } = link;
  const result = await link.exec(elevated(server, ['sh', '-s']), {
    stdin: `${layTaker(server)}exec ${commandLine(taking(server, 'begin', place, place.size, blockMiB))}\n`,
    // Hashing what a part already holds takes its time on a slow disk.
    deadline: short + (place.size / (20 << 20)) * second,
    ...(signal && { signal }),
  });
  const lines = result.stdout.trim().split('\n');
  const full = /^nospace (\d+) (\d+)$/m.exec(result.stdout);
  if (full) throw tooLittleRoom(server.id, place.file, Number(full[1]), Number(full[2]));
  must(link, result, `taking in ${place.file}`);
  if (lines.includes('have')) return 'have';
  const blocks = new Map<number, string>();
  for (const line of lines) {
    const [word, block, hash] = line.split(' ');
    if (word === 'block' && hash !== undefined) blocks.set(Number(block), hash);
  }
  return blocks;
}

export async function put(
  link: Link,
  place: PackagePlace,
  atMiB: number,
  bytes: AsyncIterable<Uint8Array>,
  options: PutOptions,
): Promise<void> {
  const command = elevated(link.server, taking(link.server, 'put', place, atMiB));
  const result = await link.exec(command, { stdin: bytes, ...options });
  if (result.code !== 0) throw putFailure(link.server.id, place, result.stderr);
}

function putFailure(server: string, place: PackagePlace, stderr: string): FleetError {
  const said =
    stderr
      .trim()
      .split('\n')
      .find((line) => !/records (in|out)|copied|transferred/.test(line)) ?? '';
  if (/no space left|disk quota|file too large/i.test(stderr)) return roomRanOut(server, place);
  return new FleetError(
    'transfer.failed',
    `${server} could not write ${place.file}: ${said || 'no reason given'}.`,
    {
      server,
      hint: 'Download again: it goes on where it stopped.',
    },
  );
}

/** Every block here was hashed there: nothing was believed that would have to go. */
export async function discardPart(): Promise<void> {}

export async function provePackage(
  link: Link,
  place: PackagePlace,
  counts: Readable,
  options: { deadline: number; signal: AbortSignal },
): Promise<string> {
  const command = elevated(link.server, taking(link.server, 'prove', place, place.size, place.sha256));
  const result = await link.exec(command, { stdin: counts, ...options });
  const said = must(link, result, `finishing ${place.file}`).stdout;
  // It is the last that was printed; a login shell may have printed something before it.
  return /[0-9a-f]{64}(?=\s*$)/.exec(said)?.[0] ?? '';
}
