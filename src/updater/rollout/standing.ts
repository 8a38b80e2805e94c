import { FleetError } from '../errors';
import type { Server } from '../fleet/model';
import type { PlanServer } from '../plan/plan';
import type { RolloutContext } from './rollout';
import type { WorkResult } from './work';

/**
 * How a server is worked on. `change`: it goes down on the way, so every limit holds. `ahead`: what may be done before its
 * maintenance window opens. `load`: it only takes files.
 */
export type Lane = 'change' | 'ahead' | 'load';

/** Where one server stands in a rollout while its part has not ended. */
export interface Standing {
  readonly server: Server;
  readonly planned: PlanServer;
  /** More than a download ahead has been done. */
  begun: boolean;
  /** Null while it waits. */
  lane: Lane | null;
  /** Versions on the way that are still to come. */
  hops: number;
  /** Something may be done before its window opens, and was not yet. */
  ahead: boolean;
  /** It was at work when the rollout was interrupted: what was left there is seen to its end at once, whatever the hour. */
  inWork: boolean;
  /** Jobs that this rollout has laid there so far. */
  readonly jobs: { laid: number };
  /** It failed so, and what its update brought is to be taken back. */
  readonly undo: WorkResult | null;
  /** What went wrong on it may be long past: nobody watched it then. */
  unseen: boolean;
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

/** How a server enters the line; with `undo`, to have its failed update taken back. */
export function standingOf(
  server: Server,
  planned: PlanServer,
  { plan, resumed, before }: Pick<RolloutContext, 'plan' | 'resumed' | 'before'>,
  undo: WorkResult | null = null,
): Standing {
  const failed = before?.failing.get(server.id);
  const unfinished: WorkResult | null =
    failed === undefined
      ? null
      : {
          outcome: 'failed',
          status: 'failed',
          error: new FleetError(failed.code, failed.message, {
            server: server.id,
            ...(failed.hint !== null && { hint: failed.hint }),
            ...(failed.step !== undefined && { step: failed.step }),
          }),
        };
  const takenBack = undo ?? unfinished;
  // Where there is no journal, the servers themselves said that they are.
  const inWork = undo === null && resumed && (before === undefined || before.atWork.has(server.id));
  return {
    server,
    planned,
    begun: false,
    lane: null,
    hops: planned.path.length,
    ahead: plan.action === 'install' && !inWork && takenBack === null,
    inWork,
    jobs: { laid: before?.jobs?.get(server.id) ?? 0 },
    undo: takenBack,
    unseen:
      inWork ||
      unfinished !== null ||
      (before?.done.some(({ planned: { id } }) => id === server.id) ?? false),
    told: undefined,
  };
}
