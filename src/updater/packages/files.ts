import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { asFleetError, FleetError } from '../errors';
import { stopIfCancelled } from './cancel';

/** A file system's refusal as an error for people; everything else as `asFleetError` says. */
export function fileProblem(error: unknown, path: string): FleetError {
  if (error instanceof FleetError) return error;
  const file = basename(path);
  switch (systemCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new FleetError('package.not-found', `There is no file ${path}.`, { cause: error });
    case 'EISDIR':
      return new FleetError('package.unknown', `${path} is a folder, not a package file.`, { cause: error });
    case 'ENOSPC':
    case 'EDQUOT':
      return new FleetError('space', `There is no room left on this machine for ${file}.`, {
        hint: 'Free space on this machine, or remove packages from the library.',
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
      return new FleetError('package.not-found', `${path} cannot be read or written: permission denied.`, {
        hint: 'Check the permissions of the file and of the library folder.',
        cause: error,
      });
    default:
      return asFleetError(error);
  }
}

/** `ENOENT`, …; also where it stands in the cause, as fetch puts it. */
export function systemCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1)
    if ('code' in at && typeof at.code === 'string') return at.code;
  return undefined;
}

/** Lower-case hex of a whole file. Throws what the file system says, or `cancelled`. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>) {
    stopIfCancelled(signal);
    hash.update(chunk);
  }
  return hash.digest('hex');
}

/** Writes all of a chunk, `at` bytes into the file. */
export async function writeAll(handle: FileHandle, chunk: Uint8Array, at: number): Promise<void> {
  for (let written = 0; written < chunk.length;) {
    const { bytesWritten } = await handle.write(chunk, written, chunk.length - written, at + written);
    written += bytesWritten;
  }
}

/** Makes the names in a folder last through a power cut. Windows cannot, and need not: NTFS journals names. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
