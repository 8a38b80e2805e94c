import { FleetError } from '../errors';
import { servers, type Fleet } from '../fleet/model';
import type { Plan } from '../plan/plan';
import type { Answered } from '../plan/planner';
import { isOfRollout, isUnended } from '../targets/facts';
import type { FleetEvent } from './events';
import { beforeOf } from './before';
import { settled } from './left-behind';
import { lastOf, outcomesOf } from './summary';

/**
 * The plan of a rollout, less the servers that are done; of the others those of `only`, if given. What each still needs is seen
 * from its facts. No server is left where it was interrupted while all were being watched.
 * @throws FleetError `usage` where all are done
 */
export function remainingPlan(events: readonly FleetEvent[], only?: readonly string[]): Plan {
  const started = lastOf(events, 'rollout-started');
  if (started === undefined)
    throw new FleetError('rollout.unknown', 'The journal of this rollout has no beginning.');
  // A resumed rollout's plan is a part of the first one's.
  const first = events.find((event) => event.type === 'rollout-started');
  const plan = first?.type === 'rollout-started' ? first.plan : started.plan;
  const { failing } = beforeOf(events);
  const outcomes = outcomesOf(events);
  const left = plan.servers.filter(
    ({ id }) =>
      (only?.includes(id) ?? true) && (failing.has(id) || !settled.includes(outcomes.get(id) ?? null)),
  );
  const isOver =
    events.findLastIndex(({ type }) => type === 'rollout-finished') > events.lastIndexOf(started);
  if (left.length === 0 && (isOver || only !== undefined))
    throw new FleetError(
      'usage',
      only === undefined
        ? 'Every server of this rollout is done; there is nothing to go on with.'
        : 'There is nothing to go on with on these servers.',
      {
        hint: '`vms-fleet status` shows where each stands.',
      },
    );
  return { ...plan, servers: left };
}

/**
 * A plan from what servers say of a rollout's jobs: for one that a colleague began, or whose journal is lost.
 * @throws FleetError `rollout.unknown` where no server knows it
 */
export function adoptedPlan(fleet: Fleet, id: string, answered: ReadonlyMap<string, Answered>): Plan {
  const found = servers(fleet).flatMap((server) => {
    const answer = answered.get(server.id);
    const job = answer && 'facts' in answer ? answer.facts.job : null;
    const from = answer && 'facts' in answer ? (answer.facts.installed?.version ?? null) : null;
    return job && isOfRollout(job, id) && isUnended(job) ? [{ server, job, from }] : [];
  });
  const [first] = found;
  if (first === undefined)
    throw new FleetError(
      'rollout.unknown',
      `Neither this machine nor a server knows an unfinished rollout ${id}.`,
      {
        hint: '`vms-fleet rollouts` lists those of this machine.',
      },
    );
  return {
    schema: 1,
    action: first.job.action,
    to: null,
    servers: found.map(({ server, job, from }) => ({
      id: server.id,
      system: server.system,
      verdict: 'ready',
      from,
      to: job.to,
      path: [],
      reasons: [],
      wave: 0,
      steps: [],
    })),
    parallel: Object.fromEntries(fleet.systems.map((system) => [system.id, system.servers.length])),
  };
}
