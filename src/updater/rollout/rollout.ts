import type { FleetError } from '../errors';
import type { Fleet } from '../fleet/model';
import type { Library } from '../packages/library';
import type { Plan } from '../plan/plan';
import type { Links } from '../targets/link';
import type { Sleep } from './alarm';
import { Engine } from './engine';
import type { FleetEvent } from './events';
import type { Journal } from './journal';
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
}

export interface Ended {
  outcome: 'done' | 'failed' | 'cancelled';
  failures: { server: string; error: FleetError }[];
}

/** Who does what the engine decides; a test puts its own in. */
export interface Crew {
  work(own: WorkContext): Promise<WorkResult | Waits>;
}

const crew: Crew = { work: (own) => new Work(own).run() };

/**
 * Carries out a plan: system by system side by side, wave after wave, never more servers at a time than the limits say.
 * @throws FleetError `journal.failed` where its journal cannot be written: jobs on servers go on, and it can be resumed
 */
export function carryOut(context: RolloutContext, given: Partial<Crew> = {}): Promise<Ended> {
  return new Engine(context, { ...crew, ...given }).run();
}
