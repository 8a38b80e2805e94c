import { beforeEach, describe, expect, it, vi } from 'vitest';
import { InterruptedRollouts } from '../../../src/commands/interrupted';
import type { RolloutSummary } from '../../../src/updater/updater';
import type { Faces } from '../../../src/vscode/faces';
import type { FleetSession } from '../../../src/vscode/session';
import { window } from '../vscode/stub';

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
  beforeEach(() => void window.showWarningMessage.mockClear());

  it('are told of again when their fleet file was closed and is back', async () => {
    const interrupted = new InterruptedRollouts({} as Faces);
    await interrupted.look(opened());
    await interrupted.look(opened());
    expect(window.showWarningMessage).toHaveBeenCalledTimes(2);
  });
});
