import { describe, expect, it } from 'vitest';
import { FleetError } from '../../../src/updater/errors';
import { ArmedServers } from '../../../src/updater/rollout/armed-servers';
import { beforeOf } from '../../../src/updater/rollout/before';
import type { FleetEvent, Outcome } from '../../../src/updater/rollout/events';
import { goesOnUnasked, isLeftArmed, summarise } from '../../../src/updater/rollout/summary';
import { at, planned, planOf } from './fixtures';

const startsAt = '2026-11-22T02:00:00.000Z';
const plan = {
  ...planOf([planned('a', { startsAt }), planned('b', { startsAt })], { s: 2 }),
  armed: true as const,
};
const begun: FleetEvent = {
  ...{ at: at(0), rollout: 'r', type: 'rollout-started', action: 'install', fleet: '/f', by: 'me' },
  ...{ plan, resumed: false },
};
const waits = (server: string, second = 1): FleetEvent => ({
  ...{ at: at(second), rollout: 'r', type: 'status', server, status: 'queued' },
  ...{ step: 'wait', detail: 'armed' },
});
const ends = (server: string, outcome: Outcome, second = 2): FleetEvent => ({
  ...{ at: at(second), rollout: 'r', type: 'server-finished', server, outcome, status: 'queued' },
  error: new FleetError('cancelled', 'let go').toJSON(),
});

describe('a rollout that is armed', () => {
  it('is told as armed where whoever armed it has gone', () => {
    const left = summarise(
      'r',
      [begun, waits('a'), waits('b'), ends('a', 'cancelled'), ends('b', 'cancelled')],
      false,
    );
    expect(left?.servers).toEqual([
      { id: 'a', outcome: 'armed' },
      { id: 'b', outcome: 'armed' },
    ]);
    expect(left !== undefined && isLeftArmed(left)).toBe(true);
  });

  it('is gone on with unasked when its time has come, however long that is from when it was armed', () => {
    const left = summarise('r', [begun, waits('a'), waits('b')], false);
    if (left === undefined) throw new Error('no summary');
    expect(goesOnUnasked(left, new Date('2026-11-22T09:00:00Z'))).toBe(true);
    expect(goesOnUnasked(left, new Date('2026-11-22T15:00:00Z'))).toBe(false);
  });

  it('is armed no more where it was disarmed, or has begun', () => {
    const asked: FleetEvent = { at: at(3), rollout: 'r', type: 'rollout-asked', ask: 'cancel', by: 'me' };
    const disarmed = summarise('r', [begun, waits('a'), waits('b'), asked, ends('a', 'cancelled', 4)], false);
    expect(disarmed?.servers[0]?.outcome).toBe('cancelled');
    const works: FleetEvent = {
      ...waits('a', 5),
      status: 'installing',
      step: 'run',
      detail: null,
    } as FleetEvent;
    const on = summarise('r', [begun, waits('a'), waits('b'), works], false);
    expect(on?.servers.map(({ outcome }) => outcome)).toEqual([null, 'armed']);
    expect(on !== undefined && isLeftArmed(on)).toBe(false);
  });

  it('has its servers at work: their jobs are seen to their end first', () => {
    const queued: FleetEvent = { ...waits('b'), step: null } as FleetEvent;
    expect([...beforeOf([begun, waits('a'), queued]).atWork]).toEqual(['a']);
  });
});

describe('its servers', () => {
  it('are all armed or at their end, whoever else is told of meanwhile', () => {
    const seen = new ArmedServers(['a', 'b', 'c']);
    expect(
      [waits('a'), ends('b', 'failed'), waits('x'), ends('y', 'failed')].map((event) => seen.see(event)),
    ).toEqual([...[false, false, false, false]]);
    expect(seen.see(waits('c'))).toBe(true);
    expect(seen).toMatchObject({ armed: ['a', 'c'], failed: true });
    expect(seen.see(ends('a', 'done'))).toBe(true);
    expect(seen.armed).toEqual(['c']);
  });

  it('are left to nobody where none is armed', () => {
    const seen = new ArmedServers(['a']);
    expect(seen.see(ends('a', 'done'))).toBe(false);
    expect(seen).toMatchObject({ armed: [], failed: false });
  });
});
