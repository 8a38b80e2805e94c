import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FleetError, type ErrorCode } from '../../../src/updater/errors';
import { servers } from '../../../src/updater/fleet/model';
import { Contact } from '../../../src/updater/rollout/contact';
import type { Links } from '../../../src/updater/targets/link';
import { fleetOf } from './fixtures';

vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number) => Promise.resolve(void vi.setSystemTime(Date.now() + ms)),
}));

const minutes = 60_000;
const signal = new AbortController().signal;

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

/** What is done over the link takes so long (ms) and then fails so, each time. @returns minutes until that was given up, at most a day */
async function untilGivenUp(takes: number, code: ErrorCode): Promise<number> {
  const [server] = servers(fleetOf({ s: { servers: 1 } }));
  if (server === undefined) throw new Error('no server');
  const links = { get: () => Promise.resolve({ server }), drop: () => undefined } as unknown as Links;
  const contact = new Contact(server, links, () => Promise.resolve());
  const started = Date.now();
  const act = (): Promise<void> => {
    vi.setSystemTime(Date.now() + takes);
    const stop = Date.now() - started > 24 * 60 * minutes;
    return Promise.reject(new FleetError(stop ? 'cancelled' : code, 'So it ended.'));
  };
  await contact.persist(signal, act, 15 * minutes).catch(() => undefined);
  return (Date.now() - started) / minutes;
}

it('a server that lets us in and answers nothing is given up when patience ends', async () => {
  expect(await untilGivenUp(40_000, 'link.timeout')).toBeLessThan(17);
  expect(await untilGivenUp(90_000, 'link.timeout')).toBeLessThan(18);
});

it('a link that holds and is lost is taken up again as often as that happens', async () => {
  expect(await untilGivenUp(60_000, 'link.lost')).toBeGreaterThan(24 * 60);
  expect(await untilGivenUp(20 * minutes, 'link.timeout')).toBeGreaterThan(24 * 60);
  expect(await untilGivenUp(5_000, 'link.lost')).toBeLessThan(16);
});
