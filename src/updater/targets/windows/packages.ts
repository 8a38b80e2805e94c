import { win32 } from 'node:path';
import type { Readable } from 'node:stream';
import { FleetError } from '../../errors';
import type { Server } from '../../fleet/model';
import { blockMiB, mib } from '../blocks';
import type { Link } from '../link';
import { roomRanOut, tooLittleRoom, type PackagePlace, type PutOptions } from '../platform';
import { lastNumber } from './answers';
import { giveName } from './lay';
import type { Section } from './kit';
import { noRights, say, section, sftpPath, short, stateDir } from './server';

const packageDir = (server: Server, { sha256 }: PackagePlace): string =>
  sftpPath(win32.join(stateDir(server), 'packages', sha256));

export async function prepare(link: Link, signal?: AbortSignal): Promise<void> {
  const { sections, result } = await say(link, ['prepare'], { signal });
  const refused = section(sections, 'refused');
  if (refused !== undefined)
    throw noRights(
      link,
      `make ${stateDir(link.server)} and keep others out of it`,
      refused.lines.join('\n').trim() || result.stderr,
    );
  if (section(sections, 'prepared') !== undefined) return;
  throw new FleetError('remote.failed', `${link.server.id} did not say that its state folder is there.`, {
    server: link.server.id,
    hint: 'Try again. If it stays so, Show Log has what it said: was the script ended by a virus scanner?',
  });
}

/** `certutil`, `dir` and the installers themselves take no longer path. */
const longestPath = 259;

function checkLength(server: Server, { sha256, file }: PackagePlace): void {
  const path = win32.join(stateDir(server), 'packages', sha256, `${file}.part`);
  if (path.length <= longestPath) return;
  throw new FleetError(
    'usage',
    `${file} would lie on ${server.id} in a path of ${path.length} characters, and Windows takes ${longestPath}.`,
    {
      server: server.id,
      hint: 'Choose a shorter `stateDir`, or give the file a shorter name and load it anew.',
    },
  );
}

export async function beginPackage(
  link: Link,
  place: PackagePlace,
  _blockMiB: number,
  signal?: AbortSignal,
): Promise<'have' | Map<number, string | null>> {
  const { server } = link;
  checkLength(server, place);
  await prepare(link, signal);
  const { sections, result } = await say(link, ['begin', place.sha256], { signal });
  if (section(sections, 'refused') !== undefined)
    throw noRights(link, `write ${stateDir(server)}`, result.stderr);
  const options = { deadline: short, signal };
  const file = `${packageDir(server, place)}/${place.file}`;
  const [whole, part = 0] = await Promise.all([
    link.files.size(file, options),
    link.files.size(`${file}.part`, options),
  ]);
  if (whole === place.size) return 'have';
  // Somebody has changed it since it was proven: it is not believed.
  if (whole !== undefined) await link.files.remove(file, options);
  if (part > place.size) await link.files.remove(`${file}.part`, options);
  const free = freeBytes(sections);
  const needed = place.size - Math.min(part, place.size);
  if (free !== null && free < needed) throw tooLittleRoom(server.id, place.file, free, needed);
  // What was under way when a transfer was cut lies in the last block; the rest is believed until the whole is hashed.
  const believed = part > place.size ? 0 : Math.max(0, Math.floor(part / (blockMiB * mib)) - 1);
  return new Map(Array.from({ length: believed }, (_, block) => [block, null]));
}

/** Null where the server did not say it. */
const freeBytes = (sections: readonly Section[]): number | null =>
  lastNumber(section(sections, 'free')?.lines ?? []);

export async function put(
  link: Link,
  place: PackagePlace,
  atMiB: number,
  bytes: AsyncIterable<Uint8Array>,
  options: PutOptions,
): Promise<void> {
  const path = `${packageDir(link.server, place)}/${place.file}.part`;
  try {
    await link.files.writeAt(path, atMiB * mib, bytes, options);
  } catch (error) {
    if (!(error instanceof FleetError) || error.code !== 'remote.failed') throw error;
    // SFTP has no word for a full disk; the room that is left tells.
    const { sections } = await say(link, ['begin', place.sha256], { signal: options.signal });
    const free = freeBytes(sections);
    throw free !== null && free < blockMiB * mib ? roomRanOut(link.server.id, place) : error;
  }
}

export async function provePackage(
  link: Link,
  place: PackagePlace,
  counts: Readable,
  options: { deadline: number; signal: AbortSignal },
): Promise<string> {
  // `certutil` hashes whole files only, so it begins when everything is there.
  for await (const _ of counts) void _;
  const { sections } = await say(link, ['prove', place.sha256], options);
  const said = hashes(sections, place);
  const found = said
    .map((line) => line.replace(/\s/g, ''))
    .find((line) => /^[0-9a-f]{64}$/i.test(line))
    ?.toLowerCase();
  if (found === undefined)
    throw new FleetError(
      'remote.failed',
      `${link.server.id} could not hash ${place.file}: ${said.join('\n').trim().split('\n').at(-1) ?? ''}`,
      { server: link.server.id, hint: 'Log in to the server and try `certutil -hashfile FILE SHA256`.' },
    );
  if (found === place.sha256) await name(link, place, options);
  return found;
}

/** What `certutil` said of a package: of its part, or of what a colleague has made of that; not of what he calls otherwise. */
const hashes = (sections: readonly Section[], { file }: PackagePlace): readonly string[] =>
  [`${file}.part`, file]
    .map((name) => sections.find(({ words }) => words[0] === 'hash' && words[1] === name)?.lines)
    .find((lines) => lines !== undefined) ?? [];

/** Gives a proven part its name; a colleague may have done it at the same moment. */
async function name(link: Link, place: PackagePlace, { signal }: { signal: AbortSignal }): Promise<void> {
  const file = `${packageDir(link.server, place)}/${place.file}`;
  const options = { deadline: short, signal };
  if ((await link.files.size(`${file}.part`, options)) === undefined) return;
  await giveName(link, `${file}.part`, file, place.size, options);
}

export async function discardPart(link: Link, place: PackagePlace, signal?: AbortSignal): Promise<void> {
  await link.files.remove(`${packageDir(link.server, place)}/${place.file}.part`, {
    deadline: short,
    signal,
  });
}
