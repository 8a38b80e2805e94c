import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { FleetError } from '../errors';
import type { Link } from './link';
import type { PackagePlace, Platform } from './platform';

const mib = 1 << 20;
/** One block of a package: what is sent by one command, and the grain of a resume. */
const blockMiB = 16;
/** No byte for so long (ms) means that the transfer hangs; a hanging one is ended and can be gone on with. */
const idleLimit = 60_000;

export interface Source extends PackagePlace {
  /** Where it lies on this machine. */
  path: string;
}

export interface TransferOptions {
  signal?: AbortSignal;
  /** Bytes that lie on the server so far, those of an earlier try included. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Blocks under way at once. One SSH channel carries at most its 2 MiB window per round trip, so a far server needs
 * several; on a near one two are enough to hide the start of each.
 */
function streams(roundTrip: number): number {
  return roundTrip < 5 ? 2 : 6;
}

/**
 * Brings a package to a server: only the blocks that are not there yet, several at a time, while the server hashes what
 * is complete from the front. It gets its name there only after that hash is the package's SHA-256.
 * @returns `had` when it lay there already.
 * @throws FleetError `space`, `transfer.failed` (hung; go on later), `package.corrupt` (what arrived is not it), `link.*`
 */
export async function transfer(
  link: Link,
  platform: Platform,
  source: Source,
  options: TransferOptions = {},
): Promise<'sent' | 'had'> {
  const { signal } = options;
  await platform.prepare(link, signal);
  const held = await platform.beginPackage(link, source, blockMiB, signal);
  if (held === 'have') return 'had';

  const blocks = Math.max(1, Math.ceil(source.size / (blockMiB * mib)));
  const sizeOf = (block: number): number => Math.min(blockMiB * mib, source.size - block * blockMiB * mib);
  const missing = await missingBlocks(source, held, blocks);
  const stop = new AbortController();
  const both = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const deadline = 600_000 + (source.size / 20_000) * 1000;

  let sent = source.size - missing.reduce((sum, block) => sum + sizeOf(block), 0);
  let lastByte = Date.now();
  const progress = (bytes: number): void => {
    sent += bytes;
    lastByte = Date.now();
    options.onProgress?.(Math.min(sent, source.size), source.size);
  };
  const watch = setInterval(() => {
    if (Date.now() - lastByte > idleLimit) stop.abort(new Error('idle'));
  }, 5_000);

  const front = new Front(blocks, new Set(missing), blockMiB);
  const hashing = link.exec(platform.hashCommand(link.server, source), {
    stdin: front.counts,
    deadline,
    signal: both,
  });
  // Its failure is looked at below; until then it must not count as unhandled.
  hashing.catch(() => undefined);

  try {
    progress(0);
    const queue = [...missing];
    const worker = async (): Promise<void> => {
      for (let block = queue.shift(); block !== undefined; block = queue.shift()) {
        const start = block * blockMiB * mib;
        const stdin = createReadStream(source.path, {
          start,
          end: start + sizeOf(block) - 1,
          highWaterMark: mib,
        });
        const command = platform.putCommand(link.server, source, blockMiB, block);
        const result = await link.exec(command, { stdin, deadline, signal: both, onSent: progress });
        if (result.code !== 0) throw putFailure(link, source, result.stderr);
        front.finished(block);
      }
    };
    await Promise.all(
      Array.from({ length: Math.min(streams(link.roundTrip), missing.length) }, () => worker()),
    );
    front.end();
    lastByte = Date.now() + deadline; // what is left is the server's own hashing
    const hashed = await hashing;
    const found = hashed.stdout.trim();
    if (found !== source.sha256)
      throw new FleetError(
        'package.corrupt',
        `${source.file} arrived on ${link.server.id} with SHA-256 ${found || '(none)'}, not ${source.sha256}.`,
        { server: link.server.id, hint: 'Download again: what differs is sent anew.' },
      );
    await platform.finishPackage(link, source, signal);
    return 'sent';
  } catch (error) {
    stop.abort();
    front.end();
    if (both.reason instanceof Error && both.reason.message === 'idle')
      throw new FleetError(
        'transfer.failed',
        `Nothing of ${source.file} moved to ${link.server.id} for ${idleLimit / 1000} s.`,
        {
          server: link.server.id,
          hint: 'Check the line, then download again: it goes on where it stopped.',
          cause: error,
        },
      );
    throw error;
  } finally {
    clearInterval(watch);
  }
}

/** Blocks whose SHA-256 there is not that of the same block here: a part is believed block by block, never by its length. */
async function missingBlocks(source: Source, held: Map<number, string>, blocks: number): Promise<number[]> {
  const all = Array.from({ length: blocks }, (_, block) => block);
  if (held.size === 0) return all;
  const file = await open(source.path, 'r');
  try {
    const buffer = Buffer.alloc(blockMiB * mib);
    const missing: number[] = [];
    for (const block of all) {
      const theirs = held.get(block);
      if (theirs !== undefined) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, block * buffer.length);
        const ours = createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex');
        if (ours === theirs) continue;
      }
      missing.push(block);
    }
    return missing;
  } finally {
    await file.close();
  }
}

function putFailure(link: Link, source: Source, stderr: string): FleetError {
  const said =
    stderr
      .trim()
      .split('\n')
      .find((line) => !/records (in|out)|copied/.test(line)) ?? '';
  const server = link.server.id;
  if (/no space left|disk quota/i.test(stderr))
    return new FleetError('space', `${server} ran out of room while taking in ${source.file}.`, {
      server,
      hint: 'Free space on the server, then download again: it goes on where it stopped.',
    });
  return new FleetError(
    'transfer.failed',
    `${server} could not write ${source.file}: ${said || 'no reason given'}.`,
    {
      server,
      hint: 'Download again: it goes on where it stopped.',
    },
  );
}

/** Tells the hashing server how far the file is complete from its front. */
class Front {
  readonly counts = new PassThrough();
  private next = 0;

  constructor(
    private readonly blocks: number,
    private readonly missing: Set<number>,
    private readonly blockMiB: number,
  ) {
    this.advance();
  }

  finished(block: number): void {
    this.missing.delete(block);
    this.advance();
  }

  end(): void {
    if (!this.counts.writableEnded) this.counts.end();
  }

  private advance(): void {
    let ready = 0;
    while (this.next < this.blocks && !this.missing.has(this.next)) {
      this.next++;
      ready++;
    }
    if (ready > 0) this.counts.write(`${ready * this.blockMiB}\n`);
  }
}
