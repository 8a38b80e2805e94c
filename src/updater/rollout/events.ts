import type { ErrorInfo } from '../errors';
import type { ProductId } from '../fleet/model';
import type { Action, Plan, Reason } from '../plan/plan';
import type { Facts } from '../targets/facts';

export const serverStatuses = [
  'unknown',
  'unreachable',
  'unsupported',
  'not-downloaded',
  'queued',
  'downloading',
  'loaded',
  'installing',
  'restarting',
  'verifying',
  'installed',
  'rolling-back',
  'failed',
  'rollback-failed',
  'stalled',
] as const;
/** Every state a server can be in (DESIGN.md section 5). */
export type ServerStatus = (typeof serverStatuses)[number];

/** What facts mean for a server that nobody is acting on. */
export interface Assessment {
  status: ServerStatus;
  detail: string | null;
  error: ErrorInfo | null;
  /** What stands in the way of installing what the fleet file wants, and what to know about it. */
  reasons: Reason[];
  /** The version that it shall go to; null: none is wanted. Journals of earlier versions do not say. */
  to?: string | null;
}

/** How one server's part of a rollout ended. */
export type Outcome = 'done' | 'failed' | 'skipped' | 'blocked' | 'cancelled' | 'not-started';

/**
 * Whatever happens to a server. Journal, tree, log, status bar and report are folds over these and nothing else.
 * `at` is ISO 8601 in UTC by the workstation's clock; `rollout` is absent when nobody is acting (a status refresh).
 */
export type FleetEvent = { at: string; rollout?: string } & (
  | {
      type: 'rollout-started';
      action: Action;
      fleet: string;
      by: string;
      plan: Plan;
      resumed: boolean;
      /** System id → its product. Journals of earlier versions do not say. */
      products?: Record<string, ProductId>;
    }
  /** It is being asked; `stopped`: not any more, whoever wanted to know has gone, and it is what it was. */
  | { type: 'checking'; server: string; stopped?: true }
  | { type: 'facts'; server: string; facts: Facts; assessment: Assessment }
  | { type: 'unreachable'; server: string; error: ErrorInfo }
  | { type: 'status'; server: string; status: ServerStatus; step: string | null; detail: string | null }
  | { type: 'progress'; server: string; step: string; done: number; total: number }
  | { type: 'log'; server: string; step: string | null; level: 'info' | 'warn' | 'error'; message: string }
  | {
      type: 'server-finished';
      server: string;
      outcome: Outcome;
      status: ServerStatus;
      error: ErrorInfo | null;
      /** Why a person had it left out. */
      reason?: string;
    }
  /** Its update failed, and it is being taken back; how that ends is told when the server has finished. */
  | { type: 'server-failing'; server: string; error: ErrorInfo }
  /** What people asked of it meanwhile. Paused, nothing new begins and what runs goes on. */
  | { type: 'rollout-asked'; ask: 'pause' | 'continue' | 'cancel'; by: string }
  | { type: 'rollout-finished'; outcome: 'done' | 'failed' | 'cancelled'; counts: Record<Outcome, number> }
  /** The process that worked on it is gone: jobs on servers go on there, and it can be resumed. In no journal. */
  | { type: 'rollout-left' }
);

type WithoutStamp<E> = E extends unknown ? Omit<E, 'at' | 'rollout'> : never;
/** An event as its maker knows it, before it is stamped with time and rollout. */
export type NewEvent = WithoutStamp<FleetEvent>;
export type EventType = FleetEvent['type'];
export type EventOf<T extends EventType> = Extract<FleetEvent, { type: T }>;

export interface Subscription {
  dispose(): void;
}

/** The one stream. A listener that throws is a bug of that listener: it is reported and the others still hear the event. */
export class EventStream {
  private readonly listeners = new Set<(event: FleetEvent) => void>();

  constructor(private readonly onListenerError: (error: unknown) => void) {}

  on(listener: (event: FleetEvent) => void): Subscription {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  emit(event: FleetEvent): void {
    for (const listener of [...this.listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.onListenerError(error);
      }
    }
  }
}
