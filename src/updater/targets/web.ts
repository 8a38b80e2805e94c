import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect as startTls } from 'node:tls';
import { FleetError } from '../errors';
import type { Link } from './link';
import { abortedBy, stopper } from './waiting';

/**
 * Asks for a URL as the server itself would, over a connection that its sshd makes: nothing for that has to be on the server,
 * and its own loopback addresses will do. What it says is not read; a certificate is not checked, for nothing secret is asked.
 * @returns the status of the answer
 * @throws FleetError `verify.health` where there is none, `link.*` where the link is the trouble, `cancelled`
 */
export async function askUrl(
  link: Link,
  url: string,
  { deadline, signal: outer }: { deadline: number; signal?: AbortSignal | undefined },
): Promise<number> {
  const server = link.server.id;
  const silent = (why: string, cause?: unknown): FleetError =>
    new FleetError('verify.health', `${url} gave no answer on ${server}: ${why}`, {
      server,
      hint: "The server's sshd asks for it: is the address right as the server sees it, does AllowTcpForwarding allow it, and does the product run?",
      cause,
    });
  const late = (): FleetError => silent(`nothing came within ${deadline / 1000} s.`);
  const { signal, done } = stopper(outer, deadline, late);
  try {
    const { hostname, port, protocol } = new URL(url);
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const isSafe = protocol === 'https:';
    const way = await link.forward(host, Number(port) || (isSafe ? 443 : 80), signal);
    try {
      return await statusOf(isSafe ? secured(way, host) : way, url, signal);
    } finally {
      way.destroy();
    }
  } catch (error) {
    if (signal.aborted) throw error;
    if (!link.open)
      throw new FleetError('link.lost', `The connection to ${server} ended while ${url} was asked for.`, {
        server,
        hint: 'The server or the network went away.',
        cause: error,
      });
    throw silent(error instanceof Error ? error.message : String(error), error);
  } finally {
    done();
  }
}

/** No name is sent for an address: TLS knows names alone. */
function secured(socket: Duplex, host: string): Duplex {
  const servername = /^[\d.]+$|:/.test(host) ? '' : host;
  return startTls({ socket, servername, rejectUnauthorized: false });
}

function statusOf(socket: Duplex, url: string, signal: AbortSignal): Promise<number> {
  const { host, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    const asked = request({
      method: 'GET',
      path: `${pathname}${search}`,
      headers: { host, connection: 'close', 'user-agent': 'vms-fleet' },
      createConnection: () => socket,
    });
    const stop = (): void => {
      reject(abortedBy(signal));
      asked.destroy();
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    asked.once('close', () => signal.removeEventListener('abort', stop));
    asked.once('error', reject);
    asked.once('response', (answer) => {
      resolve(answer.statusCode ?? 0);
      asked.destroy();
    });
    asked.end();
  });
}
