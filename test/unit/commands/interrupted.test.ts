import { beforeEach, describe, expect, it, vi } from 'vitest';
import { InterruptedRollouts } from '../../../src/commands/interrupted';
import type { RolloutSummary } from '../../../src/updater/updater';
import type { Faces } from '../../../src/vscode/faces';
import type { FleetSession } from '../../../src/vscode/session';
import { window } from '../vscode/stub';
import { first, rollout, second, sessionWith } from './fixtures';

vi.mock('vscode', () => import('../vscode/stub'));

/** Too old to be gone on with unasked. */
const left: RolloutSummary = {
  ...{ id: 'r', action: 'install', fleet: '/a', by: 'me@here', state: 'interrupted', finishedAt: null },
  ...{ startedAt: '2020-01-01T00:00:00Z', lastAt: '2020-01-01T00:00:00Z' },
  servers: [{ id: 's', outcome: null }],
};
const opened = (): FleetSession =>
  ({
    fleet: { file: '/a', name: 'A' },
    updater: () => Promise.resolve({ rollouts: () => Promise.resolve([left]) }),
  }) as unknown as FleetSession;

describe('rollouts that were left behind', () => {
  beforeEach(() => void vi.clearAllMocks());

  it('are gone on with for the servers that they had left, and these alone are counted', async () => {
    const servers = [first.id, second.id].map((id, n) => ({ id, outcome: n === 0 ? 'done' : null }));
    const lastAt = new Date().toISOString();
    const rollouts = [rollout('r', { state: 'interrupted', lastAt, servers })];
    const { session, updater, tell } = sessionWith(rollouts);
    updater.resume.mockImplementation((id) => {
      for (const { id: server } of servers.slice(1))
        tell({
          ...{ n: 0, at: lastAt, rollout: id, type: 'server-finished', server },
          ...{ outcome: 'done', status: 'installed', error: null },
        });
      return Promise.resolve({ id, outcome: 'done', failures: [], letGo: false });
    });
    await new InterruptedRollouts({} as Faces).look(session);
    await vi.waitFor(() => expect(window.showInformationMessage).toHaveBeenCalled());
    expect(JSON.stringify(window.showInformationMessage.mock.calls)).toContain(
      'Install: 1 server installed. It had been interrupted, and went on by itself.',
    );
  });

  it('are told of again when their fleet file was closed and is back', async () => {
    const interrupted = new InterruptedRollouts({} as Faces);
    await interrupted.look(opened());
    await interrupted.look(opened());
    expect(window.showWarningMessage).toHaveBeenCalledTimes(2);
  });
});
