import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { FleetError } from '../errors';
import { stopIfCancelled } from './cancel';
import { fileProblem, writeAll } from './files';

export type Algorithm = 'sha512' | 'sha256' | 'sha1' | 'md5';

/** A file that was written to its end and is on disk. */
export interface Written {
  /** Bytes. */
  size: number;
  /** Seconds since 1970 when the vendor published it; undefined where nobody says. */
  uploaded: number | undefined;
  /** Lower-case hex by algorithm: SHA-256 and those that were asked for. */
  digests: Partial<Record<Algorithm, string>> & { sha256: string };
}

/** A file that is being written, hashed on its way. What it throws is a `FleetError`. */
export class Part {
  size = 0;
  private hashes = new Map<Algorithm, Hash>();

  private constructor(
    private readonly path: string,
    private readonly handle: FileHandle,
    private readonly algorithms: readonly Algorithm[],
  ) {
    this.startHashes();
  }

  /** Makes the file, which must not exist yet. */
  static async create(path: string, algorithms: readonly Algorithm[] = []): Promise<Part> {
    try {
      return new Part(path, await open(path, 'wx'), ['sha256', ...algorithms]);
    } catch (error) {
      throw fileProblem(error, path);
    }
  }

  /** Goes on with a file that an earlier process left behind; the bytes in it are hashed anew. */
  static async resume(
    path: string,
    algorithms: readonly Algorithm[],
    signal: AbortSignal | undefined,
  ): Promise<Part> {
    try {
      // Not 'a': what is appended must go where this object says.
      const handle = await open(path, 'r+');
      const part = new Part(path, handle, ['sha256', ...algorithms]);
      try {
        for await (const chunk of createReadStream(path, {
          highWaterMark: 2 ** 20,
        }) as AsyncIterable<Buffer>) {
          stopIfCancelled(signal);
          part.take(chunk);
        }
      } catch (error) {
        await handle.close();
        throw error;
      }
      return part;
    } catch (error) {
      throw fileProblem(error, path);
    }
  }

  async append(chunk: Uint8Array): Promise<void> {
    try {
      await writeAll(this.handle, chunk, this.size);
    } catch (error) {
      throw fileProblem(error, this.path);
    }
    this.take(chunk);
  }

  /** Forgets what was written: the sender begins anew. */
  async restart(): Promise<void> {
    await this.handle.truncate(0);
    this.size = 0;
    this.startHashes();
  }

  /** Waits until the disk has what was written so far. */
  async sync(): Promise<void> {
    try {
      await this.handle.sync();
    } catch (error) {
      throw fileProblem(error, this.path);
    }
  }

  /** Waits until the disk has it. Nothing can be appended after it. */
  async finish(uploaded: number | undefined): Promise<Written> {
    await this.sync();
    const digests = Object.fromEntries([...this.hashes].map(([name, hash]) => [name, hash.digest('hex')]));
    const { sha256 } = digests;
    if (sha256 === undefined) throw new FleetError('internal', 'A file was written without its SHA-256.');
    return { size: this.size, uploaded, digests: { ...digests, sha256 } };
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  private take(chunk: Uint8Array): void {
    this.size += chunk.length;
    for (const hash of this.hashes.values()) hash.update(chunk);
  }

  private startHashes(): void {
    this.hashes = new Map(this.algorithms.map((name) => [name, createHash(name)]));
  }
}
