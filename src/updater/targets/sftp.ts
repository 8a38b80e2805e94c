import { setMaxListeners } from 'node:events';
import type { Client, SFTPWrapper } from 'ssh2';
import { asFleetError, FleetError } from '../errors';
import { orAborted, stopper } from './waiting';

/** Bytes of one write: more stalls some servers' SFTP. */
const pieceSize = 32 * 1024;
/** Writes under way at once: a line of 50 ms is full with them. */
const mostUnderWay = 64;

export interface FileOptions {
  /** Milliseconds for all of it. */
  deadline: number;
  signal?: AbortSignal | undefined;
  /** Called with the bytes that the server has written since the last call. */
  onSent?: ((bytes: number) => void) | undefined;
}

/**
 * Files on a server, over the SFTP subsystem of its link. Paths are as SFTP has them: with slashes, `/C:/…` on Windows, and
 * relative ones from the login user's home.
 * What goes wrong is a FleetError: `remote.failed` with what the server said, `link.*`, `cancelled`.
 */
export interface RemoteFiles {
  /** Writes a whole file; its folder must be there. */
  write(path: string, data: string, options: FileOptions): Promise<void>;
  /** Writes a stream into a file from an offset on, in order, making the file where it is missing. */
  writeAt(path: string, offset: number, data: AsyncIterable<Uint8Array>, options: FileOptions): Promise<void>;
  /** Makes a folder and those above it. */
  makeFolder(path: string, options: FileOptions): Promise<void>;
  /** Bytes; undefined where there is no such file. */
  size(path: string, options: FileOptions): Promise<number | undefined>;
  rename(from: string, to: string, options: FileOptions): Promise<void>;
  remove(path: string, options: FileOptions): Promise<void>;
}

type Callback<T> = (error: Error | undefined | null, result: T) => void;

/** SSH_FX_NO_SUCH_FILE */
const noSuchFile = 2;
const isMissing = (error: unknown): boolean => (error as { code?: unknown }).code === noSuchFile;

/** One SFTP session, opened when first needed and anew after it has ended. */
export class SftpFiles implements RemoteFiles {
  #session: Promise<SFTPWrapper> | undefined;

  constructor(
    private readonly client: Client,
    private readonly server: string,
    private readonly ended: AbortSignal,
    /** Called with 1 when a use of the link begins, and with -1 when it ends. */
    private readonly use: (by: 1 | -1) => void,
  ) {}

  write(path: string, data: string, options: FileOptions): Promise<void> {
    return this.#do(`writing ${path}`, options, (sftp, signal) => put(sftp, path, data, signal));
  }

  writeAt(
    path: string,
    offset: number,
    data: AsyncIterable<Uint8Array>,
    options: FileOptions,
  ): Promise<void> {
    return this.#do(`writing ${path}`, options, async (sftp, signal) => {
      const handle = await openPart(sftp, path, signal);
      try {
        await pump(sftp, handle, offset, data, { signal, onSent: options.onSent });
      } finally {
        // Also where it was cancelled; one that cannot be closed any more goes with the connection.
        sftp.close(handle, () => undefined);
      }
    });
  }

  makeFolder(path: string, options: FileOptions): Promise<void> {
    return this.#do(`making ${path}`, options, async (sftp, signal) => {
      const names = path.split('/');
      for (let depth = 1; depth <= names.length; depth++) {
        const folder = names.slice(0, depth).join('/');
        if (folder === '' || /^\/?[A-Za-z]:$/.test(folder)) continue;
        // One that is there already is refused like one that must not be made; the last look tells.
        await ask<void>(signal, (done) => sftp.mkdir(folder, done as never)).catch(() => undefined);
      }
      await ask(signal, (done) => sftp.stat(path, done as never));
    });
  }

  size(path: string, options: FileOptions): Promise<number | undefined> {
    return this.#do(`looking at ${path}`, options, (sftp, signal) =>
      ask<{ size: number }>(signal, (done) => sftp.stat(path, done as never)).then(
        ({ size }) => size,
        (error: unknown) => {
          if (isMissing(error)) return undefined;
          throw error;
        },
      ),
    );
  }

  rename(from: string, to: string, options: FileOptions): Promise<void> {
    return this.#do(`naming ${to}`, options, (sftp, signal) =>
      ask<void>(signal, (done) => sftp.rename(from, to, done)),
    );
  }

  remove(path: string, options: FileOptions): Promise<void> {
    return this.#do(`removing ${path}`, options, (sftp, signal) =>
      ask<void>(signal, (done) => sftp.unlink(path, done as never)).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      }),
    );
  }

  async #do<T>(
    doing: string,
    options: FileOptions,
    act: (sftp: SFTPWrapper, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { server } = this;
    const { controller, signal, done } = stopper(
      options.signal,
      options.deadline,
      () =>
        new FleetError(
          'link.timeout',
          `${server} had not ended ${doing} after ${options.deadline / 1000} s.`,
          {
            hint: 'The server may be overloaded; try again.',
            server,
          },
        ),
    );
    const lost = (): void =>
      controller.abort(
        new FleetError('link.lost', `The connection to ${server} ended while ${doing}.`, {
          hint: 'The server or the network went away. What has arrived is kept.',
          server,
        }),
      );
    setMaxListeners(0, signal); // every write under way is one
    if (this.ended.aborted) lost();
    this.ended.addEventListener('abort', lost, { once: true });
    this.use(1);
    try {
      const sftp = await orAborted(this.#open(), signal);
      return await act(sftp, signal);
    } catch (error) {
      if (error instanceof FleetError) throw error;
      if (signal.aborted) throw asFleetError(signal.reason, { server });
      throw new FleetError('remote.failed', `${server} failed while ${doing}: ${saidBy(error)}.`, {
        server,
        hint: 'Look at rights and room on the server, then run the same action again.',
        cause: error,
      });
    } finally {
      this.use(-1);
      this.ended.removeEventListener('abort', lost);
      done();
    }
  }

  #open(): Promise<SFTPWrapper> {
    if (this.#session) return this.#session;
    const session = new Promise<SFTPWrapper>((resolve, reject) => {
      this.client.sftp((error, sftp) => {
        if (error) return reject(error);
        const forget = (): void => {
          if (this.#session === session) this.#session = undefined;
        };
        sftp.once('close', forget);
        sftp.on('error', forget);
        resolve(sftp);
      });
    });
    this.#session = session;
    session.catch(() => (this.#session = undefined));
    return session;
  }
}

/** ssh2 rejects with errors alone; its types do not say so. */
const asError = (failed: unknown): Error =>
  failed instanceof Error ? failed : new Error('A write failed.', { cause: failed });

/** "Failure" helps nobody: where a server says no more, that is what is said. */
function saidBy(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return /^failure$/i.test(said)
    ? 'it gives no reason ("Failure"): the disk may be full or the file in use'
    : said;
}

function openPart(sftp: SFTPWrapper, path: string, signal: AbortSignal): Promise<Buffer> {
  const open = (flags: 'r+' | 'w'): Promise<Buffer> =>
    ask<Buffer>(signal, (done) => sftp.open(path, flags, done as never));
  return open('r+').catch((error: unknown) => {
    if (isMissing(error)) return open('w');
    throw error;
  });
}

function ask<T>(signal: AbortSignal, start: (done: Callback<T>) => void): Promise<T> {
  return orAborted(
    new Promise<T>((resolve, reject) => {
      start((error, result) => (error ? reject(error) : resolve(result)));
    }),
    signal,
  );
}

async function put(sftp: SFTPWrapper, path: string, data: string, signal: AbortSignal): Promise<void> {
  const bytes = Buffer.from(data);
  const handle = await ask<Buffer>(signal, (done) => sftp.open(path, 'w', done as never));
  try {
    for (let at = 0; at < bytes.length; at += pieceSize) {
      const count = Math.min(pieceSize, bytes.length - at);
      await ask<void>(signal, (done) => sftp.write(handle, bytes, at, count, at, done));
    }
  } finally {
    await ask<void>(signal, (done) => sftp.close(handle, done));
  }
}

/** Many writes under way, begun in order: what is missing after a lost link lies at the end of what is there. */
async function pump(
  sftp: SFTPWrapper,
  handle: Buffer,
  offset: number,
  data: AsyncIterable<Uint8Array>,
  { signal, onSent }: { signal: AbortSignal; onSent: ((bytes: number) => void) | undefined },
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  let failed: Error | undefined;
  let at = offset;
  for await (const bytes of data) {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let start = 0; start < chunk.length; start += pieceSize) {
      const piece = chunk.subarray(start, start + pieceSize);
      const position = at;
      at += piece.length;
      const write = ask<void>(signal, (done) =>
        sftp.write(handle, piece, 0, piece.length, position, done as never),
      )
        .then(
          () => onSent?.(piece.length),
          (error: unknown) => {
            failed ??= error instanceof Error ? error : new Error(String(error), { cause: error });
          },
        )
        .finally(() => underWay.delete(write));
      underWay.add(write);
      if (underWay.size >= mostUnderWay) await Promise.race(underWay);
      if (failed !== undefined) break;
    }
    if (failed !== undefined) break;
  }
  await Promise.all(underWay);
  if (failed !== undefined) throw asError(failed);
}
