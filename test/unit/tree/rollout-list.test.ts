import { describe, expect, it } from 'vitest';
import { RolloutList } from '../../../src/tree/rollout-list';
import type { FleetEvent, NewEvent, Outcome } from '../../../src/updater/rollout/events';
import { summarise, type RolloutSummary } from '../../../src/updater/rollout/summary';
import { count } from '../../../src/updater/rollout/tally';
import { at, planned, planOf } from '../rollout/fixtures';

const file = '/f.jsonc';
const stamped = (seconds: number, event: NewEvent, rollout = 'r'): FleetEvent => ({
  at: at(seconds),
  rollout,
  ...event,
});
const started = (ids: string[], resumed = false): NewEvent => ({
  ...{ type: 'rollout-started', action: 'install', fleet: file, by: resumed ? 'b@y' : 'a@x', resumed },
  plan: planOf(
    ids.map((id) => planned(id)),
    { s: 1 },
  ),
});
const finished = (server: string, outcome: Outcome): NewEvent => ({
  ...{ type: 'server-finished', server, outcome, status: 'installed', error: null },
});
const over: NewEvent = { type: 'rollout-finished', outcome: 'failed', counts: count(['failed']) };

const events: FleetEvent[] = [
  stamped(0, started(['s-0', 's-1'])),
  stamped(1, finished('s-0', 'done')),
  stamped(2, { type: 'rollout-asked', ask: 'pause', by: 'a@x' }),
  stamped(3, { type: 'rollout-asked', ask: 'continue', by: 'a@x' }),
  stamped(4, finished('s-1', 'failed')),
  stamped(5, over),
  stamped(6, started(['s-1'], true)),
  stamped(7, { type: 'rollout-asked', ask: 'cancel', by: 'b@y' }),
];

/** What the list need not know. */
const plain = (one: RolloutSummary | undefined) => one && { ...one, lastAt: undefined };

describe('the rollouts that a view lists', () => {
  it('are by events what they are by their journals, after every event', () => {
    const list = new RolloutList(() => file);
    for (const [index, event] of events.entries()) {
      list.event(event);
      expect(plain(list.get('r')), event.type).toEqual(
        plain(summarise('r', events.slice(0, index + 1), true)),
      );
    }
  });

  it('say what an event has changed', () => {
    const list = new RolloutList(() => file);
    expect(events.map((event) => list.event(event))).toEqual([
      'list',
      'one',
      'one',
      'one',
      'one',
      'list',
      'list',
      'one',
    ]);
    expect(list.event(stamped(8, { type: 'rollout-left' }))).toBe('list');
    expect(list.get('r')?.state).toBe('interrupted');
    expect(list.event(stamped(9, finished('s-0', 'done'), 'unknown'))).toBeUndefined();
  });

  it('keep what happened while the journals were read, and leave what was read alone', async () => {
    const list = new RolloutList(() => file);
    const read = events.slice(0, 1);
    const journal = summarise('r', read, true);
    const other = summarise(
      'other',
      [stamped(0, { ...started(['s-0']), fleet: '/o.jsonc' } as NewEvent)],
      true,
    );
    if (!journal || !other) throw new Error('no summary');
    await list.read(() => Promise.resolve([journal, other]));
    expect(list.all).toEqual([journal]);
    await list.read(() => {
      for (const event of events.slice(1, 3)) list.event(event);
      return Promise.resolve([journal]);
    });
    expect(list.get('r')).toMatchObject({
      asked: 'pause',
      servers: [{ outcome: 'done' }, { outcome: null }],
    });
    expect(journal).toEqual(summarise('r', read, true));
  });
});
