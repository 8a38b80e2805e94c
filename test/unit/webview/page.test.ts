import { describe, expect, it, vi } from 'vitest';
import { Page } from '../../../src/webview/app/page';
import { showServer } from '../../../src/webview/app/show-server';
import type { Requests, Snapshot, ToHost } from '../../../src/webview/protocol';
import { at, part, rollout, row } from './fixtures';

const fleet = 'file:///a.fleet.jsonc';
const snapshot: Snapshot = {
  ...{ seq: 0, now: at(0), fleets: [{ id: fleet, name: 'A', file: 'a' }], fleet, errors: 0 },
  ...{ rows: [row('box-1', { site: 'pier' }), row('box-2'), row('box-10')], rollouts: [] },
};

/** A page whose host answers at once; what it does not answer is refused. */
async function open(answers: Partial<{ [Name in keyof Requests]: unknown }> = {}, kept?: unknown) {
  const asked: ToHost[] = [];
  const states: unknown[] = [];
  const page = new Page(
    {
      getState: () => kept,
      setState: (state) => states.push(state),
      postMessage(message) {
        asked.push(message);
        const { id, name } = message;
        const none = { rollouts: [], systems: [], run: null, server: null };
        const known: Record<string, unknown> = { snapshot, ...none, ...answers };
        if (name in known) page.receive({ kind: 'answer', id, body: known[name] });
        else page.receive({ kind: 'refusal', id, message: `no ${name}` });
      },
    },
    () => undefined,
  );
  await page.load();
  return { page, asked, states };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 10));

describe('the page', () => {
  it('shows the servers of its snapshot, grouped and in order', async () => {
    const { page } = await open();
    expect(page.lines.map((line) => (line.kind === 'row' ? line.row.id : line.label))).toEqual([
      'boxes',
      'box-1',
      'box-2',
      'box-10',
    ]);
  });

  it('acts in the name of the fleet that it shows', async () => {
    const { page, asked } = await open();
    page.run('refreshSelected', ['box-1']);
    expect(asked.at(-1)).toMatchObject({
      name: 'run',
      body: { fleet, verb: 'refreshSelected', servers: ['box-1'] },
    });
  });

  it('keeps how it looks, and comes back to it', async () => {
    vi.useFakeTimers();
    try {
      const { page, states } = await open();
      page.filter({ text: 'pier' });
      page.select(1, 'only');
      vi.advanceTimersByTime(1000);
      const last = states.at(-1);
      expect(last).toMatchObject({ fleet, filter: { text: 'pier' }, selected: ['box-1'] });
      const { page: again } = await open({}, JSON.parse(JSON.stringify(last)));
      expect(again.rows.map(({ id }) => id)).toEqual(['box-1']);
      expect(again.selectedRows.map(({ id }) => id)).toEqual(['box-1']);
      expect(again.activeServer).toBe('box-1');
    } finally {
      vi.useRealTimers();
    }
  });

  it('forgets a selected server that the fleet file no longer has', async () => {
    const { page } = await open({}, { selected: ['box-2', 'gone'] });
    expect(page.selectedRows.map(({ id }) => id)).toEqual(['box-2']);
  });

  it('has nothing selected in another fleet, whatever its servers are called', async () => {
    const other = 'file:///b.fleet.jsonc';
    const answers = { snapshot: snapshot as unknown };
    const { page } = await open(answers, { fleet, selected: ['box-1'], active: 'system:boxes/box-1' });
    expect(page.selectedRows.map(({ id }) => id)).toEqual(['box-1']);
    page.view = { ...page.view, rollout: 'r-of-a' };
    answers.snapshot = { ...snapshot, fleet: other };
    await page.load(other);
    expect(page.selectedRows).toEqual([]);
    expect(page.activeServer).toBeUndefined();
    expect(page.view).toMatchObject({ fleet: other, selected: [], active: null, rollout: null });
  });

  it('has nothing selected where the fleet that it showed is gone when the window comes back', async () => {
    const { page } = await open({}, { fleet: 'file:///gone.fleet.jsonc', selected: ['box-1'] });
    expect(page.selectedRows).toEqual([]);
  });

  it('says what the extension refused', async () => {
    const { page } = await open();
    await page.plan('install', ['box-1']);
    expect(page.planned).toMatchObject({ state: 'failed', message: 'no plan' });
    page.report('r');
    await settled();
    expect(page.fault).toBe('no report');
  });

  it('asks anew where a change is missing, and takes one that follows', async () => {
    const { page, asked } = await open();
    const changes = (seq: number) =>
      page.receive({
        kind: 'event',
        event: { type: 'changes', seq, rows: [row('box-2', { status: 'failed' })], rollouts: [], log: [] },
      });
    changes(1);
    expect(page.data?.row('box-2')?.status).toBe('failed');
    expect(asked.filter(({ name }) => name === 'snapshot')).toHaveLength(1);
    changes(3);
    expect(asked.filter(({ name }) => name === 'snapshot')).toHaveLength(2);
  });

  it('goes from a plan to the rollout that carries it out, and stays where it is for another', async () => {
    const plan = { schema: 1, action: 'install', to: null, servers: [], parallel: {} };
    const { page } = await open({ plan });
    const began = (seq: number, id: string, server: string) => {
      const { servers, ...head } = rollout([part(server)], { id });
      page.receive({
        kind: 'event',
        event: { type: 'changes', seq, rows: [], rollouts: [{ head, servers }], log: [] },
      });
    };
    await page.plan('install', ['box-1']);
    began(1, 'other', 'box-2');
    expect([page.view.tab, page.planned?.state]).toEqual(['plan', 'made']);
    began(2, 'mine', 'box-1');
    expect([page.view.tab, page.view.rollout, page.planned]).toEqual(['rollouts', 'mine', undefined]);
    expect(page.rollout?.id).toBe('mine');
  });

  it('passes over a plan that was closed while it was made', async () => {
    const { page } = await open({ plan: { servers: [] }, stopPlanning: null });
    const planning = page.plan('install', ['box-1']);
    page.closePlan();
    await planning;
    expect(page.planned).toBeUndefined();
    expect(page.view.tab).toBe('servers');
  });
});

describe('the systems', () => {
  const asks = (asked: ToHost[]) => asked.filter(({ name }) => name === 'systems').length;
  const changes = (page: Page, seq: number, target: string | null) =>
    page.receive({
      kind: 'event',
      event: { type: 'changes', seq, rows: [row('box-2', { target })], rollouts: [], log: [] },
    });
  const packages = { kind: 'event', event: { type: 'packages' } } as const;

  it('are asked for anew whenever their tab is shown', async () => {
    const answers = { systems: ['before'] as unknown };
    const { page, asked } = await open(answers);
    page.showTab('systems');
    await settled();
    page.showTab('servers');
    answers.systems = ['after'];
    page.showTab('systems');
    await settled();
    expect([asks(asked), page.cards]).toEqual([2, ['after']]);
  });

  it('are asked for anew as packages come and go, once for many, and stay in sight meanwhile', async () => {
    vi.useFakeTimers();
    try {
      const { page, asked } = await open({}, { tab: 'systems' });
      for (let n = 0; n < 5; n++) page.receive(packages);
      expect(page.cards).toEqual([]);
      await vi.advanceTimersByTimeAsync(5_000);
      expect(asks(asked)).toBe(3);
      page.showTab('servers');
      page.receive(packages);
      await vi.advanceTimersByTimeAsync(5_000);
      expect(asks(asked)).toBe(3);
    } finally {
      vi.useRealTimers();
    }
  });

  it('are asked for anew where a server shall go to another version, as facts say, and for nothing else', async () => {
    const { page, asked } = await open({}, { tab: 'systems' });
    changes(page, 1, '1.0.0');
    expect(asks(asked)).toBe(1);
    changes(page, 2, '2.0.0');
    expect(asks(asked)).toBe(2);
  });
});

describe('showing one server', () => {
  it('opens the group that it stands in, selects it and brings it into sight', async () => {
    const { page } = await open({}, { fleet, tab: 'rollouts', collapsed: ['system:boxes'], details: true });
    page.select(0, 'only');
    showServer(page, 'box-10');
    expect(page.activeServer).toBe('box-10');
    expect(page.selectedRows.map(({ id }) => id)).toEqual(['box-10']);
    expect(page.view).toMatchObject({ tab: 'servers', collapsed: [], details: true });
    expect(page.revealing).toBe(true);
  });

  it('leaves a group closed where the server stands in another that is open', async () => {
    const tagged = { ...snapshot, rows: [row('box-1', { tags: ['a', 'b'] })] };
    const { page } = await open({ snapshot: tagged }, { grouping: 'tag', collapsed: ['tag:a'] });
    showServer(page, 'box-1');
    expect(page.view.collapsed).toEqual(['tag:a']);
    expect(page.selection.active).toBe('tag:b/box-1');
  });

  it('drops a filter that hides it, and no other', async () => {
    const { page } = await open();
    page.filter({ text: 'pier' });
    showServer(page, 'box-1');
    expect(page.view.filter.text).toBe('pier');
    showServer(page, 'box-10');
    expect([page.view.filter.text, page.activeServer]).toEqual(['', 'box-10']);
  });

  it('says so where the fleet file no longer has it, and stays where it is', async () => {
    const { page } = await open();
    page.select(1, 'only');
    showServer(page, 'gone');
    expect(page.fault).toBe('gone is not in the fleet file any more.');
    expect(page.view.tab).toBe('servers');
    expect(page.activeServer).toBe('box-1');
  });
});
