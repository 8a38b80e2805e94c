import type { Server } from '../fleet/model';
import type { PlanServer } from '../plan/plan';

/**
 * How a server is worked on. `change`: it goes down on the way, so every limit holds. `ahead`: what may be done before its
 * maintenance window opens. `load`: it only takes files.
 */
export type Lane = 'change' | 'ahead' | 'load';

/** Where one server stands in a rollout while its part has not ended. */
export interface Standing {
  readonly server: Server;
  readonly planned: PlanServer;
  /** Null while it waits. */
  lane: Lane | null;
  /** Versions on the way that are still to come. */
  hops: number;
  /** Something may be done before its window opens, and was not yet. */
  ahead: boolean;
  /** Its window does not hold it: a job that an interrupted rollout left there is seen to its end whatever the hour. */
  whateverTheHour: boolean;
  /** What it was told last that it waits for; undefined while it need not be told. */
  told: string | undefined;
}

/** What a waiting server waits for. */
export interface Hold {
  /** Equal while it waits for the same thing, so that it is told once. */
  key: string;
  /** What people read: "behind s-0; 1 at a time". */
  say(): string;
}

/** "s-0, s-1", or how many where they are more than three. */
export const names = (list: readonly Standing[]): string =>
  list.length > 3 ? `${list.length} servers` : list.map(({ server }) => server.id).join(', ');
