import { FleetError } from '../errors';
import type { Server } from '../fleet/model';
import { compareVersions } from '../packages/versions';
import type { PlanServer } from '../plan/plan';
import type { Facts, JobFact } from '../targets/facts';

/** Its last install by this rollout has brought what was planned, and proven it there. */
export function hasBrought(planned: PlanServer, { installed }: Facts, mine: JobFact | null): boolean {
  return (
    mine?.action === 'install' &&
    mine.state === 'done' &&
    mine.to !== null &&
    mine.to === planned.to &&
    installed !== null &&
    compareVersions(installed.version, mine.to) === 0
  );
}

/**
 * Hops of a planned path that the server shows as gone already: of an install by what is left of its way, of a rollback by how many
 * entries its history still has. Versions do not tell: one that came twice, with other modules, stands there twice.
 * @param whole the way of an install as it would be planned now; null for a rollback
 * @throws FleetError `plan.changed` where more is left than was planned
 */
export function hopsDone(
  server: Server,
  planned: PlanServer,
  { history }: Facts,
  whole: PlanServer | null,
): number {
  const { path, entriesLeft = history.length - path.length } = planned;
  const left = whole === null ? history.length - entriesLeft : whole.path.length;
  if (left > path.length)
    throw anotherWay(server, planned, whole?.path ?? history.slice(entriesLeft - 1, -1).reverse());
  return path.length - Math.max(0, left);
}

/** Somebody has changed the server meanwhile: what was planned for it may pass over what its rules ask for now. */
export function anotherWay(server: Server, planned: PlanServer, way: readonly string[]): FleetError {
  return new FleetError(
    'plan.changed',
    `${server.id} was to go by ${planned.path.join(', ')}, and now its way is ${way.join(', ') || 'none'}.`,
    { server: server.id, hint: 'Somebody else has changed it meanwhile: plan again.' },
  );
}

/** What a plan made from the facts as they are now says against it. */
export function blockedNow(server: Server, plan: PlanServer): FleetError {
  const reasons = plan.reasons.filter((reason) => reason.severity === 'block');
  return new FleetError('plan.blocked', reasons.map(({ rule, message }) => `${rule}: ${message}`).join(' '), {
    server: server.id,
    hint: 'The facts have changed since the plan was made. Mend the cause, then run the action again.',
  });
}
