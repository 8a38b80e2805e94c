import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { FleetError } from '../errors';
import { fileProblem, syncFolder, systemCode } from './files';
import { resumeNote } from './http-download';
import { packageInfoSchema, type PackageInfo } from './package-info';

/** One folder of the library. `infos` is empty where there is a problem. */
export interface Folder {
  infos: PackageInfo[];
  problem: FleetError | undefined;
}

/**
 * The folders on disk: `<sha256>/{package.json,<file>}`, and `.incoming/<random>/` for what is not whole yet,
 * `.incoming/broken-<hash>/` for a download that another try can go on with. The same bytes can
 * be two packages (a model that two versions of a module share): each further one has its own `package.<id>.json`.
 */
export interface Shelf {
  all(): Promise<Folder[]>;
  /** Undefined where there is no such folder. */
  read(sha256: string): Promise<Folder | undefined>;
  /** A new folder in `.incoming`; with what a broken download of the same source left behind, if nobody else goes on with it. */
  stage(resumable?: string): Promise<string>;
  /** Puts a staged folder aside for the next `stage` of the source, if its download of `file` can go on. */
  keepForLater(staging: string, resumable: string, file: string): Promise<void>;
  writeRecord(folder: string, info: PackageInfo): Promise<void>;
  addRecord(known: PackageInfo[], info: PackageInfo): Promise<{ info: PackageInfo; existed: boolean }>;
  /** Takes a folder off the shelf at once, then deletes it. False where there was none. */
  discard(sha256: string): Promise<boolean>;
}

const folderName = /^[0-9a-f]{64}$/;
const recordName = /^package(?:\.[0-9a-f]{8})?\.json$/;
/** Hours after which nobody can be working on a staged folder any more. */
const staleHours = 48;

export function openShelf(dir: string): Shelf {
  const incoming = join(dir, '.incoming');
  /** By SHA-256; valid as long as the folder's own time of change stays. */
  const cache = new Map<string, { changed: number; infos: PackageInfo[] }>();
  const asideOf = (resumable: string) =>
    join(incoming, `broken-${createHash('sha256').update(resumable).digest('hex')}`);

  const shelf: Shelf = {
    async all() {
      const names = (await list(dir)).filter((name) => folderName.test(name));
      return (await Promise.all(names.map((name) => shelf.read(name)))).filter(
        (folder) => folder !== undefined,
      );
    },
    async read(sha256) {
      const folder = join(dir, sha256);
      const changed = folderName.test(sha256) ? await changeTime(folder) : undefined;
      if (changed === undefined) {
        cache.delete(sha256);
        return undefined;
      }
      try {
        const cached = cache.get(sha256);
        const infos = cached?.changed === changed ? cached.infos : await readRecords(folder, sha256);
        await checkFile(folder, infos);
        cache.set(sha256, { changed, infos });
        return { infos, problem: undefined };
      } catch (error) {
        // Removed by another process while it was being read.
        if ((await changeTime(folder)) === undefined) return undefined;
        return { infos: [], problem: incomplete(folder, error) };
      }
    },
    async stage(resumable) {
      const folder = join(incoming, randomUUID());
      try {
        await mkdir(incoming, { recursive: true });
        await sweep(incoming);
        // Whoever renames it has it; for everyone else there is nothing.
        const left = resumable === undefined ? undefined : asideOf(resumable);
        if (left === undefined || !(await renamed(left, folder))) await mkdir(folder);
      } catch (error) {
        throw fileProblem(error, folder);
      }
      return folder;
    },
    async keepForLater(staging, resumable, file) {
      if ((await changeTime(resumeNote(join(staging, file)))) === undefined) return;
      const aside = asideOf(resumable);
      await rm(aside, { recursive: true, force: true });
      await renamed(staging, aside);
    },
    writeRecord: (folder, info) => writeJson(join(folder, 'package.json'), info),
    async addRecord(known, info) {
      const same = known.find((each) => identity(each) === identity(info));
      if (same !== undefined) return { info: same, existed: true };
      const further = { ...info, file: known[0]?.file ?? info.file };
      const id = createHash('sha256').update(identity(info)).digest('hex').slice(0, 8);
      const folder = join(dir, info.sha256);
      const temporary = join(folder, `.${randomUUID()}`);
      await writeJson(temporary, further);
      await rename(temporary, join(folder, `package.${id}.json`));
      await syncFolder(folder);
      cache.delete(info.sha256);
      return { info: further, existed: false };
    },
    async discard(sha256) {
      if (!folderName.test(sha256)) return false;
      cache.delete(sha256);
      const away = join(incoming, randomUUID());
      try {
        await mkdir(incoming, { recursive: true });
        await rename(join(dir, sha256), away);
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return false;
        throw fileProblem(error, join(dir, sha256));
      }
      await rm(away, { recursive: true, force: true });
      return true;
    },
  };
  return shelf;
}

function identity({ product, kind, module, version, arch }: PackageInfo): string {
  return JSON.stringify([product, kind, module, version, arch]);
}

async function readRecords(folder: string, sha256: string): Promise<PackageInfo[]> {
  const names = (await readdir(folder))
    .filter((name) => recordName.test(name))
    .sort((a, b) => a.length - b.length);
  if (names[0] !== 'package.json') throw new Error('package.json is missing');
  return Promise.all(
    names.map(async (name) => {
      const result = v.safeParse(packageInfoSchema, JSON.parse(await readFile(join(folder, name), 'utf8')));
      if (!result.success) throw new Error(`${name} is damaged`);
      if (result.output.sha256 !== sha256) throw new Error(`${name} is of another package`);
      return result.output;
    }),
  );
}

async function checkFile(folder: string, infos: readonly PackageInfo[]): Promise<void> {
  for (const { file, size } of infos) {
    const found = await stat(join(folder, file)).catch(() => undefined);
    if (found?.isFile() !== true) throw new Error(`${file} is missing`);
    if (found.size !== size) throw new Error(`${file} has ${found.size} bytes instead of ${size}`);
  }
}

function incomplete(folder: string, error: unknown): FleetError {
  const what = error instanceof SyntaxError ? 'package.json is damaged' : (error as Error).message;
  return new FleetError('package.corrupt', `The package in ${folder} is not whole: ${what}.`, {
    hint: 'Load it again, or remove that folder.',
    cause: error,
  });
}

async function writeJson(path: string, info: PackageInfo): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(`${JSON.stringify(info, null, 1)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Deletes what a process that died has left behind. */
async function sweep(incoming: string): Promise<void> {
  const limit = Date.now() - staleHours * 3_600_000;
  for (const name of await list(incoming)) {
    const folder = join(incoming, name);
    // A file that grows changes its own time, not its folder's.
    const paths = [folder, ...(await list(folder)).map((file) => join(folder, file))];
    const times = await Promise.all(paths.map(changeTime));
    if (times.every((time) => time === undefined || time < limit))
      await rm(folder, { recursive: true, force: true });
  }
}

/** False where it could not be: gone, there already, or held by somebody. */
async function renamed(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    () => false,
  );
}

async function changeTime(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw fileProblem(error, path);
  }
}

/** The names in a folder; none where the folder is not there. */
async function list(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return [];
    throw fileProblem(error, path);
  }
}
