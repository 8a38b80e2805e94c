import type { ErrorInfo } from '../errors';
import { servers, type Fleet, type ProductId } from '../fleet/model';
import type { Reason } from '../plan/plan';
import type { Facts, LoadedFact } from '../targets/facts';
import type { Assessment, EventOf, FleetEvent, ServerStatus } from './events';

/** One server as faces show it: the contract of `status --json`, and what progress adds to it. */
export interface ServerState {
  id: string;
  system: string;
  product: ProductId;
  app: string | null;
  os: string | null;
  arch: string | null;
  status: ServerStatus;
  version: string | null;
  loaded: LoadedFact[];
  /** Versions that rollback can go down to, newest first. */
  rollback: string[];
  reasons: Reason[];
  error: ErrorInfo | null;
  /** ISO time since when `status` holds. */
  since: string;
  /** The step in work and a word on it. */
  step: string | null;
  detail: string | null;
  progress: { step: string; done: number; total: number } | null;
  /** The rollout that works on it now. */
  rollout: string | null;
  /** True while it is being asked. */
  checking: boolean;
  facts: Facts | null;
  assessment: Assessment | null;
}

/** What was laid down on it waits there for its time. */
export const waitsArmed = ({ status, step }: Pick<ServerState, 'status' | 'step'>): boolean =>
  status === 'queued' && step === 'wait';

export function initialState(fleet: Fleet, at: string): Map<string, ServerState> {
  return new Map(
    servers(fleet).map((server) => [
      server.id,
      {
        id: server.id,
        system: server.system,
        product: server.product,
        app: server.app ?? null,
        os: null,
        arch: null,
        status: 'unknown' as const,
        version: null,
        loaded: [],
        rollback: [],
        reasons: [],
        error: null,
        since: at,
        step: null,
        detail: null,
        progress: null,
        rollout: null,
        checking: false,
        facts: null,
        assessment: null,
      },
    ]),
  );
}

/** The fold: the state of one server after one event. Returns the same object where nothing changed. */
export function applyEvent(state: ServerState, event: FleetEvent): ServerState {
  if (!('server' in event) || event.server !== state.id) return state;
  switch (event.type) {
    case 'checking':
      return { ...state, checking: event.stopped !== true };
    case 'facts':
      return withFacts(state, event.facts, event.assessment, event.at);
    case 'unreachable':
      // While a rollout waits for a restart, being away is what it expects.
      if (state.rollout !== null) return { ...state, checking: false };
      return {
        ...move(state, 'unreachable', event.at),
        checking: false,
        error: event.error,
        detail: event.error.message,
      };
    case 'status':
      return {
        ...move(state, event.status, event.at),
        rollout: event.rollout ?? state.rollout,
        step: event.step,
        detail: event.detail,
        progress: null,
        error: null,
      };
    case 'progress':
      return { ...state, progress: { step: event.step, done: event.done, total: event.total } };
    case 'log':
      return state;
    case 'server-failing':
      return {
        ...move(state, 'failed', event.at),
        rollout: event.rollout ?? state.rollout,
        step: event.error.step ?? null,
        detail: 'being rolled back',
        progress: null,
        error: event.error,
      };
    case 'server-finished':
      return settle(state, event);
  }
}

function withFacts(state: ServerState, facts: Facts, assessment: Assessment, at: string): ServerState {
  const known: ServerState = {
    ...state,
    checking: false,
    facts,
    assessment,
    os: facts.os.name,
    arch: facts.arch,
    app: state.app ?? facts.installed?.app ?? null,
    version: facts.installed?.version ?? null,
    loaded: facts.loaded,
    rollback: facts.history.slice(0, -1).reverse(),
    reasons: assessment.reasons,
  };
  // What a rollout does is said by the rollout; facts that it reads on its way change no status.
  if (state.rollout !== null) return known;
  return {
    ...move(known, assessment.status, at),
    step: facts.job?.step ?? null,
    detail: assessment.detail,
    error: assessment.error,
    progress: null,
  };
}

function settle(state: ServerState, end: EventOf<'server-finished'>): ServerState {
  // A rollout that left the server out says nothing of the one that works on it, nor of how it stands.
  if (state.rollout !== null && end.rollout !== undefined && end.rollout !== state.rollout) return state;
  if (state.rollout === null && end.status === 'unknown' && end.error === null) return state;
  // Where nothing was done, the server is what it was, or what its facts say.
  const before = state.rollout === null ? state.status : (state.assessment?.status ?? 'unknown');
  return {
    ...move(state, end.status === 'unknown' ? before : end.status, end.at),
    rollout: null,
    progress: null,
    error: end.error,
    step: end.error?.step ?? null,
    detail: end.error?.message ?? end.reason ?? null,
  };
}

/** Nobody works on it any more: how it stands, its facts say. */
export function letGo(state: ServerState, at: string): ServerState {
  return {
    ...move(state, state.assessment?.status ?? 'unknown', at),
    ...{ rollout: null, step: null, detail: null, progress: null, error: null },
  };
}

function move(state: ServerState, status: ServerStatus, at: string): ServerState {
  return status === state.status ? state : { ...state, status, since: at };
}
