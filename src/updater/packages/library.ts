import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FleetError } from '../errors';
import type { ProductId } from '../fleet/model';
import { stopIfCancelled } from './cancel';
import { fileProblem, hashFile, syncFolder, systemCode } from './files';
import { http, type Http } from './http';
import { inspectFile } from './inspect';
import { openShelf, type Shelf } from './library-shelf';
import type { InspectHints, PackageInfo, PackageKind } from './package-info';
import { sourceOf, type PackageSource } from './sources';

export type { InspectHints, PackageInfo, PackageKind } from './package-info';
export type { PackageSource } from './sources';

export interface PackageQuery {
  product?: ProductId | undefined;
  /** "group:artifact". */
  module?: string | undefined;
  version?: string | undefined;
  kind?: PackageKind | undefined;
}

export interface AddOptions {
  /** What is known of the file beforehand; a contradiction is `package.mismatch`. */
  hints?: InspectHints | undefined;
  signal?: AbortSignal | undefined;
  /** Bytes so far, and of the whole where that is known. */
  onProgress?: ((received: number, total: number | undefined) => void) | undefined;
}

export interface LibraryOptions {
  now?: () => Date;
  http?: Partial<Http>;
}

/**
 * The packages on this machine, one folder each, named by SHA-256. Several processes may use one library at once.
 * Everything it throws is a `FleetError`.
 */
export interface Library {
  /** Every whole package, in no order. What is not whole is told by `problems`. */
  list(): Promise<PackageInfo[]>;
  /** `package.corrupt` for each folder that is damaged or incomplete. */
  problems(): Promise<FleetError[]>;
  /** Undefined where it is not there; throws `package.corrupt` where it is not whole. */
  get(sha256: string): Promise<PackageInfo | undefined>;
  find(query: PackageQuery): Promise<PackageInfo[]>;
  /** Absolute path of the package's file. */
  path(info: PackageInfo): string;
  /**
   * Copies or downloads a file, looks into it, and keeps it. `source`: a path, an address, or where else it comes from.
   * `existed`: the library had it already, whole. Throws what `inspectFile` throws, and `space`, `repository.unreachable`.
   */
  add(source: string | PackageSource, options?: AddOptions): Promise<{ info: PackageInfo; existed: boolean }>;
  /** Throws `package.not-found`. */
  remove(sha256: string): Promise<void>;
  /** Hashes the file on disk again. Throws `package.corrupt`, `package.not-found`, `cancelled`. */
  verify(sha256: string, options?: { signal?: AbortSignal | undefined }): Promise<void>;
}

/** Opens the library in a folder, which is made when something is added. */
export function openLibrary(dir: string, options: LibraryOptions = {}): Library {
  const shelf = openShelf(dir);
  const client = http(options.http);
  const now = options.now ?? (() => new Date());
  const path = (info: PackageInfo) => join(dir, info.sha256, info.file);

  const library: Library = {
    path,
    list: async () => (await shelf.all()).flatMap(({ infos }) => infos),
    problems: async () => (await shelf.all()).flatMap(({ problem }) => problem ?? []),
    async get(sha256) {
      const folder = await shelf.read(sha256);
      if (folder?.problem !== undefined) throw folder.problem;
      return folder?.infos[0];
    },
    async find(query) {
      const fits = (info: PackageInfo) =>
        (['product', 'module', 'version', 'kind'] as const).every(
          (key) => query[key] === undefined || query[key] === info[key],
        );
      return (await library.list()).filter(fits);
    },
    async add(from, { hints, signal, onProgress } = {}) {
      const source = typeof from === 'string' ? sourceOf(from, client) : from;
      const staging = await shelf.stage(source.resumable);
      try {
        const file = join(staging, source.file);
        const written = await source.write(file, { signal, onProgress });
        const inspection = await inspectFile(file, hints, { signal });
        const loadedAt = now();
        const info: PackageInfo = {
          sha256: written.digests.sha256,
          size: written.size,
          ...inspection,
          uploaded: written.uploaded ?? Math.floor(loadedAt.getTime() / 1000),
          source: source.origin,
          loadedAt: loadedAt.toISOString(),
        };
        return await keep(shelf, dir, staging, info, signal);
      } catch (error) {
        if (source.resumable !== undefined) await shelf.keepForLater(staging, source.resumable, source.file);
        throw fileProblem(error, join(dir, source.file));
      } finally {
        await rm(staging, { recursive: true, force: true });
      }
    },
    async remove(sha256) {
      if (!(await shelf.discard(sha256))) throw missing(sha256);
    },
    async verify(sha256, { signal } = {}) {
      const info = await library.get(sha256);
      if (info === undefined) throw missing(sha256);
      const found = await hashFile(path(info), signal).catch((error: unknown) => {
        throw fileProblem(error, path(info));
      });
      if (found !== sha256)
        throw new FleetError('package.corrupt', `${info.file} in the library is not what was loaded.`, {
          hint: 'Load it again: the file on this machine was changed or its disk is failing.',
        });
    },
  };
  return library;
}

/** Puts a staged package in its place, whoever else does the same at this moment. */
async function keep(
  shelf: Shelf,
  dir: string,
  staging: string,
  info: PackageInfo,
  signal: AbortSignal | undefined,
): Promise<{ info: PackageInfo; existed: boolean }> {
  await shelf.writeRecord(staging, info);
  await syncFolder(staging);
  const place = join(dir, info.sha256);
  for (let tried = 1; ; tried += 1) {
    stopIfCancelled(signal);
    const there = await shelf.read(info.sha256);
    if (there !== undefined) {
      if (await isSound(dir, there.infos[0], signal)) return shelf.addRecord(there.infos, info);
      await shelf.discard(info.sha256);
    }
    try {
      await rename(staging, place);
      await syncFolder(dir);
      return { info, existed: false };
    } catch (error) {
      // Another process was first, or (Windows) a virus scanner holds the file for a moment.
      const code = systemCode(error) ?? '';
      if (!['EEXIST', 'ENOTEMPTY', 'EPERM', 'EACCES', 'EBUSY'].includes(code) || tried >= 10) throw error;
      if ((await stat(place).catch(() => undefined)) === undefined) await sleep(50 * tried);
    }
  }
}

/** Whether the library's own copy is still what it was: a damaged one is replaced by what is being loaded. */
async function isSound(dir: string, info: PackageInfo | undefined, signal?: AbortSignal): Promise<boolean> {
  if (info === undefined) return false;
  try {
    return (await hashFile(join(dir, info.sha256, info.file), signal)) === info.sha256;
  } catch (error) {
    if (error instanceof FleetError) throw error;
    return false;
  }
}

function missing(sha256: string): FleetError {
  return new FleetError('package.not-found', `There is no package ${sha256.slice(0, 12)} in the library.`, {
    hint: 'List what is loaded with "packages".',
  });
}
