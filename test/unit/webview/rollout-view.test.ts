import { describe, expect, it } from 'vitest';
import type { FleetEvent, ServerStatus } from '../../../src/updater/rollout/events';
import type { Expected } from '../../../src/updater/plan/expected';
import type { Plan } from '../../../src/updater/plan/plan';
import {
  downtimeOf,
  foldJournal,
  forecast,
  RolloutFold,
  spansOf,
  stretchesOf,
  typicalOf,
  wavesOf,
  workTimeOf,
} from '../../../src/webview/rollout-view';
import { planned, planOf } from '../rollout/fixtures';
import { at, ms, part, rollout } from './fixtures';

const start = (plan: Plan, second = 0, resumed = false): FleetEvent => ({
  ...{
    type: 'rollout-started',
    at: at(second),
    rollout: 'r',
    action: plan.action,
    fleet: '/f',
    by: 'me@here',
  },
  ...{ plan, resumed },
});
const status = (
  server: string,
  second: number,
  state: ServerStatus,
  step: string | null = null,
): FleetEvent => ({
  ...{ type: 'status', at: at(second), rollout: 'r', server, status: state, step, detail: null },
});
const end = (server: string, second: number, outcome: 'done' | 'failed' = 'done'): FleetEvent => ({
  ...{
    type: 'server-finished',
    at: at(second),
    rollout: 'r',
    server,
    outcome,
    status: 'installed',
    error: null,
  },
});
const over: FleetEvent = {
  ...{ type: 'rollout-finished', at: at(60), rollout: 'r', outcome: 'done' },
  counts: { done: 2, failed: 0, skipped: 0, blocked: 0, cancelled: 0, 'not-started': 0 },
};
const plan = planOf(
  [planned('boxes-0'), planned('boxes-1', { wave: 1 }), planned('boxes-2', { verdict: 'blocked' })],
  { boxes: 1 },
);

describe('the fold over a rollout', () => {
  it('has no picture without a beginning', () => {
    expect(foldJournal([status('boxes-0', 1, 'installing')])).toBeUndefined();
    expect(new RolloutFold().apply(over)).toBeUndefined();
  });

  it('keeps what each server did when, and how it ended', () => {
    const view = foldJournal([
      start(plan),
      status('boxes-0', 1, 'downloading', 'download'),
      status('boxes-0', 4, 'installing', 'place'),
      status('boxes-0', 5, 'restarting', 'restart'),
      status('boxes-0', 15, 'verifying', 'check-service'),
      end('boxes-0', 20),
      over,
    ]);
    const [first] = view?.servers ?? [];
    if (!view || !first) throw new Error('no picture');
    expect(first.outcome).toBe('done');
    expect(spansOf(first, ms(99)).map(({ step, from, to }) => [step, (to - from) / 1000])).toEqual([
      ['download', 3],
      ['place', 1],
      ['restart', 10],
      ['check-service', 5],
    ]);
    expect(downtimeOf(first, ms(99))).toBe(10_000);
    expect(workTimeOf(first, ms(99))).toBe(19_000);
    expect(view.finishedAt).toBe(at(60));
    expect(typicalOf(view)).toBe(19_000);
  });

  it('says which server an event changed, and that one that says nothing new changed none', () => {
    const fold = new RolloutFold();
    expect(fold.apply(start(plan))).toBeNull();
    expect(fold.apply(status('boxes-0', 1, 'installing', 'place'))).toBe('boxes-0');
    expect(fold.apply(status('boxes-0', 2, 'installing', 'place'))).toBeUndefined();
    expect(fold.apply({ ...status('boxes-0', 3, 'restarting'), rollout: 'other' })).toBeUndefined();
    expect(fold.apply(status('stranger', 3, 'restarting'))).toBeUndefined();
    expect(fold.apply(over)).toBeNull();
  });

  it('keeps what was done when a rollout goes on with the rest', () => {
    const rest = planOf([planned('boxes-1')], { boxes: 1 });
    const view = foldJournal([
      start(plan),
      end('boxes-0', 5),
      end('boxes-1', 6, 'failed'),
      over,
      start(rest, 90, true),
    ]);
    expect(view).toMatchObject({ startedAt: at(0), resumedAt: at(90), finishedAt: null });
    expect(view?.servers.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['boxes-0', 'done'],
      ['boxes-1', null],
      ['boxes-2', null],
    ]);
  });

  it('knows that it was paused, let go on, or is to be cancelled', () => {
    const fold = new RolloutFold();
    fold.apply(start(planOf([planned('a')], {})));
    const asked = (ask: 'pause' | 'continue' | 'cancel') => {
      expect(fold.apply({ type: 'rollout-asked', at: at(1), rollout: 'r', ask, by: 'me' })).toBeNull();
      return fold.head?.asked;
    };
    expect([fold.head?.asked, asked('pause'), asked('continue'), asked('cancel')]).toEqual([
      null,
      'pause',
      null,
      'cancel',
    ]);
    fold.apply(start(planOf([planned('a')], {}), 2, true));
    expect(fold.head?.asked).toBeNull();
  });

  it('sorts those that act into waves', () => {
    const view = foldJournal([start(plan)]);
    if (!view) throw new Error('no picture');
    expect(wavesOf(view).map(({ wave, servers }) => [wave, servers.map(({ id }) => id)])).toEqual([
      [0, ['boxes-0']],
      [1, ['boxes-1']],
    ]);
  });
});

describe('time', () => {
  const phases = [
    { status: 'queued', step: null, detail: null, at: at(0) },
    { status: 'restarting', step: 'restart', detail: 'asked', at: at(10) },
    { status: 'restarting', step: 'restart', detail: 'away', at: at(12) },
  ] as const;

  it('goes on in the last phase until the server has ended', () => {
    const running = part('a', { phases: [...phases] });
    expect(downtimeOf(running, ms(30))).toBe(20_000);
    expect(workTimeOf(running, ms(30))).toBe(20_000);
    expect(downtimeOf({ ...running, endedAt: at(15) }, ms(30))).toBe(5_000);
  });

  it('is never less than nothing, whatever the clocks say', () => {
    const running = part('a', { phases: [...phases] });
    expect(downtimeOf(running, ms(5))).toBeGreaterThanOrEqual(0);
  });

  it('of spans in the same step is that of one', () => {
    const spans = spansOf(part('a', { phases: [...phases] }), ms(30));
    expect(stretchesOf(spans, 'step').map(({ from, to }) => (to - from) / 1000)).toEqual([10, 20]);
  });
});

describe('the forecast', () => {
  const done = (id: string, seconds: number) =>
    part(id, {
      phases: [{ status: 'installing', step: null, detail: null, at: at(0) }],
      outcome: 'done',
      endedAt: at(seconds),
    });
  const left = (n: number, wave = 0, system = 'boxes') =>
    Array.from({ length: n }, (_, i) => part(`${system}-${wave}-${i}`, { wave, system }));
  const seconds = (view: ReturnType<typeof rollout>, now = 100) => {
    const { endsAt } = forecast(view, ms(now));
    return endsAt === null ? null : (endsAt - ms(now)) / 1000;
  };

  it('takes each server to last as long as those that are done, so many at a time', () => {
    expect(seconds(rollout([done('a', 10), ...left(4)]))).toBe(20);
    expect(seconds(rollout([done('a', 10), ...left(5)]))).toBe(30);
    expect(seconds(rollout([done('a', 10), ...left(5)], { parallel: {} }))).toBe(50);
  });

  it('adds wave to wave, and lets systems run side by side', () => {
    expect(seconds(rollout([done('a', 10), ...left(2), ...left(1, 1)]))).toBe(20);
    expect(
      seconds(
        rollout([done('a', 10), ...left(2), ...left(4, 0, 'lake')], { parallel: { boxes: 1, lake: 1 } }),
      ),
    ).toBe(40);
  });

  it('counts what those at work have done already', () => {
    const half = part('half', { phases: [{ status: 'installing', step: null, detail: null, at: at(96) }] });
    expect(seconds(rollout([done('a', 10), half]))).toBe(6);
  });

  it('rests on earlier rollouts until a server is done, and says so', () => {
    expect(forecast(rollout(left(1)), ms(0))).toEqual({
      endsAt: null,
      note: 'end known once the first server is done',
    });
    const expected: Expected = {
      ...{ seconds: 7, downtimeSeconds: null, windowSeconds: 127, basis: 'server', samples: 1 },
    };
    const known = part('a', { expected });
    expect(forecast(rollout([known]), ms(0))).toEqual({ endsAt: ms(7), note: 'as in earlier rollouts' });
    // Its download is no part of what is expected.
    const phases = [
      { status: 'downloading', step: null, detail: null, at: at(0) },
      { status: 'installing', step: null, detail: null, at: at(40) },
    ] as const;
    expect(forecast(rollout([{ ...known, phases: [...phases] }]), ms(42)).endsAt).toBe(ms(47));
    for (const unknown of [null, { ...expected, basis: 'none' as const }])
      expect(forecast(rollout([known, part('b', { expected: unknown })]), ms(0)).endsAt).toBeNull();
  });

  it('tells nothing of what waits for a maintenance window, or is over', () => {
    const windowed = part('w', { windowed: true });
    expect(forecast(rollout([done('a', 10), windowed]), ms(0)).note).toBe(
      'end waits for a maintenance window',
    );
    expect(forecast(rollout([done('a', 10)]), ms(0)).endsAt).toBeNull();
  });

  it('tells nothing while somebody holds it up', () => {
    const view = rollout([done('a', 10), part('b')], { asked: 'pause' });
    expect(forecast(view, ms(0))).toEqual({ endsAt: null, note: 'paused' });
  });
});
