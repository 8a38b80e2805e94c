import { describe, expect, it } from 'vitest';
import type { ErrorInfo } from '../../../src/updater/errors';
import type { Assessment, NewEvent, ServerStatus } from '../../../src/updater/rollout/events';
import { applyEvent, initialState, type ServerState } from '../../../src/updater/rollout/state';
import { at, fleetOf } from './fixtures';
import { factsOf } from '../samples';

const fleet = fleetOf({ s: { servers: 2 } });
const fresh = (): ServerState => {
  const state = initialState(fleet, at(0)).get('s-0');
  if (state === undefined) throw new Error('no state');
  return state;
};
const error: ErrorInfo = { code: 'host.timeout', message: 'no answer', hint: null };
const facts = factsOf({
  installed: { version: '1.2.0', app: 'server' },
  loaded: [{ version: '2.0.0', sha256: 'a' }],
  history: ['1.0.0', '1.1.0', '1.2.0'],
});
const means = (status: ServerStatus): Assessment => ({
  status,
  detail: null,
  error: null,
  reasons: [{ rule: 'x', severity: 'warn', message: 'x' }],
});

/** Folds events over a fresh state; each a second after the one before. */
function fold(events: (NewEvent & { rollout?: string })[], from = fresh()): ServerState {
  return events.reduce((state, event, i) => applyEvent(state, { at: at(i + 1), ...event }), from);
}
const asked = (status: ServerStatus, rollout?: string): NewEvent & { rollout?: string } => ({
  type: 'facts',
  server: 's-0',
  facts,
  assessment: means(status),
  ...(rollout && { rollout }),
});
const working = (status: ServerStatus, rollout = 'r'): NewEvent & { rollout?: string } => ({
  type: 'status',
  server: 's-0',
  status,
  step: 'place',
  detail: 'd',
  rollout,
});
const ended = (
  status: ServerStatus,
  rollout = 'r',
  over: Partial<NewEvent & { type: 'server-finished' }> = {},
): NewEvent & { rollout?: string } => ({
  type: 'server-finished',
  server: 's-0',
  outcome: 'done',
  status,
  error: null,
  rollout,
  ...over,
});

describe('the fold', () => {
  it('begins with nothing known', () => {
    expect(fresh()).toMatchObject({
      id: 's-0',
      system: 's',
      product: 'banalytics',
      status: 'unknown',
      since: at(0),
      version: null,
      facts: null,
    });
  });

  it('leaves the state of others, and of events about no server, the same object', () => {
    const state = fresh();
    expect(fold([{ ...asked('loaded'), server: 's-1' } as NewEvent], state)).toBe(state);
    expect(fold([{ type: 'checking', server: 'nobody' }], state)).toBe(state);
    expect(
      fold(
        [
          {
            type: 'rollout-finished',
            outcome: 'done',
            counts: { done: 0, failed: 0, skipped: 0, blocked: 0, cancelled: 0, 'not-started': 0 },
          },
        ],
        state,
      ),
    ).toBe(state);
    expect(fold([{ type: 'log', server: 's-0', step: null, level: 'info', message: '' }], state)).toBe(state);
  });

  it('takes facts for what they say', () => {
    expect(fold([{ type: 'checking', server: 's-0' }])).toMatchObject({ checking: true, status: 'unknown' });
    expect(fold([{ type: 'checking', server: 's-0' }, asked('loaded')])).toMatchObject({
      checking: false,
      status: 'loaded',
      since: at(2),
      version: '1.2.0',
      os: 'Debian 12',
      arch: 'x64',
      app: 'server',
      loaded: facts.loaded,
      rollback: ['1.1.0', '1.0.0'],
      reasons: means('loaded').reasons,
    });
    expect(fold([asked('loaded'), asked('loaded')]).since).toBe(at(1));
    expect(fold([asked('loaded'), asked('installed')]).since).toBe(at(2));
  });

  it('says unreachable with its cause, keeps what was known, and comes back', () => {
    const away = fold([
      asked('loaded'),
      { type: 'checking', server: 's-0' },
      { type: 'unreachable', server: 's-0', error },
    ]);
    expect(away).toMatchObject({
      status: 'unreachable',
      error,
      detail: 'no answer',
      checking: false,
      version: '1.2.0',
      since: at(3),
    });
    expect(fold([asked('loaded')], away)).toMatchObject({ status: 'loaded', error: null, detail: null });
  });

  it('follows a rollout; facts and being away on its way change no status', () => {
    const at3 = fold([
      asked('loaded'),
      working('installing'),
      { type: 'progress', server: 's-0', step: 'download', done: 1, total: 4 },
    ]);
    expect(at3).toMatchObject({
      status: 'installing',
      rollout: 'r',
      step: 'place',
      detail: 'd',
      progress: { done: 1, total: 4 },
      since: at(2),
    });
    const on = fold(
      [
        { type: 'checking', server: 's-0' },
        asked('installed'),
        { type: 'checking', server: 's-0' },
        { type: 'unreachable', server: 's-0', error },
      ],
      at3,
    );
    expect(on).toMatchObject({
      status: 'installing',
      rollout: 'r',
      step: 'place',
      error: null,
      checking: false,
      version: '1.2.0',
    });
    expect(fold([working('restarting')], on)).toMatchObject({ status: 'restarting', progress: null });
    expect(fold([ended('installed')], on)).toMatchObject({
      status: 'installed',
      rollout: null,
      step: null,
      detail: null,
      progress: null,
      error: null,
    });
    const cause: ErrorInfo = { code: 'job.failed', message: 'broke', hint: null, step: 'place' };
    expect(fold([ended('failed', 'r', { outcome: 'failed', error: cause })], on)).toMatchObject({
      status: 'failed',
      error: cause,
      step: 'place',
      detail: 'broke',
      rollout: null,
    });
  });

  it('keeps the status of a server that a rollout leaves out', () => {
    for (const outcome of ['skipped', 'blocked'] as const) {
      const out = ended('unknown', 'r', { outcome });
      expect(fold([asked('loaded'), out])).toMatchObject({ status: 'loaded', since: at(1), rollout: null });
      expect(fold([out])).toMatchObject({ status: 'unknown', since: at(0) });
      const away = fold([asked('installed'), { type: 'unreachable', server: 's-0', error }]);
      expect(fold([out], away)).toMatchObject({ status: 'unreachable', error, detail: 'no answer' });
    }
  });

  it('gives a queued server that was never begun back what its facts say, with the reason', () => {
    const halted: ErrorInfo = { code: 'rollout.halted', message: 'halted', hint: null };
    const end = ended('unknown', 'r', { outcome: 'not-started', error: halted });
    expect(fold([asked('loaded'), working('queued'), end])).toMatchObject({
      status: 'loaded',
      rollout: null,
      error: halted,
      detail: 'halted',
    });
    expect(fold([asked('loaded'), end])).toMatchObject({ status: 'loaded', since: at(1), error: halted });
  });

  it('does not let one rollout end the work of another', () => {
    const busy = fold([asked('loaded'), working('installing', 'r1')]);
    expect(fold([ended('unknown', 'r2', { outcome: 'skipped' })], busy)).toBe(busy);
    expect(fold([ended('installed', 'r1')], busy)).toMatchObject({ status: 'installed', rollout: null });
  });
});
