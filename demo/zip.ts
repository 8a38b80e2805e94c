import { createCipheriv, createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { openPromise } from 'yauzl';
import { ZipFile } from 'yazl';

/** Path inside an archive or a folder → content. */
export type Files = Record<string, string | Uint8Array>;

// Local time, written as the local DOS time: the same bytes in every time zone.
const MTIME = new Date(2026, 0, 2, 3, 4, 6);

/** A zip (or jar) of these files, in this order; the same files give the same bytes. */
export async function writeZip(file: string, files: Files): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const zip = new ZipFile();
  const written = new Promise<void>((resolve, reject) => {
    zip.on('error', reject);
    zip.outputStream
      .on('error', reject)
      .pipe(createWriteStream(file))
      .on('error', reject)
      .on('close', resolve);
  });
  for (const [path, content] of Object.entries(files))
    zip.addBuffer(Buffer.from(content), path, { mtime: MTIME, mode: 0o100644, forceDosTimestamp: true });
  zip.end();
  await written;
}

/** Unpacks an archive into a folder; yauzl refuses names that would leave it. */
export async function unpackZip(file: string, folder: string): Promise<void> {
  const zip = await openPromise(file);
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue;
      const target = join(folder, entry.fileName);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, await buffer(await zip.openReadStreamPromise(entry)));
    }
  } finally {
    zip.close();
  }
}

/** Bytes that no compressor makes smaller, and always the same ones for one seed. */
export function ballast(seed: string, bytes: number): Buffer {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}
