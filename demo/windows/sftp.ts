import * as fs from 'node:fs/promises';
import { constants, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import ssh2 from 'ssh2';
import type { Attributes, SFTPWrapper } from 'ssh2';
import { canonicalPath, unixPath } from './paths';

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp;

export interface SftpParts {
  drives: () => Record<string, string>;
  /** Of the person that logged in, `C:/Users/x`. */
  home: string;
  /** Whether a program has it open and shares it with nobody. */
  isInUse: (file: string) => boolean;
  log: (line: string) => void;
}

type Open = { file: fs.FileHandle; append: boolean } | { folder: string; names: string[] };

/** SFTP version 3 as OpenSSH for Windows speaks it: `/C:/…` paths, upper and lower case are one. */
export function serveSftp(sftp: SFTPWrapper, parts: SftpParts): void {
  const open = new Map<number, Open>();
  let count = 0;
  const handle = (what: Open): Buffer => {
    const name = Buffer.alloc(4);
    name.writeUInt32BE(++count);
    open.set(count, what);
    return name;
  };
  const at = (handle: Buffer) => (handle.length === 4 ? open.get(handle.readUInt32BE(0)) : undefined);
  const fileAt = (handle: Buffer) => {
    const found = at(handle);
    if (found === undefined || !('file' in found)) throw new Error('This is no open file.');
    return found;
  };
  const place = (path: string) => {
    const found = unixPath(path, parts.drives(), parts.home);
    if (found === undefined) throw Object.assign(new Error('There is no such drive.'), { code: 'ENOENT' });
    return found;
  };
  /** Runs one request; whatever goes wrong is answered as a status. */
  const answer = (id: number, work: () => Promise<unknown>) => {
    work().catch((error: unknown) => sftp.status(id, statusOf(error), messageOf(error)));
  };
  const ok = (id: number, work: () => Promise<unknown>) =>
    answer(id, async () => {
      await work();
      sftp.status(id, STATUS_CODE.OK);
    });

  sftp.on('OPEN', (id, path, flags) =>
    answer(id, async () => {
      parts.log(`sftp open ${path}`);
      const where = place(path);
      if (parts.isInUse(where)) throw new Error('A program has the file open and shares it with nobody.');
      const file = await fs.open(where, openFlags(flags), 0o644);
      sftp.handle(id, handle({ file, append: (flags & OPEN_MODE.APPEND) !== 0 }));
    }),
  );
  sftp.on('READ', (id, name, offset, length) =>
    answer(id, async () => {
      const buffer = Buffer.alloc(Math.min(length, 256 * 1024));
      const { bytesRead } = await fileAt(name).file.read(buffer, 0, buffer.length, offset);
      if (bytesRead === 0) sftp.status(id, STATUS_CODE.EOF);
      else sftp.data(id, buffer.subarray(0, bytesRead));
    }),
  );
  sftp.on('WRITE', (id, name, offset, data) =>
    ok(id, async () => {
      const { file, append } = fileAt(name);
      let done = 0;
      while (done < data.length) {
        const where = append ? null : offset + done;
        const { bytesWritten } = await file.write(data, done, data.length - done, where);
        done += bytesWritten;
      }
    }),
  );
  sftp.on('CLOSE', (id, name) =>
    ok(id, async () => {
      const found = at(name);
      if (found === undefined) throw new Error('This is no handle.');
      open.delete(name.readUInt32BE(0));
      if ('file' in found) await found.file.close();
    }),
  );
  sftp.on('FSTAT', (id, name) =>
    answer(id, async () => sftp.attrs(id, attributesOf(await fileAt(name).file.stat()))),
  );
  for (const request of ['STAT', 'LSTAT'] as const)
    sftp.on(request as 'STAT', (id, path) =>
      answer(id, async () => sftp.attrs(id, attributesOf(await fs.stat(place(path))))),
    );
  sftp.on('SETSTAT', (id, path, attributes) =>
    ok(id, async () => {
      const file = await fs.open(place(path), 'r+');
      await set(file, attributes).finally(() => file.close());
    }),
  );
  sftp.on('FSETSTAT', (id, name, attributes) => ok(id, () => set(fileAt(name).file, attributes)));
  sftp.on('REALPATH', (id, path) =>
    answer(id, async () => {
      const filename = canonicalPath(path === '' || path === '.' ? `/${parts.home}` : path, parts.home);
      sftp.name(id, [{ filename, longname: filename, attrs: {} as Attributes }]);
      return Promise.resolve();
    }),
  );
  sftp.on('MKDIR', (id, path) => ok(id, () => fs.mkdir(place(path))));
  sftp.on('REMOVE', (id, path) => ok(id, () => fs.unlink(place(path))));
  sftp.on('RMDIR', (id, path) => ok(id, () => fs.rmdir(place(path))));
  sftp.on('RENAME', (id, from, to) =>
    ok(id, async () => {
      const [source, target] = [place(from), place(to)];
      // A file may change the case of its own name.
      if (existsSync(target) && source !== target) throw new Error('The new name is taken.');
      await fs.rename(source, existsSync(target) ? join(target, '..', basename(to)) : target);
    }),
  );
  sftp.on('OPENDIR', (id, path) =>
    answer(id, async () => {
      const folder = place(path);
      sftp.handle(id, handle({ folder, names: ['.', '..', ...(await fs.readdir(folder))] }));
    }),
  );
  sftp.on('READDIR', (id, name) =>
    answer(id, async () => {
      const found = at(name);
      if (found === undefined || !('folder' in found)) throw new Error('This is no open folder.');
      const names = found.names.splice(0, 100);
      if (names.length === 0) return sftp.status(id, STATUS_CODE.EOF);
      const entries = await Promise.all(
        names.map(async (each) => {
          const stats = await fs.stat(join(found.folder, each)).catch(() => undefined);
          return stats === undefined ? [] : [{ filename: each, longname: each, attrs: attributesOf(stats) }];
        }),
      );
      return sftp.name(id, entries.flat());
    }),
  );
  for (const request of ['READLINK', 'SYMLINK', 'EXTENDED'])
    sftp.on(request, (id: number) => sftp.status(id, STATUS_CODE.OP_UNSUPPORTED));
  const closeAll = () => {
    for (const each of open.values()) if ('file' in each) void each.file.close().catch(() => undefined);
    open.clear();
  };
  sftp.on('close', closeAll).on('end', closeAll);
  sftp.on('error', () => undefined); // a client that hangs up
}

function openFlags(flags: number): number {
  const has = (flag: number) => (flags & flag) !== 0;
  const [read, write] = [has(OPEN_MODE.READ), has(OPEN_MODE.WRITE) || has(OPEN_MODE.APPEND)];
  return (
    (read && write ? constants.O_RDWR : write ? constants.O_WRONLY : constants.O_RDONLY) |
    (has(OPEN_MODE.CREAT) ? constants.O_CREAT : 0) |
    (has(OPEN_MODE.TRUNC) ? constants.O_TRUNC : 0) |
    (has(OPEN_MODE.EXCL) ? constants.O_EXCL : 0) |
    (has(OPEN_MODE.APPEND) ? constants.O_APPEND : 0)
  );
}

/** Modes and owners of POSIX mean nothing here; sizes and times do. */
async function set(file: fs.FileHandle, attributes: Attributes): Promise<void> {
  const { size, atime, mtime } = attributes as Partial<Attributes>;
  if (size !== undefined) await file.truncate(size);
  if (atime !== undefined && mtime !== undefined) await file.utimes(atime, mtime);
}

function attributesOf(stats: Awaited<ReturnType<typeof fs.stat>>): Attributes {
  return {
    mode: Number(stats.mode),
    uid: 0,
    gid: 0,
    size: Number(stats.size),
    atime: Math.floor(Number(stats.atimeMs) / 1000),
    mtime: Math.floor(Number(stats.mtimeMs) / 1000),
  };
}

function statusOf(error: unknown): number {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOENT' || code === 'ENOTDIR') return STATUS_CODE.NO_SUCH_FILE;
  if (code === 'EACCES' || code === 'EPERM') return STATUS_CODE.PERMISSION_DENIED;
  return STATUS_CODE.FAILURE;
}

/** As OpenSSH says it: one word for each status. */
function messageOf(error: unknown): string {
  const words: Record<number, string> = {
    [STATUS_CODE.NO_SUCH_FILE]: 'No such file',
    [STATUS_CODE.PERMISSION_DENIED]: 'Permission denied',
  };
  return words[statusOf(error)] ?? 'Failure';
}
