import { describe, expect, it } from 'vitest';
import { ending } from '../../../src/commands/ending';
import { rolloutProgress } from '../../../src/commands/rollout-progress';
import { starterFleet } from '../../../src/commands/starter-fleet';
import { FleetError } from '../../../src/updater/errors';
import { parseFleet } from '../../../src/updater/fleet/read';
import type { FleetEvent, Outcome } from '../../../src/updater/rollout/events';
import type { Plan } from '../../../src/updater/plan/plan';

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
    const end = (done: number, all: number) => ending('install', { all, done }, result, undefined);
    expect(end(3, 5)).toBe('Install: 3 of 5 servers installed, 2 left out.');
    expect(end(2, 2)).toBe('Install: 2 servers installed.');
    expect(end(1, 1)).toBe('Install: 1 server installed.');
    expect(end(0, 1)).toBe('Install: the server was left out.');
  });

  it('counts as done what ended well, and not what dropped out later', () => {
    const progress = rolloutProgress(['a', 'b', 'c'], 'r');
    const end = (server: string, outcome: Outcome, rollout = 'r') =>
      progress.event({
        ...{ n: 0, at: '2026-11-21T08:00:00Z', type: 'server-finished', status: 'installed', error: null },
        ...{ server, outcome, rollout },
      });
    end('a', 'done');
    end('b', 'skipped');
    end('c', 'done');
    end('b', 'done', 'another');
    expect(progress.done()).toBe(2);
    end('c', 'failed');
    expect(progress.done()).toBe(1);
  });
});

describe('the starter fleet file', () => {
  it('is a fleet file without a problem', () => {
    const { fleet, problems } = parseFleet(starterFleet, '/tmp/fleet.jsonc');
    expect(problems).toEqual([]);
    expect(fleet?.systems.map(({ id }) => id)).toEqual(['boxes']);
  });
});
