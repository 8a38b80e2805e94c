import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import ssh2, { type Connection, type SFTPWrapper } from 'ssh2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SftpFiles } from '../../../src/updater/targets/sftp';

const { STATUS_CODE } = ssh2.utils.sftp;
const hostKey = ssh2.utils.generateKeyPairSync('ed25519').private;
const deadline = 20_000;

/** An SFTP server on loopback whose files are in memory, and on which things go wrong as asked. */
class Shelf {
  readonly files = new Map<string, Buffer>();
  readonly folders = new Set(['', '/C:']);
  /** Bytes that it takes in all; then it says "Failure", as Windows does on a full disk. */
  room = Number.POSITIVE_INFINITY;
  /** It answers no write any more. */
  silent = false;
  /** SFTP sessions opened so far. */
  sessions = 0;
  /** Offset and length of each write, in the order of arrival. */
  readonly writes: [offset: number, length: number][] = [];
  onWrite: () => void = () => undefined;
  private readonly open: Connection[] = [];
  private session: SFTPWrapper | undefined;

  private readonly server = new ssh2.Server({ hostKeys: [hostKey] }, (connection) => {
    this.open.push(connection);
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => context.accept());
    connection.on('session', (accept) => accept().on('sftp', (acceptSftp) => this.serve(acceptSftp())));
  });

  async start(): Promise<number> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  cut(): void {
    for (const connection of this.open.splice(0)) connection.end();
  }

  endSession(): void {
    this.session?.end();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private serve(sftp: SFTPWrapper): void {
    this.sessions++;
    this.session = sftp;
    const handles = new Map<number, string>();
    const nameOf = (handle: Buffer): string => handles.get(handle.readUInt32BE(0)) ?? '';
    sftp.on('OPEN', (request, path, flags) => {
      const create = (flags & ssh2.utils.sftp.OPEN_MODE.CREAT) !== 0;
      if (!this.folders.has(path.replace(/\/[^/]*$/, '')))
        return sftp.status(request, STATUS_CODE.NO_SUCH_FILE);
      if (path.includes('locked'))
        return sftp.status(request, STATUS_CODE.PERMISSION_DENIED, 'Permission denied');
      if (!this.files.has(path) && !create) return sftp.status(request, STATUS_CODE.NO_SUCH_FILE);
      if (create) this.files.set(path, Buffer.alloc(0));
      const handle = Buffer.alloc(4);
      handle.writeUInt32BE(handles.size + 1);
      handles.set(handles.size + 1, path);
      sftp.handle(request, handle);
    });
    sftp.on('WRITE', (request, handle, offset, data) => {
      this.onWrite();
      if (this.silent) return;
      const path = nameOf(handle);
      const old = this.files.get(path) ?? Buffer.alloc(0);
      if (offset + data.length > this.room) return sftp.status(request, STATUS_CODE.FAILURE);
      const grown = Buffer.alloc(Math.max(old.length, offset + data.length));
      old.copy(grown);
      data.copy(grown, offset);
      this.files.set(path, grown);
      this.writes.push([offset, data.length]);
      sftp.status(request, STATUS_CODE.OK);
    });
    sftp.on('CLOSE', (request) => sftp.status(request, STATUS_CODE.OK));
    sftp.on('MKDIR', (request, path) => {
      if (this.folders.has(path)) return sftp.status(request, STATUS_CODE.FAILURE);
      if (path.includes('locked')) return sftp.status(request, STATUS_CODE.PERMISSION_DENIED);
      this.folders.add(path);
      sftp.status(request, STATUS_CODE.OK);
    });
    sftp.on('STAT', (request, path) => {
      const file = this.files.get(path);
      if (file === undefined && !this.folders.has(path))
        return sftp.status(request, STATUS_CODE.NO_SUCH_FILE);
      sftp.attrs(request, { mode: 0o100644, uid: 0, gid: 0, size: file?.length ?? 0, atime: 0, mtime: 0 });
    });
    sftp.on('RENAME', (request, from, to) => {
      const file = this.files.get(from);
      if (file === undefined) return sftp.status(request, STATUS_CODE.NO_SUCH_FILE);
      if (this.files.has(to)) return sftp.status(request, STATUS_CODE.FAILURE);
      this.files.delete(from);
      this.files.set(to, file);
      sftp.status(request, STATUS_CODE.OK);
    });
    sftp.on('REMOVE', (request, path) =>
      sftp.status(request, this.files.delete(path) ? STATUS_CODE.OK : STATUS_CODE.NO_SUCH_FILE),
    );
  }
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
  }
}

const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));

describe('files over SFTP', () => {
  let shelf: Shelf;
  let client: ssh2.Client;
  let files: SftpFiles;
  let uses: number;

  beforeEach(async () => {
    shelf = new Shelf();
    const port = await shelf.start();
    client = new ssh2.Client();
    client.on('error', () => undefined);
    const ended = new AbortController();
    client.on('close', () => ended.abort());
    uses = 0;
    files = new SftpFiles(client, 'srv', ended.signal, (by) => (uses += by));
    client.connect({ host: '127.0.0.1', port, username: 'x', password: 'x' });
    await once(client, 'ready');
  });
  afterEach(async () => {
    expect(uses).toBe(0);
    client.end();
    await shelf.stop();
  });

  it('are written, looked at, named and removed; what is not there is no failure', async () => {
    await files.makeFolder('/C:/state/packages', { deadline });
    await files.makeFolder('/C:/state/packages', { deadline });
    await files.write('/C:/state/a', 'é'.repeat(40_000), { deadline });
    expect(await files.size('/C:/state/a', { deadline })).toBe(80_000);
    await files.rename('/C:/state/a', '/C:/state/b', { deadline });
    expect(await files.size('/C:/state/a', { deadline })).toBeUndefined();
    await files.remove('/C:/state/b', { deadline });
    await files.remove('/C:/state/b', { deadline });
    expect(shelf.sessions).toBe(1);
  });

  it('go on from an offset, and what lies before it is not touched', async () => {
    await files.makeFolder('/C:/p', { deadline });
    shelf.files.set('/C:/p/x.part', content.subarray(0, 100_000));
    let sent = 0;
    await files.writeAt('/C:/p/x.part', 100_000, pieces(content.subarray(100_000), 70_000), {
      deadline,
      onSent: (bytes) => (sent += bytes),
    });
    expect(shelf.files.get('/C:/p/x.part')?.equals(content)).toBe(true);
    expect(sent).toBe(200_000);
    expect(Math.min(...shelf.writes.map(([offset]) => offset))).toBe(100_000);
    // No single write is of a size that some servers choke on.
    expect(Math.max(...shelf.writes.map(([, length]) => length))).toBeLessThanOrEqual(32 * 1024);
  });

  it('begin where there is no file yet', async () => {
    await files.makeFolder('/C:/p', { deadline });
    await files.writeAt('/C:/p/new.part', 0, pieces(content, 64_000), { deadline });
    expect(shelf.files.get('/C:/p/new.part')?.equals(content)).toBe(true);
  });

  it('that are refused say which, and why', async () => {
    await files.makeFolder('/C:/p', { deadline });
    await expect(files.write('/C:/p/locked', 'x', { deadline })).rejects.toMatchObject({
      code: 'remote.failed',
      message: expect.stringMatching(/srv failed while writing \/C:\/p\/locked: Permission denied/) as string,
    });
    await expect(files.makeFolder('/C:/locked', { deadline })).rejects.toMatchObject({
      code: 'remote.failed',
    });
    await expect(files.write('/C:/nowhere/x', 'x', { deadline })).rejects.toMatchObject({
      code: 'remote.failed',
    });
  });

  it('on a full disk: "Failure" is said in words, and what arrived is kept from the front', async () => {
    await files.makeFolder('/C:/p', { deadline });
    shelf.room = 100_000;
    await expect(
      files.writeAt('/C:/p/x.part', 0, pieces(content, 50_000), { deadline }),
    ).rejects.toMatchObject({
      code: 'remote.failed',
      message: expect.stringContaining('the disk may be full') as string,
    });
    const kept = shelf.files.get('/C:/p/x.part') ?? Buffer.alloc(0);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.equals(content.subarray(0, kept.length))).toBe(true);
    // The session is still good for the next.
    shelf.room = Number.POSITIVE_INFINITY;
    await files.write('/C:/p/y', 'x', { deadline });
    expect(shelf.sessions).toBe(1);
  });

  it('end at their deadline where the server hangs, and when cancelled', async () => {
    await files.makeFolder('/C:/p', { deadline });
    shelf.silent = true;
    await expect(
      files.writeAt('/C:/p/x', 0, pieces(content, 50_000), { deadline: 300 }),
    ).rejects.toMatchObject({
      code: 'link.timeout',
      message: expect.stringContaining('/C:/p/x') as string,
    });
    const cancel = new AbortController();
    shelf.onWrite = () => cancel.abort();
    await expect(files.write('/C:/p/y', 'x', { deadline, signal: cancel.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('are lost with their connection, by name', async () => {
    await files.makeFolder('/C:/p', { deadline });
    shelf.silent = true;
    shelf.onWrite = () => shelf.cut();
    await expect(files.writeAt('/C:/p/x', 0, pieces(content, 50_000), { deadline })).rejects.toMatchObject({
      code: 'link.lost',
    });
    await expect(files.size('/C:/p/x', { deadline })).rejects.toMatchObject({ code: 'link.lost' });
  });

  it('have a session of their own again after one was ended', async () => {
    await files.makeFolder('/C:/p', { deadline });
    shelf.endSession();
    await expect
      .poll(
        () =>
          files.write('/C:/p/y', 'x', { deadline: 2000 }).then(
            () => shelf.sessions,
            () => 0,
          ),
        {
          timeout: 10_000,
        },
      )
      .toBe(2);
  });
});
