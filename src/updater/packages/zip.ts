import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { crc32, inflateRawSync } from 'node:zlib';
import * as yauzl from 'yauzl';
import { FleetError } from '../errors';
import { stopIfCancelled } from './cancel';
import { pathProblem, PathRegister, plainPath, typeProblem } from './zip-path';
import { ZipReader } from './zip-reader';

/** What an archive may hold at most; a small file can claim to unpack to anything. */
export interface ZipLimits {
  entries: number;
  /** Bytes of all entries unpacked. */
  unpacked: number;
}

export const defaultLimits: ZipLimits = { entries: 200_000, unpacked: 64 * 2 ** 30 };

/** A file in an archive. Folders are checked but not listed. */
export interface ZipEntry {
  /** With slashes, relative, checked to stay where it is unpacked. */
  path: string;
  size: number;
  /** SHA-256 of its content; only where it was asked for. */
  sha256: string | undefined;
  /** Its content as UTF-8; only where it was asked for and is at most 1 MiB. */
  text: string | undefined;
}

export interface ReadZipOptions {
  limits?: ZipLimits | undefined;
  signal?: AbortSignal | undefined;
  /** It will be unpacked on a server: hash every file, and refuse names that land on each other. */
  unpackable: boolean;
  /** Whose text is wanted. */
  keepText?: (path: string) => boolean;
}

const textCap = 2 ** 20;
/** Bytes up to which an entry is unpacked in one go. */
const smallPacked = 2 ** 17;
const smallUnpacked = 2 ** 20;

/**
 * Reads an archive to its end: every entry is unpacked (into nothing), its CRC compared, its name and type checked.
 * Throws `package.corrupt` with the entry and what is wrong with it, or `cancelled`.
 */
export async function readZip(path: string, options: ReadZipOptions): Promise<ZipEntry[]> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const directory = await findDirectoryEnd(handle, size);
    if (directory === undefined)
      throw corrupt('is truncated: the end-of-central-directory record is missing');
    const reader = new ZipReader(handle, directory.shift);
    return await readEntries(await openZip(reader, size - directory.shift), reader, options);
  } finally {
    await handle.close();
  }
}

/** True where the file ends as a zip does. */
export async function endsAsZip(handle: FileHandle, size: number): Promise<boolean> {
  return (await findDirectoryEnd(handle, size)) !== undefined;
}

/**
 * How many bytes stand before the archive proper: a self-starting jar begins with a shell script, and its offsets may
 * not count it. Undefined where there is no end-of-central-directory record.
 */
async function findDirectoryEnd(handle: FileHandle, size: number): Promise<{ shift: number } | undefined> {
  const length = Math.min(size, 22 + 0xffff);
  const tail = Buffer.alloc(length);
  const { bytesRead } = await handle.read(tail, 0, length, size - length);
  const at = tail.subarray(0, bytesRead).lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'), length - 22);
  if (at < 0 || at + 22 > bytesRead) return undefined;
  const [directorySize, offset] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
  const shift = size - length + at - directorySize - offset;
  // 0xffffffff: the true numbers stand in the zip64 record, which yauzl reads.
  const inRecord =
    directorySize !== 0xffffffff && offset !== 0xffffffff && tail.readUInt16LE(at + 10) !== 0xffff;
  return { shift: inRecord && shift > 0 && (await isDirectoryAt(handle, offset + shift)) ? shift : 0 };
}

async function isDirectoryAt(handle: FileHandle, position: number): Promise<boolean> {
  const signature = Buffer.alloc(4);
  await handle.read(signature, 0, 4, position);
  return signature.toString('latin1') === 'PK\x01\x02';
}

function openZip(reader: ZipReader, size: number): Promise<yauzl.ZipFile> {
  // Names stay raw: yauzl would turn a backslash into a slash before it can be refused.
  const options = { autoClose: false, lazyEntries: true, decodeStrings: false, validateEntrySizes: true };
  return yauzl.fromRandomAccessReaderPromise(reader, size, options).catch((error: unknown) => {
    throw corrupt(`is damaged: ${reason(error)}`, error);
  });
}

async function readEntries(
  zip: yauzl.ZipFile,
  reader: ZipReader,
  options: ReadZipOptions,
): Promise<ZipEntry[]> {
  const { limits = defaultLimits, signal, unpackable } = options;
  if (zip.entryCount > limits.entries) throw corrupt(`holds more than ${limits.entries} entries`);
  const entries: ZipEntry[] = [];
  const register = new PathRegister();
  const iterator = zip.eachEntry();
  let unpacked = 0;
  for (;;) {
    stopIfCancelled(signal);
    const entry = await nextEntry(iterator);
    if (entry === undefined) return entries;
    const name = checkedName(entry);
    const path = plainPath(name);
    const clash = unpackable && path !== '' ? register.add(path) : undefined;
    if (clash !== undefined) throw corrupt(`holds an entry "${path}" that ${clash}`);
    unpacked += entry.uncompressedSize;
    if (unpacked > limits.unpacked) throw corrupt(`unpacks to more than ${limits.unpacked} bytes`);
    const content = await readContent(zip, reader, entry, path, options);
    if (!name.endsWith('/')) entries.push({ path, size: entry.uncompressedSize, ...content });
  }
}

/**
 * An entry's name, which may stand in a field of its own (Unicode Path) beside the plain one. Not every program that unpacks knows
 * that field, so the plain name must be as harmless.
 */
function checkedName(entry: yauzl.Entry): string {
  const { generalPurposeBitFlag: flags, fileNameRaw, extraFields } = entry;
  const [name, plain] = [extraFields, []].map((fields) =>
    yauzl.getFileNameLowLevel(flags, fileNameRaw, fields, true),
  ) as [string, string];
  const problem = typeProblem(entry.externalFileAttributes, entry.versionMadeBy);
  for (const one of [name, plain]) {
    const found = pathProblem(one) ?? problem;
    if (found !== undefined) throw corrupt(`holds an entry "${printable(one)}" that ${found}`);
  }
  if (name.endsWith('/') !== plain.endsWith('/'))
    throw corrupt(
      `holds an entry "${printable(name)}" that is a file by one of its names and a folder by the other`,
    );
  return name;
}

async function nextEntry(iterator: AsyncIterator<yauzl.Entry>): Promise<yauzl.Entry | undefined> {
  try {
    const next = await iterator.next();
    return next.done === true ? undefined : next.value;
  } catch (error) {
    throw corrupt(`is damaged: ${reason(error)}`, error);
  }
}

async function readContent(
  zip: yauzl.ZipFile,
  reader: ZipReader,
  entry: yauzl.Entry,
  path: string,
  { signal, unpackable, keepText }: ReadZipOptions,
): Promise<{ sha256: string | undefined; text: string | undefined }> {
  const hash = unpackable ? createHash('sha256') : undefined;
  const kept: Buffer[] | undefined =
    keepText?.(path) === true && entry.uncompressedSize <= textCap ? [] : undefined;
  let checksum = 0;
  try {
    // Some programs unpack by the names in front of the contents: those must be the same names.
    const local = await zip.readLocalFileHeaderPromise(entry);
    if (!local.fileName.equals(entry.fileNameRaw)) throw new Error('it has two different names');
    for await (const chunk of unpack(zip, reader, entry, local.fileDataStart)) {
      stopIfCancelled(signal);
      checksum = crc32(chunk, checksum);
      hash?.update(chunk);
      kept?.push(chunk);
    }
    if (checksum !== entry.crc32) throw new Error('its checksum (CRC-32) is wrong');
  } catch (error) {
    if (error instanceof FleetError) throw error;
    throw corrupt(`is damaged at "${path}": ${reason(error)}`, error);
  }
  return { sha256: hash?.digest('hex'), text: kept && Buffer.concat(kept).toString('utf8') };
}

/** A jar holds thousands of small files: those are unpacked at once, without four streams each. */
async function* unpack(
  zip: yauzl.ZipFile,
  reader: ZipReader,
  entry: yauzl.Entry,
  start: number,
): AsyncGenerator<Buffer> {
  const { compressedSize, uncompressedSize, compressionMethod } = entry;
  if (!entry.canDecodeFileData() || compressedSize > smallPacked || uncompressedSize > smallUnpacked) {
    yield* (await zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>;
    return;
  }
  const packed = await reader.bytes(start, compressedSize);
  const content =
    compressionMethod === 0 ? packed : inflateRawSync(packed, { maxOutputLength: uncompressedSize + 1 });
  if (content.length !== uncompressedSize)
    throw new Error(`it has ${content.length} bytes instead of ${uncompressedSize}`);
  yield content;
}

/** The file's name is put in front by whoever knows it. */
function corrupt(what: string, cause?: unknown): FleetError {
  return new FleetError('package.corrupt', `The file ${what}.`, {
    hint: 'Get the file again from where it came from.',
    ...(cause === undefined ? {} : { cause }),
  });
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
}

/** A name out of a file, safe to print. */
function printable(name: string): string {
  return name.slice(0, 200).replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
}
