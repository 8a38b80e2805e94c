import { expect, it, vi } from 'vitest';
import { FleetError } from '../../../src/updater/errors';
import { servers } from '../../../src/updater/fleet/model';
import { rollBack, wayBack } from '../../../src/updater/rollout/roll-back';
import type { WorkContext } from '../../../src/updater/rollout/work';
import type { Facts, HistoryEntry, JobFact } from '../../../src/updater/targets/facts';
import { fleetOf, planned } from './fixtures';

const asked = vi.hoisted((): { facts: unknown } => ({ facts: undefined }));
vi.mock('../../../src/updater/targets/read-facts', async (original) => ({
  ...(await original<object>()),
  readFacts: () => Promise.resolve(asked.facts),
}));
vi.mock('../../../src/updater/rollout/work', () => ({
  Work: class {
    run = () => Promise.resolve({ outcome: 'done', status: 'installed', error: null });
  },
}));

const entry = (id: string, version: string): HistoryEntry => ({
  ...{ id, version, modules: {}, backup: id.endsWith('found') ? null : id, kept: [], at: 0, by: 'a@x' },
});
const facts = (entries: HistoryEntry[], job: Partial<JobFact> | null = null): Facts =>
  ({ entries, history: entries.map(({ version }) => version), job }) as unknown as Facts;

const found = entry('q-1-found', '1');
const [second, third] = [entry('r-1', '2'), entry('r-2', '3')];

it.each([
  ['nothing of this rollout', facts([found]), undefined, 0],
  ['no history', facts([]), undefined, 0],
  ['one version', facts([found, second]), ['1'], 1],
  ['two versions', facts([found, second, third]), ['2', '1'], 1],
  ['what was there before', facts([found, entry('q-1', '2'), entry('r-1', '3')]), ['2'], 2],
  ['a first installation', facts([second]), [], 1],
  ['the version that this rollout found there', facts([entry('r-1-found', '1'), second]), ['1'], 1],
  [
    'a rollback that was begun',
    facts([found, second, third], { id: 'r-3', action: 'rollback', to: '2' }),
    ['2', '1'],
    1,
  ],
  [
    'one whose entry is gone already',
    facts([found, second], { id: 'r-3', action: 'rollback', to: '2' }),
    ['2', '1'],
    1,
  ],
  ['the last one, whose entry is gone', facts([found], { id: 'r-2', action: 'rollback', to: '1' }), ['1'], 1],
  ["somebody else's rollback", facts([found], { id: 'q-9', action: 'rollback', to: '0' }), undefined, 0],
  ['a job that installs', facts([found], { id: 'r-1', action: 'install', to: '2' }), undefined, 0],
  [
    'a version that came twice, with other modules',
    facts([entry('r-1-found', '1'), entry('r-1', '1')]),
    ['1'],
    1,
  ],
  [
    'such a one, whose rollback was begun',
    facts([found, entry('r-1', '1'), entry('r-2', '1')], { id: 'r-3', action: 'rollback', to: '1' }),
    ['1', '1'],
    1,
  ],
])('the way back over %s', (_, known, path, entriesLeft) => {
  expect(wayBack(known, 'r')).toEqual(path && { path, entriesLeft });
});

/** What comes of a failed update at nine in the morning, of a server that may go down from ten at night till four. */
async function takenBack({
  unseen = false,
  job = null as Partial<JobFact> | null,
  over = {},
}): Promise<string> {
  const window = { from: '22:00', to: '04:00', timeZone: 'UTC' };
  const fleet = fleetOf({ s: { servers: 1, onFailure: 'roll-back', window } });
  const [server] = servers(fleet);
  if (server === undefined) throw new Error('no server');
  asked.facts = facts([found, second], job);
  const own = {
    ...{ rolloutId: 'r', fleet, server, planned: planned(server.id), ignoreWindow: false },
    ...{ links: { get: () => Promise.resolve({}) }, library: { list: () => Promise.resolve([]) } },
    ...{ say: () => Promise.resolve(), detach: new AbortController().signal },
    now: () => new Date('2026-11-21T09:00:00Z'),
    ...over,
  } as unknown as WorkContext;
  const failure = new FleetError('verify.health', 'It is not well.');
  const result = await rollBack(own, { outcome: 'failed', status: 'failed', error: failure }, unseen);
  return `${result.outcome}: ${result.error?.message}`;
}

const back = 'failed: It is not well. It was rolled back to 1.';
const left = 'failed: It is not well. It was not rolled back: its maintenance window is shut.';

it.each([
  ['at once where it failed under our eyes', {}, back],
  ['not where it failed while nobody watched', { unseen: true }, left],
  [
    'not where it was armed',
    { over: { planned: planned('s-0', { startsAt: '2026-11-21T02:00:00Z' }) } },
    left,
  ],
  ['where no window holds it up', { unseen: true, over: { ignoreWindow: true } }, back],
  ['where its window is open', { unseen: true, over: { now: () => new Date('2026-11-21T23:00:00Z') } }, back],
  [
    'where that was begun already',
    { unseen: true, job: { id: 'r-2', action: 'rollback' as const, to: '1' } },
    back,
  ],
])('an update is taken back %s', async (_, given, said) => {
  expect(await takenBack(given)).toBe(said);
});
