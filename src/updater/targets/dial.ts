import * as net from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';
import { NodeSSH } from 'node-ssh';
import type { Client } from 'ssh2';
import { FleetError } from '../errors';
import { Authentication, type AuthContext } from './auth';
import { preferredAlgorithms, type HostKeys, type KeyPlace } from './host-keys';
import type { Hop } from './route';
import { abortedBy, orAborted, type Slots } from './waiting';

/** Opens the TCP connection to a server. @throws FleetError `host.unknown`, `host.refused`, `host.timeout` */
export function connectTcp(hop: Hop, timeout: number, signal: AbortSignal): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(abortedBy(signal));
    const socket = net.connect({ host: hop.host, port: hop.port, noDelay: true });
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners('connect');
      socket.removeAllListeners('error');
      // Between here and the handshake nobody else listens; the end of the socket is seen there.
      socket.on('error', () => undefined);
    };
    const fail = (error: FleetError) => {
      settle();
      socket.destroy();
      reject(error);
    };
    const onAbort = () => fail(abortedBy(signal));
    const timer = setTimeout(() => fail(tcpError(hop, { code: 'ETIMEDOUT' }, timeout)), timeout);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', (error: NodeJS.ErrnoException) => fail(tcpError(hop, error, timeout)));
    socket.once('connect', () => {
      settle();
      resolve(gathering(socket));
    });
  });
}

/**
 * Sends together what is written in one turn. ssh2 writes each packet in three pieces, which without Nagle's delay would be
 * three system calls and three segments.
 */
function gathering(socket: net.Socket): net.Socket {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  return Object.assign(socket, {
    write: (...args: unknown[]) => {
      if (socket.writableCorked === 0) {
        socket.cork();
        process.nextTick(() => socket.uncork());
      }
      return write(...args);
    },
  });
}

function tcpError(hop: Hop, error: { code?: string | undefined }, timeout: number): FleetError {
  const details = { server: hop.server.id, cause: error };
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN')
    return new FleetError('host.unknown', `No address is known for ${hop.host}.`, {
      hint: 'Check the name in the fleet file, and this machine’s DNS or VPN.',
      ...details,
    });
  if (error.code === 'ECONNREFUSED')
    return new FleetError('host.refused', `${hop.host} refuses connections on port ${hop.port}.`, {
      hint: 'Check that its SSH service runs and listens on that port; it may also be starting up.',
      ...details,
    });
  const why =
    error.code === 'ETIMEDOUT' ? `within ${timeout / 1000} s` : `(${error.code ?? 'no reason given'})`;
  return new FleetError('host.timeout', `${hop.host} did not answer on port ${hop.port} ${why}.`, {
    hint: 'Check that it is switched on, and the firewalls and VPN on the way.',
    ...details,
  });
}

export interface Handshake {
  hop: Hop;
  socket: Duplex;
  hostKeys: HostKeys;
  place: KeyPlace;
  auth: Omit<AuthContext, 'hop' | 'asking' | 'signal'>;
  slots: Slots;
  /** Milliseconds the server may take, without the time a person needs for answers. */
  patience: number;
  keepalive: { interval: number; count: number };
  signal: AbortSignal;
}

/** Thrown when the server hung up while a person was still answering; the answer is known now, so one more try is worth it. */
export class HungUpWhileAsking extends FleetError {}

/** Thrown when the server hung up before it showed its key: also what one does that has too many logins at once. */
export class HungUpAtOnce extends FleetError {}

export interface Handshaken {
  client: Client;
  /** Milliseconds. */
  roundTrip: number;
}

/** From an open socket to a session that is logged in. The socket is destroyed if that fails. */
export async function handshake(options: Handshake): Promise<Handshaken> {
  const { socket, slots, signal } = options;
  let free: (() => void) | undefined;
  try {
    await firstWord(socket, signal);
    free = await slots.take(signal);
    if (socket.destroyed || socket.readableEnded) throw dropped(options.hop, undefined, HungUpAtOnce);
    return await shake(options, free);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    free?.();
  }
}

/**
 * Waits until the server speaks (SSH servers do so first), at most two seconds. A server that accepts and then says nothing,
 * as one does that is starting up, would otherwise hold a place among the handshakes.
 */
async function firstWord(socket: Duplex, signal: AbortSignal): Promise<void> {
  let stop = () => {};
  const word = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 2_000);
    const events = ['readable', 'end', 'close'];
    for (const event of events) socket.once(event, resolve);
    stop = () => {
      clearTimeout(timer);
      for (const event of events) socket.removeListener(event, resolve);
    };
  });
  try {
    await orAborted(word, signal);
  } finally {
    stop();
  }
}

async function shake(options: Handshake, free: () => void): Promise<Handshaken> {
  const { hop, hostKeys, place, signal, socket } = options;
  const known = await hostKeys.known(place);
  const ssh = new NodeSSH();
  return new Promise((resolve, reject) => {
    let settled = false;
    let refusal: FleetError | undefined;
    let questions = 0;
    let question: Promise<unknown> | undefined;
    let timer: NodeJS.Timeout | undefined;
    let trusted: Buffer | undefined;

    const settle = () => {
      settled = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    const fail = (error: FleetError) => {
      if (settled) return;
      settle();
      reject(error);
      socket.destroy();
    };
    const onAbort = () => fail(abortedBy(signal));
    const watch = () => {
      clearTimeout(timer);
      if (!settled) timer = setTimeout(() => fail(late(hop, options.patience)), options.patience);
    };
    /** A person takes their time: the clock stands still, and others get this place among the handshakes. */
    const asking = <T>(answer: Promise<T>): Promise<T> => {
      clearTimeout(timer);
      free();
      questions += 1;
      question = answer;
      return answer.finally(() => {
        questions -= 1;
        watch();
      });
    };
    const auth = new Authentication({ ...options.auth, hop, asking, signal });
    const ended = (error?: Error & { level?: string }) => {
      if (settled) return;
      if (refusal) return fail(refusal);
      if (error?.level === 'agent') return; // an agent that fails to sign is one attempt less, ssh2 goes on by itself
      if (error?.level === 'client-authentication' || /too many auth/i.test(error?.message ?? ''))
        return fail(auth.failure(error));
      if (questions === 0 || !question) return fail(dropped(hop, error, trusted ? FleetError : HungUpAtOnce));
      const hungUp = new HungUpWhileAsking('link.lost', dropped(hop, error).message, {
        server: hop.server.id,
        cause: error,
      });
      question.then(
        () => fail(hungUp),
        () => fail(hungUp),
      );
    };

    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) return onAbort();
    watch();
    const connecting = ssh.connect({
      sock: socket,
      username: hop.user,
      readyTimeout: 0,
      keepaliveInterval: options.keepalive.interval,
      keepaliveCountMax: options.keepalive.count,
      algorithms: { serverHostKey: preferredAlgorithms(known) },
      authHandler: auth.handler,
      hostVerifier: (key: Buffer, verified: (good: boolean) => void) => {
        if (trusted) return verified(trusted.equals(key)); // the keys of a session are renewed from time to time
        hostKeys.verify(place, key, signal, asking).then(
          () => {
            trusted = key;
            verified(true);
          },
          (error: FleetError) => {
            refusal = error;
            verified(false);
          },
        );
      },
    });
    const client = ssh.connection;
    if (!client) return void connecting.catch((error: Error) => ended(error));
    connecting.catch(() => undefined); // the same errors reach our own listeners below, and those know which are final
    client.on('error', ended);
    client.once('end', ended);
    client.once('close', ended);
    client.once('ready', () => {
      ping(client).then((roundTrip) => {
        if (settled) return;
        settle();
        client.removeListener('end', ended);
        client.removeListener('close', ended);
        resolve({ client, roundTrip });
      }, ended);
    });
  });
}

/**
 * Milliseconds until the server answered a question that changes nothing: to take back a forwarding that was never asked for.
 * The first answer after a login may wait for the server to set up the session, and either one for its kernel to send small
 * packets together (40 ms), so the shorter one counts.
 */
async function ping(client: Client): Promise<number> {
  let time = Infinity;
  for (let round = 0; round < 2; round++) {
    const sent = performance.now();
    await new Promise<void>((resolve) => client.unforwardIn('localhost', 1, () => resolve()));
    time = Math.min(time, performance.now() - sent);
  }
  return time;
}

function late(hop: Hop, patience: number): FleetError {
  return new FleetError(
    'link.timeout',
    `${hop.host} accepted the connection and then did not answer for ${patience / 1000} s.`,
    {
      hint: 'It may be starting up or overloaded, or what listens on that port is no SSH server.',
      server: hop.server.id,
    },
  );
}

function dropped(hop: Hop, cause: Error | undefined, as: typeof FleetError = FleetError): FleetError {
  const why = cause?.message ? `: ${cause.message}` : '';
  if (/no matching/i.test(why))
    return new FleetError(
      'server.unsupported',
      `${hop.host} offers no way of encryption that is supported${why}.`,
      {
        hint: 'Update its SSH server, or allow one of today’s algorithms there.',
        server: hop.server.id,
        cause,
      },
    );
  return new as('link.lost', `${hop.host} ended the connection before the login was done${why}.`, {
    hint: 'It may be starting up, or over its limit of connections (MaxStartups), or no SSH server.',
    server: hop.server.id,
    cause,
  });
}
