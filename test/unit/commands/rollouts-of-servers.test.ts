import { beforeEach, describe, expect, it, vi } from 'vitest';
import { cancel } from '../../../src/commands/halt';
import { rolloutsOnServers } from '../../../src/commands/on-servers';
import { resume } from '../../../src/commands/resume';
import { fleet, state } from '../tree/fixtures';
import { window } from '../vscode/stub';
import { faces, first, rollout, second, sessionWith, withJob } from './fixtures';

vi.mock('vscode', () => import('../vscode/stub'));

/** The person takes the first of whatever is offered, and agrees. */
beforeEach(() => {
  vi.clearAllMocks();
  window.showQuickPick.mockImplementation((items) => Promise.resolve((items as unknown[])[0]));
  window.showWarningMessage.mockImplementation((...said: unknown[]) => Promise.resolve(said.at(-1)));
});
const detail = () => {
  const [said] = window.showWarningMessage.mock.calls as unknown as [string, { detail: string }][];
  return said?.[1].detail.split('\n')[0];
};
const id = '20260101T000000-abcdef';

describe('resuming', () => {
  it('goes on with the selected servers alone, and names only these', async () => {
    const { session, updater } = sessionWith([rollout(id)]);
    await resume(faces, [{ session, servers: [second] }]);
    expect(detail()).toBe(second.id);
    expect(updater.resume.mock.calls[0]?.[1].servers).toEqual([second.id]);
  });

  it('goes on with all that is left of a rollout that was chosen as such, or where all are selected', async () => {
    const { session, updater } = sessionWith([rollout(id)]);
    await resume(faces, [{ session, servers: [second], rollout: id }]);
    await resume(faces, [{ session, servers: [first, second] }]);
    await resume(faces, [{ session, servers: [] }]);
    expect(detail()).toBe(`${first.id}, ${second.id}`);
    expect(updater.resume.mock.calls.map(([, { servers }]) => servers)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('is offered for a job that stopped, and of whose rollout there is no journal here', async () => {
    const states = [withJob(first, `${id}-1`), withJob(second, `${id}-2`, { state: 'running' })];
    const { session, updater } = sessionWith([], states);
    await resume(faces, [{ session, servers: [first] }]);
    // Whatever was selected: the servers that know it are all gone on with.
    expect(detail()).toBe(`${first.id}, ${second.id}`);
    expect(updater.resume.mock.calls[0]?.[0]).toBe(id);
    expect(updater.resume.mock.calls[0]?.[1].servers).toBeUndefined();
  });

  it('is not offered for a job that a colleague works on', async () => {
    const { session, updater } = sessionWith([], [withJob(first, `${id}-1`, { state: 'running' })]);
    await resume(faces, [{ session, servers: [first] }]);
    expect(updater.resume).not.toHaveBeenCalled();
  });
});

describe('cancelling', () => {
  const startsAt = '2026-01-02T00:00:00Z';

  it('disarms what a colleague armed, and says so', async () => {
    const armed = withJob(first, `${id}-1`, { state: 'running', step: 'wait', startsAt });
    const { session, updater } = sessionWith([], [{ ...armed, status: 'queued' }]);
    await cancel(faces, [{ session, servers: [first] }]);
    expect(JSON.stringify(window.showWarningMessage.mock.calls)).toMatch(/by sam@desk.*is disarmed/);
    expect(updater.cancel).toHaveBeenCalledWith(id);
  });

  it('means the rollout of the selected servers, where several could be', async () => {
    const running = rollout('running', {
      state: 'running',
      servers: [{ id: second.id, outcome: null }],
    });
    const { session, updater } = sessionWith([running], [withJob(first, `${id}-1`)]);
    await cancel(faces, [{ session, servers: [first] }]);
    await cancel(faces, [{ session, servers: [second] }]);
    await cancel(faces, [{ session, servers: [], rollout: 'running' }]);
    expect(window.showQuickPick).not.toHaveBeenCalled();
    expect(updater.cancel.mock.calls).toEqual([[id], ['running'], ['running']]);
  });
});

describe('rollouts that servers tell of', () => {
  it('are those of jobs that have not ended, where nobody here works on the server', () => {
    const found = (...states: Parameters<typeof rolloutsOnServers>[1][]) =>
      states.flatMap((one) => rolloutsOnServers(fleet.file, one));
    const job = withJob(first, `${id}-1`);
    expect(found([job, withJob(second, `${id}-12`, { since: 1 })])).toMatchObject([
      {
        ...{ id, action: 'install', by: 'sam@desk', startedAt: '1970-01-01T00:00:01.000Z' },
        servers: [{ id: first.id }, { id: second.id }],
      },
    ]);
    expect(found([{ ...job, rollout: id }], [withJob(first, `${id}-1`, { state: 'done' })])).toEqual([]);
    expect(found([withJob(first, 'by-hand')], [state()])).toEqual([]);
  });
});
