import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { PassThrough } from 'node:stream';

export const mib = 1 << 20;
/** The grain in which a part is believed and a transfer goes on. */
export const blockMiB = 8;
const blockBytes = blockMiB * mib;
/** Blocks that are told to the hashing server at once: each telling costs it the start of a program. */
const blocksPerCount = 8;

/** Neighbouring blocks that travel together. */
export interface Run {
  first: number;
  count: number;
}

/** Bytes of a file from the start of a run to its end. */
export function rangeOf({ first, count }: Run, size: number): { start: number; bytes: number } {
  const start = first * blockBytes;
  return { start, bytes: Math.min(count * blockBytes, size - start) };
}

export const countBlocks = (size: number): number => Math.max(1, Math.ceil(size / blockBytes));

/**
 * Blocks whose SHA-256 there is not that of the same block here: a part is believed block by block. One without a SHA-256 (null)
 * is believed until the whole is hashed.
 */
export async function missingBlocks(
  path: string,
  size: number,
  held: ReadonlyMap<number, string | null>,
): Promise<number[]> {
  const all = Array.from({ length: countBlocks(size) }, (_, block) => block);
  if (held.size === 0) return all;
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(blockBytes);
    const missing: number[] = [];
    for (const block of all) {
      const theirs = held.get(block);
      if (theirs === null) continue;
      if (theirs !== undefined) {
        const { bytesRead } = await file.read(buffer, 0, blockBytes, block * blockBytes);
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

/**
 * Hands out the missing blocks from the front on, in runs: long ones first, as each costs the start of a command, and short
 * ones towards the end, so that all streams end together. A single stream gets all that hangs together at once.
 */
export class Runs {
  private at = 0;

  constructor(
    private readonly missing: readonly number[],
    private readonly streams: number,
  ) {}

  next(): Run | undefined {
    const first = this.missing[this.at];
    if (first === undefined) return undefined;
    const share = Math.ceil((this.missing.length - this.at) / this.streams);
    let count = 1;
    while (count < share && this.missing[this.at + count] === first + count) count++;
    this.at += count;
    return { first, count };
  }
}

/** Tells the hashing server how far the file is complete from its front. */
export class Front {
  readonly counts = new PassThrough();
  private next = 0;
  private ready = 0;
  private readonly missing: Set<number>;

  constructor(
    private readonly blocks: number,
    missing: readonly number[],
  ) {
    this.missing = new Set(missing);
    this.advance();
  }

  /** So many bytes of a run are there; blocks that are whole by that count. */
  reached({ first, count }: Run, bytes: number): void {
    const whole = Math.min(count, Math.floor(bytes / blockBytes));
    for (let block = first; block < first + whole; block++) this.missing.delete(block);
    this.advance();
  }

  finished({ first, count }: Run): void {
    for (let block = first; block < first + count; block++) this.missing.delete(block);
    this.advance();
  }

  end(): void {
    if (this.counts.writableEnded) return;
    this.tell();
    this.counts.end();
  }

  private advance(): void {
    while (this.next < this.blocks && !this.missing.has(this.next)) {
      this.next++;
      this.ready++;
    }
    if (this.ready >= blocksPerCount) this.tell();
  }

  private tell(): void {
    if (this.ready > 0 && !this.counts.writableEnded) this.counts.write(`${this.ready * blockMiB}\n`);
    this.ready = 0;
  }
}
