import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { RandomAccessReader } from 'yauzl';

const windowSize = 2 ** 18;

/**
 * Reads an archive that begins `shift` bytes into an open file, which stays open. Keeps the last two stretches it read: an
 * archive is walked in its directory (at the end) and in its contents by turns, some bytes at a time.
 */
export class ZipReader extends RandomAccessReader {
  private windows: { start: number; bytes: Buffer }[] = [];

  constructor(
    private readonly handle: FileHandle,
    private readonly shift: number,
  ) {
    super();
  }

  /** Some bytes of the archive; valid until they are changed, so they must not be. */
  async bytes(start: number, length: number): Promise<Buffer> {
    const holds = (window: { start: number; bytes: Buffer }) =>
      window.start <= start && start + length <= window.start + window.bytes.length;
    let window = this.windows.find(holds);
    if (window === undefined) {
      const bytes = Buffer.allocUnsafe(Math.max(length, windowSize));
      const { bytesRead } = await this.handle.read(bytes, 0, bytes.length, start + this.shift);
      if (bytesRead < length) throw new Error('unexpected end of file');
      window = { start, bytes: bytes.subarray(0, bytesRead) };
    }
    this.windows = [window, ...this.windows.filter((other) => other !== window)].slice(0, 2);
    return window.bytes.subarray(start - window.start, start - window.start + length);
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.bytes(position, length).then(
      (bytes) => {
        bytes.copy(buffer, offset);
        callback(null);
      },
      (error: unknown) => callback(error as Error),
    );
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.chunks(start + this.shift, end + this.shift), { objectMode: false });
  }

  private async *chunks(start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at < end;) {
      const chunk = Buffer.allocUnsafe(Math.min(windowSize, end - at));
      const { bytesRead } = await this.handle.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) throw new Error('unexpected end of file');
      at += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
  }
}
