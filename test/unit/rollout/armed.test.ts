import { describe, expect, it } from 'vitest';
import { FleetError } from '../../../src/updater/errors';
import { servers } from '../../../src/updater/fleet/model';
import { untilItBegins } from '../../../src/updater/rollout/armed';
import { ArmedServers } from '../../../src/updater/rollout/armed-servers';
import { beforeOf } from '../../../src/updater/rollout/before';
import { Contact } from '../../../src/updater/rollout/contact';
import type { FleetEvent, NewEvent, Outcome } from '../../../src/updater/rollout/events';
import { goesOnUnasked, isLeftArmed, summarise } from '../../../src/updater/rollout/summary';
import type { Links } from '../../../src/updater/targets/link';
import type { Platform } from '../../../src/updater/targets/platform';
import { at, fleetOf, planned, planOf } from './fixtures';

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

describe('a server that waits', () => {
  /** Waits until 02:00, from 23:00 on, in no time. @param answers of the server, one for each look; the last one again and again */
  async function wait(answers: (boolean | 'away')[], cancelAfter = Infinity) {
    const [server] = servers(fleetOf({ boxes: { servers: 1 } }));
    if (server === undefined) throw new Error('no server');
    const begin = Date.parse('2026-11-21T23:00:00Z');
    let time = begin;
    let looks = 0;
    const events: NewEvent[] = [];
    const links = {
      drop: () => undefined,
      fresh: () =>
        answers[Math.min(looks++, answers.length - 1)] === 'away'
          ? Promise.reject(new FleetError('host.timeout', 'b-1 did not answer.'))
          : Promise.resolve({ close: () => undefined }),
    } as unknown as Links;
    const platform = {
      pulse: () => Promise.resolve({ bootId: 'b', ended: answers[Math.min(looks, answers.length) - 1] }),
    } as unknown as Platform;
    const cancel = new AbortController();
    const pause = (ms: number): Promise<void> => {
      time += ms;
      if (time - begin >= cancelAfter) cancel.abort();
      return Promise.resolve();
    };
    await untilItBegins(
      new Contact(server, links, (event) => Promise.resolve(void events.push(event))),
      platform,
      { id: 'r-1', startsAt },
      { cancel: cancel.signal, detach: new AbortController().signal, now: () => new Date(time) },
      pause,
    );
    const logs = events.flatMap((event) => (event.type === 'log' ? [event.message] : []));
    return { minutes: (time - begin) / 60_000, looks, logs };
  }

  it('is waited for until its time, and looked at every ten minutes', async () => {
    expect(await wait([false])).toEqual({ minutes: 180, looks: 17, logs: [] });
  });

  it('is waited for no longer where its job has ended: somebody disarmed it there, or it gave up', async () => {
    expect(await wait([false, false, true])).toMatchObject({ minutes: 30, looks: 3 });
  });

  it('begins all the same where it is not reached, which is said once', async () => {
    const { minutes, logs } = await wait(['away', 'away', false, 'away', false]);
    expect(minutes).toBe(180);
    expect(logs).toEqual(Array(2).fill('b-1 did not answer. It is armed, and begins all the same.'));
  });

  it('is left by whoever cancels', async () => {
    expect(await wait([false], 25 * 60_000)).toMatchObject({ minutes: 25, looks: 2 });
  });
});
