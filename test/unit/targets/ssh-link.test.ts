import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2, { type Client, type Connection } from 'ssh2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SshLink } from '../../../src/updater/targets/ssh-link';
import { localServer } from '../../lab/links';

const hostKey = ssh2.utils.generateKeyPairSync('ed25519').private;
/** Milliseconds that the server takes to confirm a command or a forwarded connection, and after which one is given up. */
const [confirmed, givenUp] = [60, 20];
const deadline = 3_000;
const idleAfter = 200;

let connections: Connection[];
let server: ssh2.Server;
let client: Client;
let link: SshLink;

/** A server that confirms late, and says something at once. */
function answer(connection: Connection): void {
  connections.push(connection);
  connection.on('error', () => undefined);
  connection.on('authentication', (context) => context.accept());
  connection.on('session', (accept) => {
    accept().on('exec', (acceptExec) =>
      setTimeout(() => {
        const channel = acceptExec();
        channel.stderr.write('to errors');
        channel.write('said');
        channel.exit(0);
        channel.end();
      }, confirmed),
    );
  });
  connection.on('tcpip', (accept) => setTimeout(() => accept().end('said'), confirmed));
}

beforeEach(async () => {
  connections = [];
  server = new ssh2.Server({ hostKeys: [hostKey] }, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  client = new ssh2.Client();
  client.connect({ host: '127.0.0.1', port, username: 'x' });
  await once(client, 'ready');
  link = new SshLink(localServer('srv', port), client, 1, idleAfter);
});
afterEach(async () => {
  client.end();
  for (const connection of connections) connection.end();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

/** What is given up before the server has confirmed it. */
async function givingUp(work: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const stop = new AbortController();
  const given = expect(work(stop.signal)).rejects.toMatchObject({ code: 'cancelled' });
  await sleep(givenUp);
  stop.abort();
  await given;
}

it('knows the end of a command that comes together with its start', async () => {
  expect(await link.exec('short', { deadline })).toEqual({
    code: 0,
    signal: null,
    stdout: 'said',
    stderr: 'to errors',
  });
});

describe('a link of which something is given up before the server has confirmed it', () => {
  it('has its eight places again', async () => {
    for (let round = 0; round < 3; round++)
      await Promise.all(
        Array.from({ length: 8 }, () => givingUp((signal) => link.exec('slow', { deadline, signal }))),
      );
    expect(await link.exec('next', { deadline })).toMatchObject({ code: 0, stdout: 'said' });
  });

  it('closes when nobody uses it', async () => {
    await givingUp((signal) => link.forward('127.0.0.1', 80, signal));
    await expect.poll(() => link.open, { timeout: 5 * idleAfter + 2_000 }).toBe(false);
  });
});
