import { open } from 'node:fs/promises';
import { FleetError } from '../errors';
import { blockMiB, countBlocks, Front, mib, missingBlocks, rangeOf, Runs, type Run } from './blocks';
import type { Link } from './link';
import type { PackagePlace, Platform } from './platform';

/** No byte for so long (ms) means that the transfer hangs; a hanging one is ended and can be gone on with. */
const idleLimit = 60_000;
/**
 * Bytes behind which a server is taken to have written what was sent: a channel lets out no more than its window (2 MiB with
 * OpenSSH) before the command there has read. Only the hash that runs along trusts in it, and is done anew where that is wrong.
 */
const behind = 16 * mib;
/** One SSH channel carries at most its window of 2 MiB in a round trip; so many channels fill a line of 250 MB/s. */
const streamsPerMs = 0.12;
/** A link runs eight commands at once: one is the server's hash, one may be ending. */
const mostStreams = 6;

export interface Source extends PackagePlace {
  /** Where it lies on this machine. */
  path: string;
}

export interface TransferOptions {
  signal?: AbortSignal;
  /** Bytes that lie on the server so far, those of an earlier try included. */
  onProgress?: (done: number, total: number) => void;
  /** Milliseconds without a byte after which the transfer counts as hanging; default a minute. */
  idleLimit?: number;
}

/**
 * Brings a package to a server: only the blocks that are not there yet, over as many streams as the line needs, while the
 * server hashes what is complete from the front. It gets its name there only after that hash is the package's SHA-256.
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
  const { size } = source;
  const held = await platform.beginPackage(link, source, blockMiB, signal);
  if (held === 'have') return 'had';

  const missing = await missingBlocks(source.path, size, held);
  const watch = new Watch(options.idleLimit ?? idleLimit);
  const both = signal ? AbortSignal.any([signal, watch.signal]) : watch.signal;
  const deadline = 600_000 + (size / 20_000) * 1000;

  let sent = size - missing.reduce((sum, first) => sum + rangeOf({ first, count: 1 }, size).bytes, 0);
  const progress = (bytes: number): void => {
    sent += bytes;
    watch.moved();
    options.onProgress?.(Math.min(sent, size), size);
  };

  const front = new Front(countBlocks(size), missing);
  const proving = platform.provePackage(link, source, front.counts, { deadline, signal: both });
  // Its failure is looked at below; until then it must not count as unhandled.
  proving.catch(() => undefined);

  /** Sends one run; `out` resolves when its last byte is on the way, `done` when the server has written it. */
  const send = (run: Run): { out: Promise<void>; done: Promise<void> } => {
    const { start, bytes } = rangeOf(run, size);
    const data = readAhead(source.path, start, bytes);
    let left = bytes;
    let allOut = (): void => undefined;
    const out = new Promise<void>((resolve) => (allOut = resolve));
    const onSent = (count: number): void => {
      progress(count);
      left -= count;
      front.reached(run, bytes - left - behind);
      if (left <= 0) allOut();
    };
    const done = platform
      .put(link, source, run.first * blockMiB, data, { deadline, signal: both, onSent })
      .then(() => front.finished(run));
    done.catch(() => undefined);
    return { out, done };
  };

  try {
    progress(0);
    const wanted = Math.min(mostStreams, Math.max(1, Math.ceil(link.roundTrip * streamsPerMs)));
    const streams = platform.putsSideBySide ? wanted : 1;
    const runs = new Runs(missing, streams);
    const stream = async (): Promise<void> => {
      const ending: Promise<void>[] = [];
      for (let run = runs.next(); run !== undefined; run = runs.next()) {
        const { out, done } = send(run);
        ending.push(done);
        // The next command starts while this one is still ending, so the line does not rest.
        await Promise.race([out, done]);
      }
      await Promise.all(ending);
    };
    await Promise.all(Array.from({ length: streams }, stream));
    front.end();
    watch.rest(); // what is left is the server's own hashing
    let found = await proving;
    if (found !== source.sha256) {
      // The hash that ran along may have read what was not written yet; now all is.
      const whole = new Front(countBlocks(size), []);
      whole.end();
      found = await platform.provePackage(link, source, whole.counts, { deadline, signal: both });
    }
    if (found !== source.sha256 && [...held.values()].includes(null)) {
      // What was believed of an earlier try was not so: all of it once more, believing nothing.
      await platform.discardPart(link, source, signal);
      return await transfer(link, platform, source, options);
    }
    if (found !== source.sha256)
      throw new FleetError(
        'package.corrupt',
        `${source.file} arrived on ${link.server.id} with SHA-256 ${found || '(none)'}, not ${source.sha256}.`,
        { server: link.server.id, hint: 'Download again: what differs is sent anew.' },
      );
    return 'sent';
  } catch (error) {
    const hung = watch.hung && !signal?.aborted;
    watch.stop();
    front.end();
    if (!hung) throw error;
    const seconds = (options.idleLimit ?? idleLimit) / 1000;
    throw new FleetError(
      'transfer.failed',
      `Nothing of ${source.file} moved to ${link.server.id} for ${seconds} s.`,
      {
        server: link.server.id,
        hint: 'Check the line, then download again: it goes on where it stopped.',
        cause: error,
      },
    );
  } finally {
    watch.rest();
  }
}

/**
 * A stretch of a file in pieces of a MiB. The next one is read while one is on its way; two pieces of memory serve for all, as
 * fresh memory for each costs more than the reading.
 */
async function* readAhead(path: string, start: number, bytes: number): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  const end = start + bytes;
  const read = (at: number, memory: Buffer) => {
    const reading = file.read(memory, 0, Math.min(mib, end - at), at);
    reading.catch(() => undefined); // looked at when its turn comes
    return reading;
  };
  let reading: ReturnType<typeof read> | undefined;
  try {
    let [memory, other] = [Buffer.allocUnsafeSlow(mib), Buffer.allocUnsafeSlow(mib)];
    reading = read(start, memory);
    for (let at = start; at < end;) {
      const { bytesRead } = await reading;
      if (bytesRead === 0) return; // it has become shorter; what is missing shows in the hash
      at += bytesRead;
      reading = read(at, other);
      yield memory.subarray(0, bytesRead);
      [memory, other] = [other, memory];
    }
  } finally {
    await reading?.catch(() => undefined);
    await file.close();
  }
}

/** Aborts its signal when nothing has moved for too long. */
class Watch {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  hung = false;

  constructor(limit: number) {
    this.timer = setTimeout(() => {
      this.hung = true;
      this.controller.abort();
    }, limit);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  moved(): void {
    this.timer?.refresh();
  }

  /** Looks no more. */
  rest(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Ends whatever still runs. */
  stop(): void {
    this.rest();
    this.controller.abort();
  }
}
