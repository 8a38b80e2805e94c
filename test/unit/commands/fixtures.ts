import type { FleetEvent } from '../../../src/updater/rollout/events';
import { vi } from 'vitest';
import { servers, type Server } from '../../../src/updater/fleet/model';
import type { ServerState } from '../../../src/updater/rollout/state';
import type { RolloutSummary } from '../../../src/updater/updater';
import type { Faces } from '../../../src/vscode/faces';
import { FleetSession } from '../../../src/vscode/session';
import type { JobFact } from '../../../src/updater/targets/facts';
import { fleet, state } from '../tree/fixtures';
import { factsOf } from '../samples';

export const [first, second] = servers(fleet) as [Server, Server];
export const faces = {
  files: { current: () => Promise.resolve(), sessions: [], faulty: [] },
} as unknown as Faces;

export function rollout(id: string, over: Partial<RolloutSummary> = {}): RolloutSummary {
  return {
    ...{ id, action: 'install', fleet: fleet.file, by: 'me@here', finishedAt: null, state: 'failed' },
    startedAt: '2026-01-01T00:00:00Z',
    servers: [first, second].map((server) => ({ id: server.id, outcome: 'failed' })),
    ...over,
  };
}

/** A server that a job of a rollout lies on; nobody here works on it. */
export function withJob(server: Server, id: string, over: Partial<JobFact> = {}): ServerState {
  const job: JobFact = {
    ...{ id, action: 'install', to: '1.4.2', state: 'interrupted', by: 'sam@desk', since: 1_767_225_600 },
    ...{ step: 'swap', message: null },
    ...over,
  };
  const status = job.state === 'interrupted' ? 'stalled' : 'installing';
  return state({ id: server.id, status, step: job.step, facts: factsOf({ job }) });
}

/** A fleet that is open, and whose updater knows these rollouts. */
export function sessionWith(rollouts: readonly RolloutSummary[], states: readonly ServerState[] = []) {
  const end = { outcome: 'done', failures: [], letGo: false };
  const listeners = new Set<(event: FleetEvent) => void>();
  const tell = (event: FleetEvent): void => listeners.forEach((listener) => listener(event));
  const updater = {
    rollouts: () => Promise.resolve(rollouts),
    resume: vi.fn((id: string, _options: { servers?: readonly string[] }) => Promise.resolve({ id, ...end })),
    cancel: vi.fn((_id: string) => Promise.resolve()),
  };
  const session = Object.create(FleetSession.prototype, {
    fleet: { value: fleet },
    servers: { value: servers(fleet) },
    states: { value: new Map(states.map((one) => [one.id, one])) },
    updater: { value: () => Promise.resolve(updater) },
    onEvent: {
      value: (listener: (event: FleetEvent) => void) => {
        listeners.add(listener);
        return { dispose: () => listeners.delete(listener) };
      },
    },
  }) as FleetSession;
  return { session, updater, tell };
}
