import type { OsFamily } from '../fleet/model';
import type { ServerStatus } from './events';
import { waitsArmed, type ServerState } from './state';

/** What cancelling means for a server, by what is being done to it. Said before it is done. */
const cancelMeans = {
  waits: 'waiting: not begun, and stays as it is',
  armed: 'armed: is disarmed and stays as it is, unless it has begun by itself meanwhile',
  transfer: 'downloading: the transfer stops and keeps what has arrived; nothing that runs there changes',
  before:
    'before its installer or restart: what was begun is taken back, and the version that runs there stays; if it is past that by then, it ends by itself',
  behind: 'at its installer or restart, or past it: it cannot be stopped any more, and ends by itself',
} as const;
type Phase = keyof typeof cancelMeans;

const phases: Partial<Record<ServerStatus, Phase>> = {
  queued: 'waits',
  downloading: 'transfer',
  installing: 'before',
  'rolling-back': 'before',
  restarting: 'behind',
  verifying: 'behind',
  failed: 'waits',
};

/** Steps with which a job is past being stopped while its status does not tell yet (`job.sh`, `job.bat`). */
const lateSteps: Record<OsFamily, readonly string[]> = {
  linux: ['stop', 'restore'],
  windows: ['run', 'restore'],
};

function phaseOf(state: ServerState): Phase | undefined {
  if (waitsArmed(state)) return 'armed';
  const phase = phases[state.status];
  const late = state.facts !== null && lateSteps[state.facts.os.family].includes(state.step ?? '');
  return phase === 'before' && late ? 'behind' : phase;
}

const order: readonly Phase[] = ['behind', 'before', 'transfer', 'armed', 'waits'];

/** What cancelling a rollout means in general, for whoever does not see its servers. */
export const cancelMeaning =
  'Transfers stop and keep what has arrived. An installation that is not yet at its installer or restart is undone; one that is past that ends by itself. An armed one is disarmed. Nothing else is begun.';

/** What cancelling a rollout means for each of its servers now, one sentence a phase, the most serious first. */
export function whatCancelMeans(states: Iterable<ServerState>, rollout: string): string[] {
  const inPhase = new Map<Phase, string[]>();
  for (const state of states) {
    const { id, rollout: own } = state;
    const phase = phaseOf(state);
    if (own !== rollout || phase === undefined) continue;
    inPhase.set(phase, [...(inPhase.get(phase) ?? []), id]);
  }
  const said = order.flatMap((phase) => {
    const ids = inPhase.get(phase);
    return ids === undefined ? [] : [`${listed(ids)}: ${cancelMeans[phase]}.`];
  });
  return said.length > 0 ? said : [cancelMeaning];
}

export const pauseMeaning =
  'Nothing new begins. A server that is being worked on goes on to the end of the version that it is at; the next version, and the next server, wait until the rollout is let go on. A server that is armed begins at its time all the same.';

export const skipMeaning = 'A server that has not begun is left out, and stays as it is.';

const listed = (ids: readonly string[]): string =>
  ids.length > 5 ? `${ids.slice(0, 5).join(', ')} and ${ids.length - 5} more` : ids.join(', ');
