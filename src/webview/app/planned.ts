import type { Action, Plan } from '../../updater/plan/plan';
import type { RolloutView } from '../rollout-view';

/** What an action would do, as far as that is known. */
export type Planned =
  | { state: 'asking'; action: Action; servers: string[] }
  | { state: 'made'; action: Action; servers: string[]; plan: Plan }
  | { state: 'failed'; action: Action; servers: string[]; message: string };

/** The rollout does what was planned, on one of its servers at least. */
export function carriesOut(rollout: RolloutView | undefined, planned: Planned | undefined): boolean {
  if (rollout === undefined || planned?.action !== rollout.action) return false;
  return rollout.servers.some(({ id }) => planned.servers.includes(id));
}
