import { describe, expect, it } from 'vitest';
import { ending, tallyOf } from '../../../src/commands/ending';
import { rolloutProgress } from '../../../src/commands/rollout-progress';
import { starterFleet } from '../../../src/commands/starter-fleet';
import { FleetError } from '../../../src/updater/errors';
import { parseFleet } from '../../../src/updater/fleet/read';
import type { FleetEvent } from '../../../src/updater/rollout/events';
import type { Plan } from '../../../src/updater/plan/plan';
import type { RolloutSummary } from '../../../src/updater/updater';

const at = '2026-01-01T00:00:00Z';
const plan = (...ids: string[]) => ({ servers: ids.map((id) => ({ id })) }) as unknown as Plan;
const started = (rollout: string, ...ids: string[]): FleetEvent => ({
  ...{ at, rollout, type: 'rollout-started', action: 'install', fleet: 'f', by: 'me', resumed: false },
  plan: plan(...ids),
});

describe('the progress of a rollout', () => {
  it('is of the rollout that starts with its servers, and of no other', () => {
    const progress = rolloutProgress(['a', 'b'], undefined);
    progress.event(started('other', 'c'));
    expect(progress.id()).toBeUndefined();
    progress.event(started('mine', 'b', 'a'));
    expect(progress.id()).toBe('mine');
    expect(
      progress.event({ at, rollout: 'other', type: 'progress', server: 'c', step: 's', done: 1, total: 2 }),
    ).toBeUndefined();
    expect(
      progress.event({ at, rollout: 'mine', type: 'progress', server: 'a', step: 'send', done: 1, total: 2 }),
    ).toEqual({
      increment: 0,
      message: '0/2 · a: send 50 %',
    });
  });

  it('counts each server once', () => {
    const progress = rolloutProgress(['a', 'b'], 'r');
    const end: FleetEvent = {
      at,
      rollout: 'r',
      type: 'server-finished',
      server: 'a',
      outcome: 'done',
      status: 'installed',
      error: null,
    };
    expect(progress.event(end)).toEqual({ increment: 50, message: '1/2 · a: installed' });
    expect(progress.event(end)?.increment).toBe(0);
  });
});

describe('the notification at the end', () => {
  it('names server, step, cause and next step', () => {
    const error = new FleetError('job.failed', 'It stopped.', { step: 'swap', hint: 'Look there.' });
    const result = {
      id: 'r',
      outcome: 'failed' as const,
      failures: [
        { server: 'a', error },
        { server: 'b', error },
      ],
      letGo: false,
    };
    expect(ending('install', { all: 3, done: 1 }, result, 'Note.')).toBe(
      'Install: 2 of 3 servers failed. a at swap: It stopped. Look there. Also failed: b. Note.',
    );
  });

  it('counts no server as done that was left out', () => {
    const result = { id: 'r', outcome: 'done' as const, failures: [], letGo: false };
    const end = (...outcomes: (string | null)[]) => {
      const servers = outcomes.map((outcome, n) => ({ id: `s-${n}`, outcome }));
      const ids = servers.map(({ id }) => id);
      // One that was done before somebody resumed the others is not counted with them.
      const all = { servers: [...servers, { id: 'before', outcome: 'skipped' }] };
      return ending('install', tallyOf(ids, all as unknown as RolloutSummary), result, undefined);
    };
    expect(end('done', 'done', 'skipped', 'done', 'skipped')).toBe(
      'Install: 3 of 5 servers installed, 2 left out.',
    );
    expect(end('done', 'done')).toBe('Install: 2 servers installed.');
    expect(end('done')).toBe('Install: 1 server installed.');
    expect(end('skipped')).toBe('Install: the server was left out.');
    expect(ending('install', tallyOf(['a', 'b'], undefined), result, undefined)).toBe(
      'Install: 2 servers installed.',
    );
  });
});

describe('the starter fleet file', () => {
  it('is a fleet file without a problem', () => {
    const { fleet, problems } = parseFleet(starterFleet, '/tmp/fleet.jsonc');
    expect(problems).toEqual([]);
    expect(fleet?.systems.map(({ id }) => id)).toEqual(['boxes']);
  });
});
