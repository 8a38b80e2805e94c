import { describe, expect, it } from 'vitest';
import { FleetData } from '../../../src/webview/app/data';
import { rolloutNews } from '../../../src/webview/app/news';
import { firstView, restored } from '../../../src/webview/app/view-state';
import type { HostEvent, Snapshot } from '../../../src/webview/protocol';
import { at, part, rollout, row } from './fixtures';

const snapshot = (over: Partial<Snapshot> = {}): Snapshot => ({
  ...{ seq: 4, now: at(0), fleets: [], fleet: 'f', errors: 0 },
  ...{ rows: [row('a'), row('b')], rollouts: [] },
  ...over,
});
type Changes = Extract<HostEvent, { type: 'changes' }>;
const changes = (over: Partial<Changes>): Changes => ({
  ...{ type: 'changes', seq: 5, rows: [], rollouts: [], log: [] },
  ...over,
});

describe('what the page knows', () => {
  it('is the snapshot and the changes since', () => {
    const data = new FleetData(snapshot(), 0);
    expect(data.apply(changes({ rows: [row('b', { status: 'failed' })] }))).toBe(true);
    expect(data.rows.map(({ id, status }) => [id, status])).toEqual([
      ['a', 'installed'],
      ['b', 'failed'],
    ]);
    expect(data.apply(changes({ seq: 6 }))).toBe(true);
  });

  it('is not to be trusted once a change is missing', () => {
    const data = new FleetData(snapshot(), 0);
    expect(data.apply(changes({ seq: 6, rows: [row('b', { status: 'failed' })] }))).toBe(false);
    expect(data.row('b')?.status).toBe('installed');
  });

  it('takes in a rollout that began, and of one that goes on the servers that changed', () => {
    const data = new FleetData(snapshot(), 0);
    const { servers, ...head } = rollout([part('a'), part('b')]);
    data.apply(changes({ rollouts: [{ head, servers }] }));
    data.apply(changes({ seq: 6, rollouts: [{ head, servers: [part('b', { outcome: 'done' })] }] }));
    expect(data.rollouts[0]?.servers.map(({ outcome }) => outcome)).toEqual([null, 'done']);
    data.apply(changes({ seq: 7, rollouts: [{ head: { ...head, id: 'newer' }, servers: [] }] }));
    expect(data.rollouts.map(({ id }) => id)).toEqual(['newer', 'r']);
  });
});

describe('news of rollouts', () => {
  const open = rollout([part('a'), part('b'), part('c', { verdict: 'skip' })]);
  const half = { ...open, servers: open.servers.with(0, part('a', { outcome: 'done' })) };

  it('are a beginning, a server that ended, and the end', () => {
    expect(rolloutNews([], [open])).toEqual({ text: 'Install began on 2 servers.', began: 'r' });
    expect(rolloutNews([open], [half])?.text).toBe('Install: a done. 1 of 2 ended.');
    expect(rolloutNews([half], [{ ...half, finishedAt: at(9), outcome: 'failed' }])).toEqual({
      text: 'Install: failed.',
      ended: true,
    });
  });

  it('are a beginning too where one goes on', () => {
    const ended = { ...open, finishedAt: at(9), outcome: 'failed' as const };
    expect(rolloutNews([ended], [open])?.began).toBe('r');
  });

  it('are none where nothing of these happened', () => {
    expect(rolloutNews([open], [open])).toBeUndefined();
    expect(rolloutNews([open], [{ ...open, parallel: {} }])).toBeUndefined();
  });
});

describe('the kept view', () => {
  it('comes back as it was', () => {
    const view = {
      ...firstView,
      filter: { text: 'pier', chips: { ...firstView.filter.chips, tag: ['ptz'] } },
      sort: { column: 'version', descending: true } as const,
      ...{ grouping: 'site' as const, collapsed: ['site:pier'], selected: ['a'], active: 'a', scroll: 52 },
    };
    expect(restored(JSON.parse(JSON.stringify(view)))).toEqual(view);
  });

  it('is as at first where nothing, or nonsense, was kept', () => {
    for (const kept of [
      undefined,
      null,
      'x',
      7,
      [],
      { tab: 'x', filter: 3, sort: { column: 'evil' }, scroll: -1 },
    ])
      expect(restored(kept)).toEqual(firstView);
    expect(restored({ selected: ['a', 3, null], filter: { chips: { site: 'pier' } } })).toEqual({
      ...firstView,
      selected: ['a'],
    });
  });
});
