import type { FileHandle } from 'node:fs/promises';
import { FleetError } from '../errors';
import { stopIfCancelled } from './cancel';

/** Bytes that reading what an installer says of itself may cost, whatever its size and whatever it claims. */
const budget = 32 * 2 ** 20;

/**
 * Reads a few places of a big file. An installer has up to 2 GB, of which some kilobytes say what it is; what it says about
 * places and lengths is data, so every read is checked against the file's end and against a budget.
 */
export class BoundedFile {
  private left = budget;

  constructor(
    private readonly handle: FileHandle,
    /** Bytes of the whole file. */
    readonly size: number,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** Exactly these bytes. Throws `package.corrupt` where the file ends before them, or `cancelled`. */
  async read(at: number, length: number): Promise<Buffer> {
    stopIfCancelled(this.signal);
    this.mustHold(at + length);
    this.left -= length;
    if (this.left < 0) throw damaged('its parts are scattered as in no real installer');
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length;) {
      const { bytesRead } = await this.handle.read(bytes, done, length - done, at + done);
      if (bytesRead === 0) throw truncated(at + done, at + length);
      done += bytesRead;
    }
    return bytes;
  }

  /** As many of these bytes as the file has. */
  readUpTo(at: number, length: number): Promise<Buffer> {
    if (at >= this.size) return Promise.resolve(Buffer.alloc(0));
    return this.read(at, Math.min(length, this.size - at));
  }

  /** Throws `package.corrupt` where the file ends before byte `end`. */
  mustHold(end: number): void {
    if (end > this.size) throw truncated(this.size, end);
  }
}

export function truncated(has: number, needs: number): FleetError {
  return corrupt(`is truncated: it ends after ${has} bytes, and needs at least ${needs}`);
}

export function damaged(what: string, cause?: unknown): FleetError {
  return corrupt(`is damaged: ${what}`, cause);
}

function corrupt(what: string, cause?: unknown): FleetError {
  return new FleetError('package.corrupt', `The file ${what}.`, {
    hint: 'Get the file again from where it came from.',
    ...(cause === undefined ? {} : { cause }),
  });
}
