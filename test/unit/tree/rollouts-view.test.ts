import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RolloutNode } from '../../../src/tree/rollout-nodes';
import { RolloutsView } from '../../../src/tree/rollouts-view';
import type { RolloutSummary, Updater } from '../../../src/updater/updater';
import type { FleetFiles } from '../../../src/vscode/fleet-files';
import type { FleetSession } from '../../../src/vscode/session';

vi.mock('vscode', () => import('../vscode/stub'));

function sessionOf(state: RolloutSummary['state']): FleetSession {
  const rollout: RolloutSummary = {
    ...{ id: 'r', action: 'install', fleet: '/a', by: 'me@here', state },
    ...{ startedAt: '2026-01-01T00:00:00Z', finishedAt: null, servers: [{ id: 's', outcome: null }] },
  };
  const updater: Pick<Updater, 'rollouts'> = { rollouts: () => Promise.resolve([rollout]) };
  const session = {
    ...{ uri: { toString: () => 'file:///a' }, fleet: { file: '/a', name: 'A', systems: [] } },
    ...{ servers: [], states: new Map(), updater: () => Promise.resolve(updater) },
  };
  return session as unknown as FleetSession;
}

describe('the view of the rollouts', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('shows a fleet file that was gone and is back by its new session alone', async () => {
    const files = { sessions: [sessionOf('running')], settled: () => Promise.resolve() };
    const view = new RolloutsView(files as unknown as FleetFiles, (error) => {
      throw error;
    });
    const show = async (sessions: FleetSession[]) => {
      files.sessions = sessions;
      view.filesChanged();
      await vi.advanceTimersByTimeAsync(2_000);
      return view.getChildren();
    };
    const [before] = await show(files.sessions);
    expect(await show(files.sessions)).toEqual([before]);
    expect(await show([])).toEqual([]);
    const back = sessionOf('done');
    const [node] = await show([back]);
    expect(node).toBeInstanceOf(RolloutNode);
    expect(node?.session).toBe(back);
    expect((node as RolloutNode).summary?.state).toBe('done');
    view.dispose();
  });
});
