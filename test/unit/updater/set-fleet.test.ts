import { expect, it, vi } from 'vitest';
import { createUpdater } from '../../../src/updater';
import { FleetError } from '../../../src/updater/errors';
import type { Fleet } from '../../../src/updater/fleet/model';
import type { Link, Links, Prompts } from '../../../src/updater/targets/link';
import { fleetOf, scratch } from '../rollout/fixtures';
import { factsOf } from '../samples';

const core = 'com.banalytics.box:core';
/** What does not answer. */
const away = new Set<string>();
vi.mock('../../../src/updater/targets/links', () => ({
  createLinks: () =>
    ({
      get: (server) =>
        away.has(server.id)
          ? Promise.reject(new FleetError('host.timeout', `${server.id} does not answer.`))
          : Promise.resolve({ server } as Link),
      dispose: () => undefined,
    }) as Partial<Links>,
}));
vi.mock('../../../src/updater/targets/read-facts', async (original) => ({
  ...(await original<object>()),
  readFacts: () => Promise.resolve(factsOf({ modules: { [core]: '1.0.0' } })),
}));

const wanting = (version: string): Fleet => fleetOf({ s: { servers: 2, modules: { [core]: version } } });

it('a fleet file that is saved says anew what facts mean, but not that a server answers', async () => {
  let minutes = 0;
  const updater = await createUpdater(wanting('1.0.0'), {
    dataDir: await scratch(),
    prompts: {} as Prompts,
    now: () => new Date(Date.UTC(2026, 10, 21, 8, minutes++)),
  });
  const state = (id: string) => updater.state().get(id);
  await updater.refresh();
  away.add('s-0');
  await updater.refresh();
  const before = state('s-0');
  expect(before).toMatchObject({ status: 'unreachable', version: '1.0.0', error: { code: 'host.timeout' } });
  expect(state('s-1')?.status).toBe('installed');

  updater.setFleet(wanting('2.0.0'));
  await vi.waitFor(() => expect(state('s-1')?.status).toBe('not-downloaded'));
  expect(state('s-0')).toEqual(before);

  away.clear();
  await updater.refresh();
  expect(state('s-0')).toMatchObject({ status: 'not-downloaded', error: null });
  await updater.dispose();
});
