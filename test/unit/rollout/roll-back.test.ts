import { expect, it } from 'vitest';
import { wayBack } from '../../../src/updater/rollout/roll-back';
import type { Facts, HistoryEntry, JobFact } from '../../../src/updater/targets/facts';

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
