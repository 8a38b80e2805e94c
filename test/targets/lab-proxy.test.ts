import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startProxy, type Proxy, type ProxyOptions } from '../lab/proxy';

const MIB = 1024 * 1024;
const opened: { close(): Promise<void> }[] = [];
let echo: Server;

beforeAll(async () => {
  echo = createServer({ noDelay: true, allowHalfOpen: true }, (socket) =>
    socket.on('error', () => undefined).pipe(socket),
  );
  await once(echo.listen(0, '127.0.0.1'), 'listening');
});

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

afterAll(() => new Promise((resolve) => echo.close(resolve)));

async function line(options?: ProxyOptions): Promise<Proxy> {
  const proxy = await startProxy({ host: '127.0.0.1', port: (echo.address() as AddressInfo).port }, options);
  opened.push(proxy);
  return proxy;
}

async function client(to: Proxy): Promise<Socket> {
  const socket = connect({ host: to.host, port: to.port, noDelay: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Bytes that came back until the connection ended. */
async function sendAll(socket: Socket, bytes: number): Promise<number> {
  let came = 0;
  socket.on('data', (chunk: Buffer) => (came += chunk.length));
  socket.end(Buffer.alloc(bytes));
  await new Promise((resolve) => socket.once('close', resolve)); // after a reset, too
  return came;
}

test('each direction takes its delay, to two milliseconds', async () => {
  const socket = await client(await line({ delayMs: 20 }));
  const times: number[] = [];
  for (let round = 0; round < 21; round++) {
    const start = performance.now();
    socket.write('x');
    await once(socket, 'data');
    times.push(performance.now() - start);
  }
  const usual = times.sort((a, b) => a - b)[5] ?? 0; // the slower ones are the machine's other work
  console.log(`round trip over 20 + 20 ms: ${usual.toFixed(1)} ms`);
  expect(times[0]).toBeGreaterThan(39);
  expect(usual).toBeLessThan(44);
});

test('a delay does not limit how much passes', async () => {
  const socket = await client(await line({ delayMs: 25 }));
  const start = performance.now();
  expect(await sendAll(socket, 128 * MIB)).toBe(128 * MIB);
  const rate = 128 / ((performance.now() - start) / 1000);
  console.log(`there and back over 25 + 25 ms: ${rate.toFixed(0)} MiB/s each way`);
  expect(rate).toBeGreaterThan(50); // a window of 2 MiB would allow 40
});

test('a slow line is as slow as it says', async () => {
  const socket = await client(await line({ bytesPerSecond: 4 * MIB }));
  const start = performance.now();
  expect(await sendAll(socket, 2 * MIB)).toBe(2 * MIB);
  const seconds = (performance.now() - start) / 1000;
  expect(seconds).toBeGreaterThan(0.5);
  expect(seconds).toBeLessThan(0.8);
});

test('cut ends what lives, serves what comes; refuse ends what comes, serves what lives', async () => {
  const proxy = await line();
  const first = await client(proxy);
  await expect.poll(() => proxy.stats.open).toBe(1);
  const closed = new Promise((resolve) => first.once('close', resolve));
  proxy.cut();
  await closed;

  const second = await client(proxy);
  second.write('a');
  await once(second, 'data');
  proxy.refuse(true);
  const third = connect({ host: proxy.host, port: proxy.port });
  const [error] = (await once(third, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNRESET');
  second.write('b');
  await once(second, 'data');
  proxy.refuse(false);
  expect(await sendAll(await client(proxy), 1000)).toBe(1000);
  second.destroy();
  await expect.poll(() => proxy.stats).toEqual({ connections: 3, open: 0, up: 1002, down: 1002 });
});

test('frozen, even an end does not pass, and new connections stay silent; thawed, all passes in order', async () => {
  const proxy = await line();
  const socket = await client(proxy);
  socket.write('x');
  await once(socket, 'data');
  proxy.freeze(true);
  const held = sendAll(socket, 3 * MIB);
  const late = sendAll(await client(proxy), 10);
  expect(await Promise.race([held, late, delay(300).then(() => 'silent')])).toBe('silent');
  expect(proxy.stats).toMatchObject({ up: 1, down: 1 });
  proxy.freeze(false);
  expect(await held).toBe(3 * MIB);
  expect(await late).toBe(10);
});

test('cutAfter lets exactly so many bytes pass, both directions together', async () => {
  const proxy = await line();
  const cut = proxy.cutAfter(1_000_001);
  const came = await sendAll(await client(proxy), 4 * MIB);
  await cut;
  expect(came).toBeLessThan(1_000_001);
  expect(proxy.stats.up + proxy.stats.down).toBeLessThanOrEqual(1_000_001);
  expect(proxy.stats.up + proxy.stats.down).toBeGreaterThan(900_000);
  expect(await sendAll(await client(proxy), 1000)).toBe(1000);
});

test('cutWhen cuts once, as soon as its condition holds', async () => {
  const proxy = await line();
  const cut = proxy.cutWhen(({ up }) => up >= MIB);
  expect(await sendAll(await client(proxy), 8 * MIB)).toBeLessThan(8 * MIB);
  await cut;
  expect(proxy.stats.up).toBeGreaterThanOrEqual(MIB);
  expect(await sendAll(await client(proxy), 1000)).toBe(1000);
});
