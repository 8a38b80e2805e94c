import { describe, expect, it } from 'vitest';
import { beforeOf } from '../../../src/updater/rollout/before';
import type { FleetEvent, NewEvent, Outcome, ServerStatus } from '../../../src/updater/rollout/events';
import { leftBehind, unfinished } from '../../../src/updater/rollout/left-behind';
import { remainingPlan } from '../../../src/updater/rollout/resume';
import { summarise } from '../../../src/updater/rollout/summary';
import { count } from '../../../src/updater/rollout/tally';
import { at, fleetOf, planned, planOf } from './fixtures';
import { done, play } from './stage';

const ids = ['s-0', 's-1', 's-2'];
const fleet = fleetOf({ s: { servers: 3 } });
const plan = planOf(
  ids.map((id) => planned(id)),
  { s: 3 },
);
const begun: NewEvent = {
  ...{ type: 'rollout-started', action: 'install', fleet: fleet.file, by: 'a@x', plan, resumed: false },
};
const ends = (server: string, outcome: Outcome, status: ServerStatus = 'unknown'): NewEvent => ({
  ...{ type: 'server-finished', server, outcome, status, error: null },
});
const finished = (outcome: 'done' | 'failed'): NewEvent => ({
  ...{ type: 'rollout-finished', outcome, counts: count([]) },
});
const works: NewEvent = {
  ...{ type: 'status', server: 's-0', status: 'installing', step: 'run', detail: null },
};

/** A rollout with such a past, gone on with for these servers alone. */
async function goOn(past: NewEvent[], only: string[]) {
  const journal = past.map((event): FleetEvent => ({ at: at(1), rollout: 'r', ...event }));
  const { ended, events } = await play(fleet, remainingPlan(journal, only), {
    ...{ resumed: true, before: beforeOf(journal), start: '2026-11-21T08:10:00Z' },
    work: () => done,
  });
  // What it only tells is in no journal.
  const all = [...journal, ...events.filter(({ type }) => type !== 'rollout-left')];
  const summary = summarise('r', all, false);
  if (summary === undefined) throw new Error('no summary');
  const left = leftBehind([summary]).length > 0 ? unfinished(summary) : [];
  return { ended, last: events.at(-1), state: summary.state, left };
}

describe('a rollout that was gone on with for some of its servers', () => {
  it('has failed while others are left that had, and can be gone on with', async () => {
    const past = [begun, ends('s-0', 'failed'), ends('s-1', 'not-started'), ends('s-2', 'not-started')];
    const { ended, last, state, left } = await goOn([...past, finished('failed')], ['s-2']);
    expect(last).toMatchObject({
      ...{ type: 'rollout-finished', outcome: 'failed' },
      counts: { done: 1, failed: 1, 'not-started': 1 },
    });
    expect(ended).toMatchObject({ outcome: 'failed', failures: [], letGo: false });
    expect([state, left]).toEqual(['failed', ['s-0', 's-1']]);
  });

  it.each([
    ['at work', [works]],
    ['let go of', [works, ends('s-0', 'cancelled')]],
    ['out of reach', [works, ends('s-0', 'failed', 'stalled')]],
  ] as const)('has not ended while another is %s', async (_, past) => {
    const { ended, last, state, left } = await goOn([begun, ...past, ends('s-1', 'done')], ['s-2']);
    expect(last?.type).toBe('rollout-left');
    expect(ended.outcome).toBe('done');
    expect([state, left]).toEqual(['interrupted', ['s-0']]);
  });

  it('is done when all of them are', async () => {
    const past = [begun, ends('s-0', 'done'), ends('s-1', 'skipped'), ends('s-2', 'cancelled')];
    const { ended, last, state, left } = await goOn(past, ['s-2']);
    expect(last).toMatchObject({ outcome: 'done', counts: { done: 2, skipped: 1, cancelled: 0 } });
    expect([ended.outcome, state, left]).toEqual(['done', 'done', []]);
  });

  it('was called done by earlier versions, and is not', () => {
    const past = [begun, ends('s-0', 'failed'), ends('s-1', 'done'), ends('s-2', 'done'), finished('done')];
    const journal = past.map((event): FleetEvent => ({ at: at(1), rollout: 'r', ...event }));
    expect(summarise('r', journal, false)?.state).toBe('failed');
  });
});

describe('a rollout whose servers somebody else disarmed', () => {
  it('is cancelled, and not done', async () => {
    const { ended, events } = await play(fleet, plan, {
      work: () => ({ outcome: 'cancelled', status: 'loaded', error: null }),
    });
    expect(ended.outcome).toBe('cancelled');
    expect(events.at(-1)).toMatchObject({ outcome: 'cancelled', counts: { cancelled: 3 } });
  });
});
