import { randomBytes } from 'node:crypto';
import type { Link } from '../link';
import type { FileOptions } from '../sftp';

/**
 * Lays a file that nobody sees before it is whole: it is written under another name and gets its own last. One of the same size
 * that is there already is not touched, as others may be reading it, unless it is to be laid `anew`.
 */
export async function layWhole(
  link: Link,
  path: string,
  text: string,
  { anew = false, ...options }: FileOptions & { anew?: boolean },
): Promise<void> {
  const bytes = Buffer.byteLength(text);
  const there = await link.files.size(path, options);
  if (there === bytes && !anew) return;
  const own = `${path}.${randomBytes(6).toString('hex')}.new`;
  await link.files.write(own, text, options);
  // SFTP on Windows gives no name that is taken.
  if (there !== undefined) await link.files.remove(path, options);
  await giveName(link, own, path, bytes, options);
}

/** Gives a whole file its name; somebody else may have given that to the same at the same moment. @param bytes that it has */
export async function giveName(
  link: Link,
  from: string,
  path: string,
  bytes: number,
  options: FileOptions,
): Promise<void> {
  await link.files.rename(from, path, options).catch(async (error: unknown) => {
    if ((await link.files.size(path, options)) !== bytes) throw error;
    await link.files.remove(from, options);
  });
}
