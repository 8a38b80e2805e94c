import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server as Listener, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUpdater } from '../../../src/updater';
import { servers } from '../../../src/updater/fleet/model';
import { parseFleet } from '../../../src/updater/fleet/read';
import type { FleetEvent } from '../../../src/updater/rollout/events';
import type { Updater } from '../../../src/updater/updater';

/** More than are asked at the same time. */
const many = 40;

/** They take every connection and say nothing: whoever asks them waits. */
const listeners: Listener[] = [];
let dir: string;
const sockets = new Set<Socket>();

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vms-fleet-stopped-'));
  for (let n = 0; n < many; n++) {
    const listener = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
    await new Promise<void>((listening) => listener.listen(0, '127.0.0.1', listening));
    listeners.push(listener);
  }
});

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  for (const listener of listeners) listener.close();
  await rm(dir, { recursive: true, force: true });
});

async function silentFleet(): Promise<Updater> {
  const boxes = listeners.map((listener, n) => {
    const { port } = listener.address() as AddressInfo;
    return [`box-${n}`, { host: '127.0.0.1', port, user: 'x' }] as const;
  });
  const { fleet } = parseFleet(
    JSON.stringify({
      systems: { boxes: { product: 'banalytics', servers: Object.fromEntries<object>(boxes) } },
    }),
    join(dir, 'fleet.jsonc'),
  );
  if (!fleet) throw new Error('no fleet');
  return createUpdater(fleet, {
    ...{ dataDir: join(dir, 'data'), home: dir, env: {} },
    prompts: { trustHostKey: () => Promise.resolve(false), secret: () => Promise.resolve(undefined) },
  });
}

/** Stops what it begins as soon as the first servers are being asked. */
async function stopped(begin: (updater: Updater, signal: AbortSignal) => Promise<unknown>) {
  const updater = await silentFleet();
  const stop = new AbortController();
  const said: FleetEvent[] = [];
  updater.events.on((event) => {
    said.push(event);
    if (event.type === 'checking') setTimeout(() => stop.abort(), 20);
  });
  const end = await begin(updater, stop.signal).then(
    () => 'resolved',
    (error: unknown) => (error as Error).name,
  );
  const states = [...updater.state().values()];
  await updater.dispose();
  return { end, said, states };
}

describe('asking that is stopped', () => {
  it('says nothing of the servers: each is what it was, and none is being asked any more', async () => {
    const { end, said, states } = await stopped((updater, signal) =>
      updater.plan({ action: 'install', servers: servers(updater.fleet), to: null, signal }),
    );
    expect(end).toBe('AbortError');
    expect(said.filter(({ type }) => type === 'unreachable')).toEqual([]);
    const wrong = states.filter(({ status, error, checking }) => status !== 'unknown' || error || checking);
    expect(wrong).toEqual([]);
    // Those that were not yet asked when it was stopped are not begun with.
    const asked = said.filter((event) => event.type === 'checking' && event.stopped === undefined);
    expect(asked.length).toBeLessThan(many);
  });

  it('gives no doctor’s report of servers that were not looked at', async () => {
    const { end, said } = await stopped((updater, signal) => updater.doctor(undefined, { signal }));
    expect(end).toBe('AbortError');
    expect(said.filter(({ type }) => type === 'unreachable')).toEqual([]);
  });
});
