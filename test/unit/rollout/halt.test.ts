import { describe, expect, it } from 'vitest';
import { FleetError } from '../../../src/updater/errors';
import { Control } from '../../../src/updater/rollout/control';
import { initialState } from '../../../src/updater/rollout/state';
import { cancelMeaning, whatCancelMeans } from '../../../src/updater/rollout/meaning';
import { factsOf } from '../samples';
import { at, fleetOf, planned, planOf } from './fixtures';
import { done, failed, play } from './stage';

const all = (count: number, wave: (index: number) => number = () => 0) =>
  Array.from({ length: count }, (_, i) => planned(`s-${i}`, { wave: wave(i) }));

describe('a rollout that is paused', () => {
  it('begins nothing new, lets end what runs, says who paused it, and goes on', async () => {
    const control = new Control();
    const { begun, told, events, outcomes } = await play(
      fleetOf({ s: { servers: 4 } }),
      planOf(all(4), { s: 2 }),
      {
        control,
        at: [
          [5, () => control.pause('a@x')],
          [60, () => control.proceed('b@y')],
        ],
      },
    );
    expect(begun).toEqual(['s-0@0', 's-1@0', 's-2@60', 's-3@60']);
    expect(told('s-2')).toEqual(['behind s-0, s-1; 2 at a time', 'paused by a@x']);
    expect(
      events.flatMap((event) => (event.type === 'rollout-asked' ? [`${event.ask} ${event.by}`] : [])),
    ).toEqual(['pause a@x', 'continue b@y']);
    expect(Object.values(outcomes)).toEqual(Array(4).fill('done'));
  });

  it('begins no further version on a server in the middle of several', async () => {
    const control = new Control();
    let left = 3;
    const { begun } = await play(
      fleetOf({ s: { servers: 1 } }),
      planOf([planned('s-0', { path: ['1', '2', '3'] })], { s: 1 }),
      {
        control,
        at: [
          [15, () => control.pause('a@x')],
          [50, () => control.proceed('a@x')],
        ],
        work: ({ mayBegin }) => (left-- > 0 && mayBegin(left + 1) ? (left === 0 ? done : 'waits') : 'waits'),
      },
    );
    expect(begun).toEqual(['s-0@0', 's-0@10', 's-0@50']);
  });

  it('stays paused when it is gone on with unasked, and ends when it is cancelled', async () => {
    const control = new Control({ by: 'a@x' });
    const cancel = new AbortController();
    const { begun, outcomes, events } = await play(fleetOf({ s: { servers: 2 } }), planOf(all(2), { s: 1 }), {
      ...{ control, cancel, resumed: true },
      before: { done: [], atWork: new Set(), failing: new Map() },
      at: [[30, () => cancel.abort()]],
    });
    expect(begun).toEqual([]);
    expect(outcomes).toEqual({ 's-0': 'cancelled', 's-1': 'cancelled' });
    expect(events.at(-1)).toMatchObject({ type: 'rollout-finished', outcome: 'cancelled' });
  });
});

describe('a server that is skipped', () => {
  it('ends so with its reason, and the others go on; one at work is not', async () => {
    const control = new Control();
    const may: boolean[] = [];
    const { begun, outcomes, events } = await play(fleetOf({ s: { servers: 3 } }), planOf(all(3), { s: 1 }), {
      control,
      at: [
        [
          5,
          () => {
            may.push(control.skippable('s-0'), control.skippable('s-1'), control.skippable('s-9'));
            control.skip('s-0', 'a@x', 'too late');
            control.skip('s-1', 'a@x', 'it is being repaired');
          },
        ],
      ],
    });
    expect(may).toEqual([false, true, false]);
    expect(begun).toEqual(['s-0@0', 's-2@10']);
    expect(outcomes).toEqual({ 's-0': 'done', 's-1': 'skipped', 's-2': 'done' });
    expect(events.find((event) => event.type === 'server-finished' && event.server === 's-1')).toMatchObject({
      error: null,
      reason: 'it is being repaired (a@x)',
    });
  });
});

describe('a server whose update failed', () => {
  const plan = planOf(all(3), { s: 1 });
  const firstFails = ({ server }: { server: { id: string } }) => (server.id === 's-0' ? failed('s-0') : done);

  it.each([
    { onFailure: 'stop', begun: 1, rolledBack: false },
    { onFailure: 'keep', begun: 3, rolledBack: false },
    { onFailure: 'roll-back', begun: 1, rolledBack: true },
  ] as const)('$onFailure', async ({ onFailure, begun, rolledBack }) => {
    const result = await play(fleetOf({ s: { servers: 3, onFailure } }), plan, { work: firstFails });
    expect(result.begun).toHaveLength(begun);
    expect(result.happened.some(({ what }) => what === 'roll-back')).toBe(rolledBack);
    expect(result.ended).toMatchObject({ outcome: 'failed', failures: [{ server: 's-0' }] });
    const failing = result.events.findIndex(({ type }) => type === 'server-failing');
    expect(failing >= 0).toBe(rolledBack);
  });

  it('whose rollback fails too has a name of its own', async () => {
    const fleet = fleetOf({ s: { servers: 1, onFailure: 'roll-back' } });
    const { events } = await play(fleet, planOf(all(1), { s: 1 }), {
      work: firstFails,
      rollBack: (_, failure) => ({ ...failure, status: 'rollback-failed' }),
    });
    expect(events.filter(({ type }) => type === 'server-finished')).toMatchObject([
      { outcome: 'failed', status: 'rollback-failed' },
    ]);
  });

  it('in the watch is taken back in its turn, within the limits', async () => {
    const fleet = fleetOf({ s: { servers: 2, onFailure: 'roll-back', watchMinutes: 30, maxFailures: 1 } });
    const away = new FleetError('verify.service', 'It is stopped.');
    const { happened, outcomes, events } = await play(fleet, planOf(all(2), { s: 1 }), {
      look: (server, now) => (server === 's-0' && now > 13 ? away : null),
    });
    const back = happened.find(({ what }) => what === 'roll-back');
    expect(back?.server).toBe('s-0');
    expect(back?.at).toBeGreaterThanOrEqual(20);
    expect(outcomes).toEqual({ 's-0': 'failed', 's-1': 'done' });
    expect(events.map(({ type }) => type)).toContain('server-failing');
  });

  it('in the watch is taken back although it was done before the rollout was interrupted', async () => {
    const fleet = fleetOf({ s: { servers: 1, onFailure: 'roll-back', watchMinutes: 30 } });
    const start = '2026-11-21T08:00:00Z';
    const before = {
      done: [{ planned: planned('s-0'), at: Date.parse(start) - 10 * 60_000 }],
      atWork: new Set<string>(),
      failing: new Map(),
    };
    const { happened, outcomes } = await play(fleet, planOf([], { s: 1 }), {
      ...{ start, resumed: true, before },
      look: (_, now) => (now > 5 ? new FleetError('verify.service', 'It is stopped.') : null),
    });
    expect(happened.at(-1)).toMatchObject({ server: 's-0', what: 'roll-back' });
    expect(outcomes).toEqual({ 's-0': 'failed' });
  });

  it('and was being taken back when the rollout was interrupted is taken back then, and not updated again', async () => {
    const fleet = fleetOf({ s: { servers: 2, onFailure: 'roll-back' } });
    const error = { code: 'verify.health' as const, message: 'not well', hint: null };
    const before = { done: [], atWork: new Set<string>(), failing: new Map([['s-0', error]]) };
    const { happened, outcomes } = await play(fleet, planOf(all(2), { s: 1 }), { resumed: true, before });
    expect(happened.filter(({ server }) => server === 's-0').map(({ what }) => what)).toEqual(['roll-back']);
    expect(outcomes).toEqual({ 's-0': 'failed', 's-1': 'not-started' });
  });

  it('has failed unseen only where that was before the rollout was gone on with', async () => {
    const fleet = fleetOf({ s: { servers: 4, onFailure: 'roll-back', watchMinutes: 30, maxFailures: 4 } });
    const start = '2026-11-21T08:00:00Z';
    const error = { code: 'verify.health' as const, message: 'not well', hint: null };
    const before = {
      done: [{ planned: planned('s-0'), at: Date.parse(start) - 10 * 60_000 }],
      atWork: new Set(['s-1']),
      failing: new Map([['s-2', error]]),
    };
    const seen: Record<string, boolean> = {};
    await play(fleet, planOf(all(4).slice(1), { s: 4 }), {
      ...{ start, resumed: true, before },
      work: ({ server }) => failed(server.id),
      look: () => new FleetError('verify.service', 'It is stopped.'),
      rollBack: (server, failure, unseen) => {
        seen[server] = !unseen;
        return failure;
      },
    });
    expect(seen).toEqual({ 's-0': false, 's-1': false, 's-2': false, 's-3': true });
  });

  it('under our eyes is not unseen for having been at work before', async () => {
    const fleet = fleetOf({ s: { servers: 1, onFailure: 'roll-back' } });
    let began = 0;
    const unseens: boolean[] = [];
    await play(fleet, planOf(all(1), { s: 1 }), {
      resumed: true,
      before: { done: [], atWork: new Set(['s-0']), failing: new Map() },
      work: () => (began++ === 0 ? 'waits' : failed('s-0')),
      rollBack: (_, failure, unseen) => {
        unseens.push(unseen);
        return failure;
      },
    });
    expect(unseens).toEqual([false]);
  });

  it.each(['cancel', 'detach'] as const)('and waits to be taken back is left on %s', async (how) => {
    const fleet = fleetOf({ s: { servers: 2, onFailure: 'roll-back', watchMinutes: 30, maxFailures: 1 } });
    const stop = { cancel: new AbortController(), detach: new AbortController() };
    const away = new FleetError('verify.service', 'It is stopped.');
    const { happened, outcomes } = await play(fleet, planOf(all(2), { s: 1 }), {
      ...stop,
      look: (server, now) => (server === 's-0' && now > 13 ? away : null),
      at: [[17, () => stop[how].abort()]],
    });
    expect(happened.some(({ what }) => what === 'roll-back')).toBe(false);
    // Let go of, it is still to be taken back by whoever goes on.
    expect(outcomes['s-0']).toBe(how === 'cancel' ? 'failed' : 'cancelled');
  });
});

describe('what cancelling means', () => {
  it('is said for each phase, the most serious first', () => {
    const states = [...initialState(fleetOf({ s: { servers: 9 } }), at(0)).values()];
    const status = [
      'queued',
      'downloading',
      'installing',
      'restarting',
      'verifying',
      'rolling-back',
      'installed',
    ] as const;
    const now = states.map((state, i) => ({
      ...state,
      status: status[i] ?? ('queued' as const),
      step: i === 8 ? 'wait' : null,
      rollout: i === 7 ? 'other' : i === 6 ? null : 'r',
    }));
    expect(whatCancelMeans(now, 'r')).toEqual([
      's-3, s-4: at its installer or restart, or past it: it cannot be stopped any more, and ends by itself.',
      's-2, s-5: before its installer or restart: what was begun is taken back, and the version that runs there stays; if it is past that by then, it ends by itself.',
      's-1: downloading: the transfer stops and keeps what has arrived; nothing that runs there changes.',
      's-8: armed: is disarmed and stays as it is, unless it has begun by itself meanwhile.',
      's-0: waiting: not begun, and stays as it is.',
    ]);
    expect(whatCancelMeans(now, 'unknown')).toEqual([cancelMeaning]);
  });

  // As job.bat and job.sh have it.
  it.each([
    ['windows', 'installing', 'backup', 'before'],
    ['windows', 'rolling-back', 'stop', 'before'],
    ['windows', 'installing', 'run', 'at'],
    ['windows', 'rolling-back', 'restore', 'at'],
    ['linux', 'installing', 'place', 'before'],
    ['linux', 'rolling-back', 'stop', 'at'],
    ['linux', 'rolling-back', 'restore', 'at'],
  ] as const)('on %s %s in %s it is %s its installer or restart', (family, status, step, place) => {
    const [state] = initialState(fleetOf({ s: { servers: 1 } }), at(0)).values();
    if (state === undefined) throw new Error('no server');
    const facts = factsOf({ os: { family, name: family } });
    const [said] = whatCancelMeans([{ ...state, status, step, facts, rollout: 'r' }], 'r');
    expect(said).toMatch(new RegExp(`^s-0: ${place} its installer or restart`));
  });
});
