import { describe, expect, it } from 'vitest';
import type { Server } from '../../../src/updater/fleet/model';
import { serverStatuses, type ServerStatus } from '../../../src/updater/rollout/events';
import { groupsOf, keysOf, passes, type Grouping, type Known } from '../../../src/vscode/grouping';
import { tally } from '../../../src/webview/app/model';
import { box, state } from '../tree/fixtures';
import { row } from '../webview/fixtures';

const known = (id: string, over: Partial<Server> = {}, status: ServerStatus = 'installed'): Known => ({
  server: { ...box, id, ...over },
  state: state({ id, status }),
});
const shown = (all: Known[], grouping: Grouping, filter = '') =>
  groupsOf(all, { grouping, filter }).map(({ label, servers }) => [label, ...servers.map(({ id }) => id)]);

describe('grouping', () => {
  const all = [
    known('a', { site: 'Pier 10', tags: ['ptz', 'solar'] }),
    known('b', { site: 'Pier 2', tags: ['ptz', 'ptz'] }, 'failed'),
    known('c', {}, 'unreachable'),
  ];

  it('puts sites in the order that people count in, and those without one last', () => {
    expect(shown(all, 'site')).toEqual([
      ['Pier 2', 'b'],
      ['Pier 10', 'a'],
      ['No site', 'c'],
    ]);
  });

  it('shows a server under each of its tags, once', () => {
    expect(shown(all, 'tag')).toEqual([
      ['ptz', 'a', 'b'],
      ['solar', 'a'],
      ['No tag', 'c'],
    ]);
  });

  it('puts what needs a person before what is well', () => {
    expect(shown(all, 'status')).toEqual([
      ['Failed', 'b'],
      ['Unreachable', 'c'],
      ['Installed', 'a'],
    ]);
    const every = serverStatuses.map((status) => known(status, {}, status));
    const order = groupsOf(every, { grouping: 'status', filter: '' }).map(({ key }) => key);
    expect(order[0]).toBe('rollback-failed');
    expect(order.toSorted()).toEqual(serverStatuses.toSorted());
    // The fleet view's table has the same order.
    const rows = serverStatuses.map((status) => row(status, { status }));
    expect(tally(rows, 'status').map(([status]) => status)).toEqual(order);
  });

  it('leaves out what the filter leaves out, and its groups', () => {
    expect(shown(all, 'site', 'pier')).toEqual([
      ['Pier 2', 'b'],
      ['Pier 10', 'a'],
    ]);
    const [first] = all;
    expect(first && keysOf(first, { grouping: 'tag', filter: 'nowhere' })).toEqual([]);
  });
});

describe('the filter', () => {
  const one = known(
    'srv-1',
    { host: '10.0.4.11', site: 'Hall A', tags: ['ptz'], role: 'recorder' },
    'loaded',
  );

  it.each(['srv', '10.0.4', 'hall', 'PTZ', 'boxes', 'recorder', 'loaded', '', '  ', 'ptz hall', 'a 11'])(
    'finds "%s"',
    (text) => expect(passes(one, text)).toBe(true),
  );

  it.each(['srv-2', 'ptz pier', 'installed', 'srv-110'])('does not find "%s"', (text) =>
    expect(passes(one, text)).toBe(false),
  );

  it('knows the words of the vendor’s own table too', () => {
    const eocortex = known('e', { product: 'eocortex' }, 'installed');
    expect(passes(eocortex, 'already')).toBe(true);
  });
});
