import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { ProxyLine } from './proxy-line';

export interface ProxyOptions {
  /** Milliseconds that each direction holds what passes; a round trip takes twice as long. */
  delayMs?: number;
  /** Per direction and connection; left out: as fast as it goes. */
  bytesPerSecond?: number;
}

export interface ProxyStats {
  /** Connections accepted so far. */
  connections: number;
  /** Connections that live now. */
  open: number;
  /** Bytes delivered to the target. */
  up: number;
  /** Bytes delivered to the clients. */
  down: number;
}

/** A TCP line on loopback that can be slow, broken or dead. */
export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** As of now. */
  readonly stats: ProxyStats;
  /** Ends all connections that live now. New ones are served. */
  cut(): void;
  /** On: a new connection is reset at once. */
  refuse(on: boolean): void;
  /** On: nothing passes, no end and no error either; new connections are accepted and stay silent. Off: what was held passes. */
  freeze(on: boolean): void;
  /** Cuts once so many more bytes were delivered, both directions together, and not one more. Resolves then. */
  cutAfter(bytes: number): Promise<void>;
  /** Cuts once the predicate holds; asked after each delivery. Resolves then. */
  cutWhen(predicate: (stats: ProxyStats) => boolean): Promise<void>;
  close(): Promise<void>;
}

/**
 * Puts a line in front of a server. The TCP handshake itself is not delayed, and a frozen line still accepts connections: a real dead
 * line would not.
 */
export async function startProxy(
  target: { host: string; port: number },
  { delayMs = 0, bytesPerSecond = Infinity }: ProxyOptions = {},
): Promise<Proxy> {
  const pairs = new Map<Socket, Socket>();
  const lines = new Set<ProxyLine>();
  const counts = { connections: 0, up: 0, down: 0 };
  const stats = (): ProxyStats => ({ ...counts, open: pairs.size });
  let cuts: { holds: (stats: ProxyStats) => boolean; done: () => void }[] = [];
  let budget: { bytes: number; done: () => void } | undefined;
  let refusing = false;
  let frozen = false;

  const cut = () => {
    for (const [client, server] of pairs) {
      client.destroy();
      server.destroy();
    }
  };

  const line = (from: Socket, to: Socket, direction: 'up' | 'down') => {
    const made = new ProxyLine(from, to, {
      delayMs,
      bytesPerSecond,
      frozen,
      grant: (bytes) => {
        if (budget === undefined) return bytes;
        const granted = Math.min(bytes, budget.bytes);
        budget.bytes -= granted;
        return granted;
      },
      onDelivered: (bytes) => {
        counts[direction] += bytes;
        if (budget?.bytes === 0) {
          cut();
          budget.done();
          budget = undefined;
        }
        const due = cuts.filter(({ holds }) => holds(stats()));
        if (due.length === 0) return;
        cut();
        cuts = cuts.filter((waiting) => !due.includes(waiting));
        for (const { done } of due) done();
      },
    });
    lines.add(made);
    from.once('close', () => lines.delete(made));
  };

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    if (refusing) {
      client.resetAndDestroy();
      return;
    }
    counts.connections++;
    const upstream = connect({ ...target, allowHalfOpen: true, noDelay: true });
    pairs.set(client, upstream);
    client.once('close', () => pairs.delete(client));
    line(client, upstream, 'up');
    line(upstream, client, 'down');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });

  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    get stats() {
      return stats();
    },
    cut,
    refuse: (on) => {
      refusing = on;
    },
    freeze: (on) => {
      frozen = on;
      for (const each of lines) each.freeze(on);
    },
    cutAfter: (bytes) => new Promise((done) => (budget = { bytes, done })),
    cutWhen: (predicate) => new Promise((done) => cuts.push({ holds: predicate, done })),
    close: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
