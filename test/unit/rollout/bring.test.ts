import { beforeEach, expect, it, vi } from 'vitest';
import { servers } from '../../../src/updater/fleet/model';
import type { Library } from '../../../src/updater/packages/library';
import type { Supplies } from '../../../src/updater/rollout/supply';
import { Work } from '../../../src/updater/rollout/work';
import type { Link, Links } from '../../../src/updater/targets/link';
import { factsOf, packageOf } from '../samples';
import { fleetOf, planned } from './fixtures';

const core = 'com.banalytics.box:core';
const info = packageOf({ version: '2.0.0' });

/** Bytes that never end, until the signal is given. */
const untilAborted = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_, reject) =>
    signal?.addEventListener('abort', () => reject(new DOMException('Ended.', 'AbortError'))),
  );
vi.mock('../../../src/updater/targets/read-facts', async (original) => ({
  ...(await original<object>()),
  readFacts: () => Promise.resolve(factsOf({ modules: { [core]: '1.0.0' } })),
}));
vi.mock('../../../src/updater/targets/transfer', () => ({
  transfer: (...[, , , { signal }]: [unknown, unknown, unknown, { signal?: AbortSignal }]) => {
    begun();
    return untilAborted(signal);
  },
}));

let begun = (): void => undefined;
let bringing: Promise<void>;
beforeEach(() => {
  bringing = new Promise((resolve) => (begun = resolve));
});

/** The download of one server, which is either fetched from a repository first or sent at once. */
function download(first: 'fetched' | 'sent') {
  const fleet = fleetOf({ s: { servers: 1 } });
  const [server] = servers(fleet);
  if (server === undefined) throw new Error('no server');
  const packages = first === 'sent' ? [info] : [];
  const [cancel, detach] = [new AbortController(), new AbortController()];
  const supplies = {
    known: () => Promise.resolve({ packages, silent: new Map() }),
    fetch: (...[, needs, , signal]: Parameters<Supplies['fetch']>) => {
      if (needs.every((need) => need.package !== null)) return Promise.resolve();
      begun();
      return untilAborted(signal);
    },
  } as unknown as Supplies;
  const ended = new Work({
    ...{ rolloutId: 'r', fleet, server, planned: planned(server.id), action: 'download', to: null },
    ...{
      by: 'tester@desk',
      jobs: { laid: 0 },
      ignoreWindow: false,
      supplies,
      cancel: cancel.signal,
      detach: detach.signal,
    },
    links: {
      get: () => Promise.resolve({ server } as Link),
      drop: () => undefined,
    } as unknown as Links,
    library: { list: () => Promise.resolve(packages), path: () => '/core.jar' } as unknown as Library,
    say: () => Promise.resolve(),
    now: () => new Date(),
    mayBegin: () => true,
  }).run();
  return { ended, cancel, detach };
}

it.each([
  ['cancelled', 'fetched'],
  ['cancelled', 'sent'],
  ['let go', 'fetched'],
  ['let go', 'sent'],
] as const)(
  'what is %s while its package is being %s ends at once, and has not failed',
  async (how, first) => {
    const { ended, cancel, detach } = download(first);
    await bringing;
    (how === 'let go' ? detach : cancel).abort();
    expect(await ended).toMatchObject({
      outcome: 'cancelled',
      error: { code: 'cancelled', step: 'download', hint: 'Resume the rollout to go on from there.' },
    });
  },
);
