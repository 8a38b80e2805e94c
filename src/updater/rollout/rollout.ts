import type { ErrorInfo, FleetError } from '../errors';
import type { Fleet } from '../fleet/model';
import type { Library } from '../packages/library';
import type { Plan, PlanServer } from '../plan/plan';
import type { Links } from '../targets/link';
import type { Sleep } from './alarm';
import type { Control } from './control';
import { Engine } from './engine';
import type { FleetEvent, Outcome } from './events';
import type { Journal } from './journal';
import { look, type Looking, type Seen } from './look';
import { rollBack } from './roll-back';
import type { Supplies } from './supply';
import { Work, type Waits, type WorkContext, type WorkResult } from './work';

export interface RolloutContext {
  id: string;
  fleet: Fleet;
  plan: Plan;
  by: string;
  resumed: boolean;
  links: Links;
  library: Library;
  supplies: Supplies;
  journal: Journal;
  emit(event: FleetEvent): void;
  now(): Date;
  /** How time is let pass; may end early, and does not reject. */
  sleep?: Sleep;
  cancel: AbortSignal;
  detach: AbortSignal;
  /** What people ask of it meanwhile. */
  control?: Control;
  /** What an interrupted rollout had come to. */
  before?: Before;
}

/** What is known of a rollout from before it was interrupted. */
export interface Before {
  /** Servers whose part ended well, and when (ms since 1970). */
  done: { planned: PlanServer; at: number }[];
  /** How each server's part has ended; null where it has not, or what was begun there may go on. */
  ends?: ReadonlyMap<string, Outcome | null>;
  /** Servers whose role goes first, and whose part has not ended well. */
  leaders?: PlanServer[];
  /** Ids of servers that were being worked on. */
  atWork: ReadonlySet<string>;
  /** By server, the jobs that were laid there. */
  jobs?: ReadonlyMap<string, number>;
  /** Servers whose update had failed, and that were to be taken back. */
  failing: ReadonlyMap<string, ErrorInfo>;
}

export interface Ended {
  outcome: 'done' | 'failed' | 'cancelled';
  failures: { server: string; error: FleetError }[];
  /** It was let go of and has not ended: what runs on servers goes on there, and whoever resumes it goes on with the rest. */
  letGo: boolean;
}

/** Who does what the engine decides; a test puts its own in. */
export interface Crew {
  work(own: WorkContext): Promise<WorkResult | Waits>;
  /** Rejects only when its signal aborts. */
  look(looking: Looking): Promise<Seen>;
  /** Takes back what a failed update has brought. `unseen`: it may have failed long ago, while nobody watched. */
  rollBack(own: WorkContext, failed: WorkResult, unseen: boolean): Promise<WorkResult>;
}

const crew: Crew = { work: (own) => new Work(own).run(), look, rollBack };

/**
 * Carries out a plan: system by system side by side, wave after wave, never more servers at a time than the limits say.
 * @throws FleetError `journal.failed` where its journal cannot be written: jobs on servers go on, and it can be resumed
 */
export function carryOut(context: RolloutContext, given: Partial<Crew> = {}): Promise<Ended> {
  return new Engine(context, { ...crew, ...given }).run();
}
