import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as net from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FleetError } from '../../src/updater/errors';
import type { Link, Links } from '../../src/updater/targets/link';
import { Desk, localServer } from '../lab/links';
import { endSessions, startSshd, type Sshd } from '../lab/sshd';

const deadline = 20_000;
const MiB = 1024 * 1024;
let desk: Desk;
let sshd: Sshd;
let links: Links;
let key = '';
const stops: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  desk = new Desk();
  key = await desk.key('id_ed25519');
  sshd = await startSshd({ authorized: [key] });
  links = desk.links();
});
afterAll(async () => {
  desk.leave();
  await sshd.stop();
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const server = () => localServer('srv', sshd.port);
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as FleetError,
  );

/** A line to the sshd that can be cut or frozen. */
async function line(port: number) {
  const ends = new Set<net.Socket>();
  const listener = net.createServer((near) => {
    const far = net.connect(port, '127.0.0.1');
    for (const end of [near, far]) {
      ends.add(end);
      end.on('error', () => undefined);
    }
    far.on('close', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const cut = () => ends.forEach((end) => end.destroy());
  stops.push(async () => {
    cut();
    await new Promise((resolve) => listener.close(resolve));
  });
  const freeze = () => ends.forEach((end) => end.unpipe().pause());
  return { port: (listener.address() as net.AddressInfo).port, cut, freeze };
}

describe('exec', () => {
  let link: Link;
  beforeAll(async () => {
    link = await links.get(server());
  });

  it('tells output, errors and exit codes apart', async () => {
    expect(await link.exec('printf out; printf err >&2; exit 3', { deadline })).toEqual({
      code: 3,
      signal: null,
      stdout: 'out',
      stderr: 'err',
    });
  });

  it('tells the signal that ended a command', async () => {
    expect(await link.exec('kill -TERM $$', { deadline })).toMatchObject({ code: null, signal: 'SIGTERM' });
  });

  it('keeps white space, and characters that arrive in pieces', async () => {
    const { stdout } = await link.exec(
      "printf ' \\346'; sleep 0.2; printf '\\274'; sleep 0.2; printf '\\242\\n '",
      {
        deadline,
      },
    );
    expect(stdout).toBe(' 漢\n ');
  });

  it('hands output over as it comes', async () => {
    const seen: { text: string; at: number }[] = [];
    const result = await link.exec('echo one; sleep 0.5; echo two', {
      deadline,
      onStdout: (chunk) => seen.push({ text: chunk.toString(), at: Date.now() }),
    });
    expect(result.stdout).toBe('');
    expect(seen.map(({ text }) => text)).toEqual(['one\n', 'two\n']);
    expect(seen[1]!.at - seen[0]!.at).toBeGreaterThan(300);
  });

  it('ends a command at its deadline, and asks the server to kill it', async () => {
    const started = Date.now();
    const error = await failure(link.exec('exec sleep 3', { deadline: 500 }));
    expect(error).toMatchObject({ code: 'link.timeout', server: 'srv' });
    expect(Date.now() - started).toBeLessThan(1_500);
    // sshd obeys for ordinary accounts. For root, as here, it has no separate process that could, and says so.
    await expect.poll(() => sshd.log()).toContain('session signalling requires privilege separation');
  });

  it('can be cancelled, before and while it runs', async () => {
    const stop = new AbortController();
    const running = link.exec('sleep 3', { deadline, signal: stop.signal });
    setTimeout(() => stop.abort(), 200);
    expect(await failure(running)).toMatchObject({ code: 'cancelled' });
    expect(await failure(link.exec('true', { deadline, signal: stop.signal }))).toMatchObject({
      code: 'cancelled',
    });
  });

  it('keeps only so much of what a server says', async () => {
    const error = await failure(link.exec('yes', { deadline, maxOutput: 100_000 }));
    expect(error).toMatchObject({ code: 'remote.failed', server: 'srv' });
    expect(
      (await link.exec('head -c 100000 /dev/zero', { deadline, maxOutput: 100_000 })).stdout,
    ).toHaveLength(100_000);
  });

  it('brings 64 MiB of input over whole, and counts them', async () => {
    const block = randomBytes(MiB);
    const hash = createHash('sha256');
    function* blocks() {
      for (let at = 0; at < 64; at++) {
        block.writeUInt32BE(at);
        hash.update(block);
        yield Buffer.from(block);
      }
    }
    let sent = 0;
    const { stdout } = await link.exec('sha256sum', {
      deadline: 60_000,
      stdin: Readable.from(blocks(), { objectMode: false, highWaterMark: MiB }),
      onSent: (bytes) => (sent += bytes),
    });
    expect(stdout.split(' ')[0]).toBe(hash.digest('hex'));
    expect(sent).toBe(64 * MiB);
  });

  it('takes text and bytes as input, and the empty one', async () => {
    expect((await link.exec('cat', { deadline, stdin: 'häfen' })).stdout).toBe('häfen');
    expect((await link.exec('cat', { deadline, stdin: Buffer.alloc(3 * MiB, 'x') })).stdout).toHaveLength(
      3 * MiB,
    );
    expect((await link.exec('wc -c', { deadline, stdin: '' })).stdout.trim()).toBe('0');
  });

  it('ends with a command that does not read its input', async () => {
    const endless = new Readable({
      read() {
        this.push(Buffer.alloc(MiB));
      },
    });
    expect(await link.exec('head -c 5 >/dev/null; exit 7', { deadline, stdin: endless })).toMatchObject({
      code: 7,
    });
    expect(endless.destroyed).toBe(true);
  });

  it('fails with the error of its input', async () => {
    const broken = new Readable({
      read() {
        this.destroy(new Error('the disk is gone'));
      },
    });
    expect(await failure(link.exec('cat', { deadline, stdin: broken }))).toMatchObject({
      message: 'the disk is gone',
    });
  });

  it('lets 200 commands at once wait for their turn, while two are followed', async () => {
    const stop = new AbortController();
    const follow = [1, 2].map(() =>
      failure(link.exec('sleep 60', { deadline: 70_000, signal: stop.signal })),
    );
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, at) => link.exec(`printf ${at}`, { deadline: 60_000 })),
    );
    expect(results.map(({ stdout }) => stdout)).toEqual(results.map((_, at) => String(at)));
    stop.abort();
    expect((await Promise.all(follow)).map(({ code }) => code)).toEqual(['cancelled', 'cancelled']);
  });

  it('gives up in the line at its deadline, and leaves the line in order', async () => {
    const busy = Array.from({ length: 8 }, () => link.exec('sleep 1', { deadline }));
    expect(await failure(link.exec('true', { deadline: 200 }))).toMatchObject({ code: 'link.timeout' });
    await Promise.all(busy);
    expect((await link.exec('printf on', { deadline })).stdout).toBe('on');
  });

  it('waits where a server allows fewer sessions', async () => {
    const strict = await startSshd({ authorized: [key], config: ['MaxSessions 2'] });
    stops.push(() => strict.stop());
    const narrow = await links.get(localServer('narrow', strict.port));
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, at) => narrow.exec(`sleep 0.05; printf ${at}`, { deadline })),
    );
    expect(results.map(({ stdout }) => Number(stdout))).toEqual(results.map((_, at) => at));
  });
});

describe('a link', () => {
  it('is one for all who ask at the same moment, and after', async () => {
    const before = sshd.log().split('Accepted publickey').length;
    const own = desk.links();
    const [one, two] = await Promise.all([own.get(server()), own.get(server())]);
    expect(one).toBe(two);
    expect(await own.get(server())).toBe(one);
    expect(sshd.log().split('Accepted publickey').length - before).toBe(1);
    own.drop(server());
    expect(one.open).toBe(false);
    expect((await own.get(server())).open).toBe(true);
  });

  it('is still made for others when one of them gives up', async () => {
    const own = desk.links();
    const stop = new AbortController();
    const one = failure(own.get(server(), { signal: stop.signal }));
    const two = own.get(server());
    await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    expect(await one).toMatchObject({ code: 'cancelled' });
    expect((await two).open).toBe(true);
  });

  it('that is cut says so at once, once, and is made anew', async () => {
    const wire = await line(sshd.port);
    const far = localServer('far', wire.port);
    const link = await links.get(far);
    const reasons: unknown[] = [];
    link.onClose((reason) => reasons.push(reason));
    const running = failure(link.exec('sleep 30', { deadline: 40_000 }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const started = Date.now();
    wire.cut();
    expect(await running).toMatchObject({ code: 'link.lost', server: 'far' });
    expect(Date.now() - started).toBeLessThan(500);
    expect(link.open).toBe(false);
    expect(reasons).toHaveLength(1);
    expect(await failure(link.exec('true', { deadline }))).toMatchObject({ code: 'link.lost' });
    expect((await (await links.get(far)).exec('printf again', { deadline })).stdout).toBe('again');
  });

  it('whose server process dies says so', async () => {
    const own = await startSshd({ authorized: [key] });
    stops.push(() => own.stop());
    const link = await links.get(localServer('dying', own.port));
    const running = failure(link.exec('sleep 30', { deadline: 40_000 }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await endSessions(own.pid);
    expect(await running).toMatchObject({ code: 'link.lost', server: 'dying' });
  });

  it('that freezes is found by its keepalives', async () => {
    const wire = await line(sshd.port);
    const own = desk.links({ keepalive: { interval: 200, count: 3 } });
    const link = await own.get(localServer('frozen', wire.port));
    const running = failure(link.exec('sleep 30', { deadline: 40_000 }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const started = Date.now();
    wire.freeze();
    expect(await running).toMatchObject({ code: 'link.lost', server: 'frozen' });
    expect(Date.now() - started).toBeLessThan(2_000);
  });

  it('that nobody uses closes, but not while a command runs', async () => {
    const own = desk.links({ idleAfter: 400 });
    const link = await own.get(server());
    await link.exec('sleep 1', { deadline });
    expect(link.open).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(link.open).toBe(false);
  });

  it('measures its round trip', async () => {
    const near = await desk.links().get(server());
    expect(near.roundTrip).toBeGreaterThan(0);
    expect(near.roundTrip).toBeLessThan(50);
  });
});

describe('a fresh connection', () => {
  it('is a new one each time', async () => {
    const one = await links.fresh(server(), { deadline });
    const two = await links.fresh(server(), { deadline });
    expect(one).not.toBe(two);
    expect((await two.exec('printf ok', { deadline })).stdout).toBe('ok');
    one.close();
    two.close();
    expect(one.open).toBe(false);
  });

  it('to a server that accepts and says nothing is dead at its deadline', async () => {
    const mute = net.createServer((socket) => socket.resume().on('error', () => undefined));
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    stops.push(() => new Promise((resolve) => mute.close(resolve)));
    const silent = localServer('mute', (mute.address() as net.AddressInfo).port);
    for (const wait of [300, 2_500]) {
      const started = Date.now();
      expect(await failure(links.fresh(silent, { deadline: wait }))).toMatchObject({
        code: 'link.timeout',
        server: 'mute',
      });
      expect(Date.now() - started).toBeLessThan(wait + 300);
    }
  });

  it('is not held up by many servers that say nothing', async () => {
    const mute = net.createServer((socket) => socket.resume().on('error', () => undefined));
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const own = desk.links({ concurrency: 2, connectTimeout: 5_000 });
    const port = (mute.address() as net.AddressInfo).port;
    const stop = new AbortController();
    const hanging = Array.from({ length: 20 }, (_, at) =>
      failure(own.get(localServer(`mute-${at}`, port), { signal: stop.signal })),
    );
    const started = Date.now();
    (await own.fresh(server(), { deadline })).close();
    expect(Date.now() - started).toBeLessThan(1_500);
    stop.abort();
    expect((await Promise.all(hanging)).every(({ code }) => code === 'cancelled')).toBe(true);
    await new Promise((resolve) => mute.close(resolve));
  });

  it('says what is wrong with the address', async () => {
    const closed = await line(1);
    const cases: [string, Parameters<typeof localServer>[2], number][] = [
      ['host.refused', {}, 1],
      ['host.unknown', { host: 'no-such-host.invalid' }, 22],
      ['link.lost', {}, closed.port],
    ];
    for (const [code, more, port] of cases)
      expect(await failure(links.fresh(localServer('srv', port, more), { deadline }))).toMatchObject({
        code,
      });
  });
});

describe('dispose', () => {
  it('closes all links and ends what is under way', async () => {
    const own = desk.links();
    const link = await own.get(server());
    const fresh = await own.fresh(server(), { deadline });
    const running = failure(link.exec('sleep 30', { deadline: 40_000 }));
    const pending = failure(own.get(localServer('other', sshd.port)));
    own.dispose();
    expect((await running).code).toBe('link.lost');
    expect((await pending).code).toBe('cancelled');
    expect([link.open, fresh.open]).toEqual([false, false]);
    expect(await failure(own.get(server()))).toMatchObject({ code: 'cancelled' });
    expect(await failure(own.fresh(server(), { deadline }))).toMatchObject({ code: 'cancelled' });
  });
});
