import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecure } from 'node:https';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FleetError } from '../../../src/updater/errors';
import type { Link } from '../../../src/updater/targets/link';
import { askUrl } from '../../../src/updater/targets/web';

const closes: (() => void)[] = [];
afterEach(() => closes.splice(0).forEach((close) => close()));

/** A link whose server is this machine. */
function linkHere(over: Partial<Link> = {}): Link & { asked: [string, number][]; sockets: net.Socket[] } {
  const asked: [string, number][] = [];
  const sockets: net.Socket[] = [];
  return {
    ...{ server: { id: 'pier' }, open: true, asked, sockets },
    forward: async (host: string, port: number) => {
      asked.push([host, port]);
      const socket = net.connect(port, host);
      sockets.push(socket);
      closes.push(() => socket.destroy());
      await once(socket, 'connect');
      return socket;
    },
    ...over,
  } as unknown as Link & { asked: [string, number][]; sockets: net.Socket[] };
}

async function serve(listener: RequestListener, make: (listener: RequestListener) => Server = createServer) {
  const server = make(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closes.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  return (server.address() as net.AddressInfo).port;
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );

describe('a URL asked for through a server', () => {
  it('gives the status, whatever else is said, and closes the connection', async () => {
    const heard: (string | undefined)[] = [];
    const port = await serve((asked, answer) => {
      heard.push(asked.url, asked.headers.host, asked.method);
      answer.writeHead(503);
      // An answer may be endless.
      const more = setInterval(() => answer.write('x'.repeat(1000)), 1);
      answer.on('close', () => clearInterval(more));
    });
    const link = linkHere();
    expect(await askUrl(link, `http://127.0.0.1:${port}/up?full=1`, { deadline: 5_000 })).toBe(503);
    expect(heard).toEqual(['/up?full=1', `127.0.0.1:${port}`, 'GET']);
    expect(link.asked).toEqual([['127.0.0.1', port]]);
    expect(link.sockets[0]?.destroyed).toBe(true);
  });

  it('may be HTTPS with a certificate of its own', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'vms-fleet-web-'));
    closes.push(() => rmSync(dir, { recursive: true }));
    const [key, cert] = [join(dir, 'key'), join(dir, 'cert')];
    const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=x'];
    execFileSync('openssl', [...words, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const options = { key: readFileSync(key), cert: readFileSync(cert) };
    const port = await serve(
      (_, answer) => answer.writeHead(204).end(),
      (listener) => createSecure(options, listener),
    );
    expect(await askUrl(linkHere(), `https://127.0.0.1:${port}/`, { deadline: 5_000 })).toBe(204);
  });

  it.each([
    ['http://[::1]/', '::1', 80],
    ['https://box.example/x', 'box.example', 443],
    ['http://box.example:81/', 'box.example', 81],
  ])('%s goes to %s, port %i', async (url, host, port) => {
    const asked: [string, number][] = [];
    const refused = new FleetError('host.refused', 'No way.', { server: 'pier' });
    const forward = (to: string, at: number) => {
      asked.push([to, at]);
      return Promise.reject(refused);
    };
    expect(await failure(askUrl(linkHere({ forward }), url, { deadline: 5_000 }))).toMatchObject({
      ...{ code: 'verify.health', server: 'pier', cause: refused },
      message: `${url} gave no answer on pier: No way.`,
    });
    expect(asked).toEqual([[host, port]]);
  });

  it('that says nothing, or nonsense, has no answer', async () => {
    const port = await serve(() => undefined);
    const late = await failure(askUrl(linkHere(), `http://127.0.0.1:${port}/`, { deadline: 100 }));
    expect(late).toMatchObject({ code: 'verify.health' });
    expect((late as Error).message).toContain('nothing came within 0.1 s');
    const odd = net.createServer((socket) => socket.end('SSH-2.0-odd\r\n')).listen(0, '127.0.0.1');
    await once(odd, 'listening');
    closes.push(() => odd.close());
    const at = (odd.address() as net.AddressInfo).port;
    expect(await failure(askUrl(linkHere(), `http://127.0.0.1:${at}/`, { deadline: 5_000 }))).toMatchObject({
      code: 'verify.health',
    });
  });

  it('ends with the link, or with whoever asked, as trouble of the link', async () => {
    const lost = linkHere({ forward: () => Promise.reject(new Error('gone')), open: false });
    expect(await failure(askUrl(lost, 'http://x/', { deadline: 5_000 }))).toMatchObject({
      code: 'link.lost',
    });
    const port = await serve(() => undefined);
    const stop = new AbortController();
    const asking = askUrl(linkHere(), `http://127.0.0.1:${port}/`, { deadline: 60_000, signal: stop.signal });
    setTimeout(() => stop.abort(new FleetError('cancelled', 'Stopped.')), 50);
    expect(await failure(asking)).toMatchObject({ code: 'cancelled' });
  });
});
