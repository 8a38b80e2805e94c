import { createHash, randomFillSync } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Link } from '../../src/updater/targets/link';
import { linux } from '../../src/updater/targets/linux';
import { transfer, type Source, type TransferOptions } from '../../src/updater/targets/transfer';
import { Desk, localServer } from '../lab/links';
import { startProxy, type Proxy, type ProxyOptions } from '../lab/proxy';
import { startSshd, type Sshd } from '../lab/sshd';

const mib = 1 << 20;
const root = process.getuid?.() === 0;

let desk: Desk;
let sshd: Sshd;
let folder: string;
let serial = 0;
const proxies: Proxy[] = [];

beforeAll(async () => {
  desk = new Desk();
  sshd = await startSshd({ authorized: [await desk.key('id_ed25519')] });
  folder = mkdtempSync(path.join(os.tmpdir(), 'transfer-'));
});

afterAll(async () => {
  desk.leave();
  for (const proxy of proxies) await proxy.close();
  await sshd.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Place {
  link: Link;
  proxy: Proxy;
  state: string;
}

/** A server with an empty state folder (or that one), behind a line of its own. */
async function place(options: ProxyOptions & { state?: string } = {}): Promise<Place> {
  const proxy = await startProxy({ host: '127.0.0.1', port: sshd.port }, options);
  proxies.push(proxy);
  const state = options.state ?? path.join(folder, `state-${++serial}`);
  const server = localServer(`srv-${++serial}`, proxy.port, {
    stateDir: state,
    user: os.userInfo().username,
  });
  return { link: await desk.links().get(server), proxy, state };
}

/** A file of random bytes. */
function sample(size: number, file = 'package.jar'): Source {
  const bytes = randomFillSync(Buffer.alloc(size));
  const where = path.join(folder, `sample-${++serial}`);
  writeFileSync(where, bytes);
  return { path: where, file, size, sha256: createHash('sha256').update(bytes).digest('hex') };
}

const send = ({ link }: Place, source: Source, options?: TransferOptions): Promise<'sent' | 'had'> =>
  transfer(link, linux, source, options);

const folderOf = (state: string, source: Source): string => path.join(state, 'packages', source.sha256);

/** The package lies there whole, under its name, and nothing else does. */
function expectThere(state: string, source: Source): void {
  expect(readdirSync(folderOf(state, source))).toEqual([source.file]);
  const arrived = readFileSync(path.join(folderOf(state, source), source.file));
  expect(createHash('sha256').update(arrived).digest('hex')).toBe(source.sha256);
}

/** Lays a part there as an interrupted transfer leaves it. */
function layPart(state: string, source: Source, content: Buffer): string {
  mkdirSync(folderOf(state, source), { recursive: true });
  const part = path.join(folderOf(state, source), `${source.file}.part`);
  writeFileSync(part, content);
  return part;
}

/** Bytes that went to the server while `work` ran. */
async function bytesSent({ proxy }: Place, work: () => Promise<unknown>): Promise<number> {
  const before = proxy.stats.up;
  await work();
  return proxy.stats.up - before;
}

describe('a package on its way', () => {
  it('arrives whole and under its name, and says how far it is', async () => {
    const there = await place();
    const source = sample(40 * mib + 12_345);
    const steps: number[] = [];
    expect(await send(there, source, { onProgress: (done) => steps.push(done) })).toBe('sent');
    expectThere(there.state, source);
    expect(steps[0]).toBe(0);
    expect(steps.at(-1)).toBe(source.size);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  });

  it.each([0, 1, 8 * mib - 1, 8 * mib, 8 * mib + 1])('arrives with a size of %i bytes', async (size) => {
    const there = await place();
    const source = sample(size);
    expect(await send(there, source)).toBe('sent');
    expectThere(there.state, source);
  });

  it('is not sent when it is there', async () => {
    const there = await place();
    const source = sample(10 * mib);
    await send(there, source);
    const again = await bytesSent(there, async () => expect(await send(there, source)).toBe('had'));
    expect(again).toBeLessThan(mib);
  });

  it.each(['a b  c.jar', "it's %PATH% & `id` $(id)!.jar", 'Überwachung-модуль-録画.jar', '-rf.jar'])(
    'keeps its name: %s',
    async (file) => {
      const there = await place();
      const source = sample(100_000, file);
      expect(await send(there, source)).toBe('sent');
      expectThere(there.state, source);
      expect(await send(there, source)).toBe('had');
    },
  );

  it.each([
    { delayMs: 0, least: 1, most: 2 },
    { delayMs: 25, least: 5, most: 8 },
  ])('uses as many streams as a line of 2 × $delayMs ms needs', async ({ delayMs, least, most }) => {
    const there = await place({ delayMs });
    const source = sample(96 * mib);
    let now = 0;
    let seen = 0;
    const counting: Link = Object.assign(Object.create(there.link) as Link, {
      // As measured on a machine that does nothing else.
      roundTrip: Math.max(1, 2 * delayMs),
      exec: (command: string, options: Parameters<Link['exec']>[1]) => {
        if (!command.includes(' put ')) return there.link.exec(command, options);
        seen = Math.max(seen, ++now);
        return there.link.exec(command, options).finally(() => now--);
      },
    });
    expect(await transfer(counting, linux, source)).toBe('sent');
    expectThere(there.state, source);
    expect(there.link.roundTrip).toBeGreaterThanOrEqual(2 * delayMs);
    expect(seen).toBeGreaterThanOrEqual(least);
    expect(seen).toBeLessThanOrEqual(most);
  });

  it('is hashed anew where a server writes far behind what was sent', async () => {
    const there = await place();
    const source = sample(160 * mib);
    const proven: string[] = [];
    const lagging: Link = Object.assign(Object.create(there.link) as Link, {
      roundTrip: 1,
      exec: async (command: string, options: Parameters<Link['exec']>[1]) => {
        if (command.includes(' prove ')) {
          const result = await there.link.exec(command, options);
          proven.push(result.stdout.trim());
          return result;
        }
        if (!command.includes(' put ')) return there.link.exec(command, options);
        const { onSent, stdin, ...rest } = options;
        const held: Buffer[] = [];
        for await (const chunk of stdin as AsyncIterable<Uint8Array>) {
          held.push(Buffer.from(chunk));
          onSent?.(chunk.length);
        }
        await delay(1000); // time in which the hash reads what is not there yet
        return there.link.exec(command, { ...rest, stdin: Buffer.concat(held) });
      },
    });
    expect(await transfer(lagging, linux, source)).toBe('sent');
    expectThere(there.state, source);
    expect(proven).toHaveLength(2);
    expect(proven[0]).not.toBe(source.sha256);
    expect(proven[1]).toBe(source.sha256);
  });
});

describe('a transfer that was interrupted', () => {
  it('goes on with what is missing after the line was cut', async () => {
    const source = sample(128 * mib);
    const first = await place();
    const cut = first.proxy.cutAfter(80 * mib);
    await expect(send(first, source)).rejects.toMatchObject({ code: 'link.lost' });
    await cut;
    const second = await place({ state: first.state });
    const steps: number[] = [];
    const bytes = await bytesSent(second, () =>
      send(second, source, { onProgress: (done) => steps.push(done) }),
    );
    expectThere(first.state, source);
    // What was still on its way when the line broke is lost, and a block that was not whole.
    expect(bytes).toBeGreaterThan(48 * mib);
    expect(bytes).toBeLessThan(48 * mib + 24 * mib);
    expect(steps[0]).toBeGreaterThan(128 * mib - bytes);
  });

  it('mends a part that is damaged in its middle', async () => {
    const there = await place();
    const source = sample(64 * mib);
    const content = readFileSync(source.path);
    content.fill(0, 20 * mib, 20 * mib + 1);
    content.writeUInt8(content.readUInt8(20 * mib) ^ 0xff, 20 * mib);
    layPart(there.state, source, content);
    const bytes = await bytesSent(there, () => send(there, source));
    expectThere(there.state, source);
    expect(bytes).toBeGreaterThan(8 * mib);
    expect(bytes).toBeLessThan(9 * mib);
  });

  it('never believes a part by its length', async () => {
    const there = await place();
    const source = sample(24 * mib);
    layPart(there.state, source, Buffer.alloc(source.size));
    const bytes = await bytesSent(there, () => send(there, source));
    expectThere(there.state, source);
    expect(bytes).toBeGreaterThan(24 * mib);
  });

  it('cuts off what a part has behind the end of the file', async () => {
    const there = await place();
    const source = sample(20 * mib);
    const part = layPart(there.state, source, readFileSync(source.path));
    appendFileSync(part, Buffer.alloc(5 * mib, 7));
    const bytes = await bytesSent(there, () => send(there, source));
    expectThere(there.state, source);
    expect(bytes).toBeLessThan(mib);
  });

  it('looks again at a file that was cut short under its own name', async () => {
    const there = await place();
    const source = sample(20 * mib);
    mkdirSync(folderOf(there.state, source), { recursive: true });
    writeFileSync(
      path.join(folderOf(there.state, source), source.file),
      readFileSync(source.path).subarray(0, 16 * mib),
    );
    const bytes = await bytesSent(there, () => send(there, source));
    expectThere(there.state, source);
    expect(bytes).toBeLessThan(5 * mib);
  });

  it('keeps the part when it is cancelled', async () => {
    const there = await place({ bytesPerSecond: 40 * mib });
    const source = sample(64 * mib);
    const cancel = new AbortController();
    const going = send(there, source, {
      signal: cancel.signal,
      onProgress: (done) => {
        if (done > 40 * mib) cancel.abort();
      },
    });
    await expect(going).rejects.toMatchObject({ code: 'cancelled' });
    const again = await place({ state: there.state });
    const bytes = await bytesSent(again, () => send(again, source));
    expectThere(there.state, source);
    expect(bytes).toBeLessThan(56 * mib);
  });

  it('ends when nothing moves any more, and goes on later', async () => {
    const there = await place({ bytesPerSecond: 40 * mib });
    const source = sample(48 * mib);
    const going = send(there, source, {
      idleLimit: 1_500,
      onProgress: (done) => {
        if (done > 16 * mib) there.proxy.freeze(true);
      },
    });
    await expect(going).rejects.toMatchObject({
      code: 'transfer.failed',
      hint: expect.stringContaining('goes on where it stopped') as unknown,
    });
    there.proxy.cut();
    const again = await place({ state: there.state });
    expect(await send(again, source)).toBe('sent');
    expectThere(there.state, source);
  });
});

describe('a transfer that cannot end well', () => {
  it('says that another file arrived, and takes the right one afterwards', async () => {
    const there = await place();
    const source = sample(10 * mib);
    const other = { ...sample(10 * mib), sha256: source.sha256 };
    await expect(send(there, other)).rejects.toMatchObject({ code: 'package.corrupt' });
    expect(existsSync(path.join(folderOf(there.state, source), source.file))).toBe(false);
    expect(await send(there, source)).toBe('sent');
    expectThere(there.state, source);
  });

  it('says so when the server may not be written', async () => {
    const file = path.join(folder, `no-folder-${++serial}`);
    writeFileSync(file, 'a file stands where the state folder should be made');
    const there = await place({ state: path.join(file, 'state') });
    await expect(send(there, sample(1000))).rejects.toMatchObject({ code: 'remote.failed' });
  });

  it.runIf(root)('says `space` before it sends, and when room is taken away under it', async () => {
    const small = path.join(folder, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', small]);
    try {
      const there = await place({ state: path.join(small, 'state'), bytesPerSecond: 60 * mib });
      const big = sample(80 * mib);
      const bytes = await bytesSent(there, () =>
        expect(send(there, big)).rejects.toMatchObject({
          code: 'space',
          hint: expect.any(String) as unknown,
        }),
      );
      expect(bytes).toBeLessThan(mib);

      const source = sample(48 * mib);
      const filler = path.join(small, 'filler');
      const going = send(there, source, {
        onProgress: (done) => {
          if (done > 0 && !existsSync(filler)) fill(filler, 32);
        },
      });
      await expect(going).rejects.toMatchObject({ code: 'space' });
      rmSync(filler);
      expect(await send(there, source)).toBe('sent');
      expectThere(there.state, source);
    } finally {
      await delay(200); // what still writes there ends with its channel
      execFileSync('umount', ['--lazy', small]);
    }
  });
});

describe('two operators at once', () => {
  it('both bring the same package to one server', async () => {
    const source = sample(64 * mib);
    const one = await place({ bytesPerSecond: 60 * mib });
    const two = await place({ bytesPerSecond: 90 * mib, state: one.state });
    const both = await Promise.all([send(one, source), delay(150).then(() => send(two, source))]);
    expect(both).toEqual(['sent', 'sent']);
    expectThere(one.state, source);
    expect(await send(one, source)).toBe('had');
  });

  it('and one who comes when the other is nearly done gains from it', async () => {
    const source = sample(64 * mib);
    const one = await place({ bytesPerSecond: 40 * mib });
    const two = await place({ state: one.state });
    let late: Promise<unknown> | undefined;
    const first = send(one, source, {
      onProgress: (done) => {
        if (done > 56 * mib) late ??= send(two, source);
      },
    });
    await first;
    await late;
    expect(two.proxy.stats.up).toBeLessThan(56 * mib);
    expect(statSync(path.join(folderOf(one.state, source), source.file)).size).toBe(source.size);
    expectThere(one.state, source);
  });
});

/** Takes room away. */
function fill(file: string, sizeMiB: number): void {
  const out = openSync(file, 'w');
  for (let n = 0; n < sizeMiB; n++) writeSync(out, Buffer.alloc(mib));
  closeSync(out);
}
