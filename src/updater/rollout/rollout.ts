import { asFleetError, FleetError } from '../errors';
import { servers, type Fleet, type Server, type System } from '../fleet/model';
import type { Library } from '../packages/library';
import { willAct, type Plan, type PlanServer } from '../plan/plan';
import type { Links } from '../targets/link';
import type { FleetEvent, NewEvent, Outcome } from './events';
import type { Journal } from './journal';
import { beginAtOnce, Places } from './places';
import type { Supplies } from './supply';
import { Work, type WorkContext, type WorkResult } from './work';

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
  cancel: AbortSignal;
  detach: AbortSignal;
}

export interface Ended {
  outcome: 'done' | 'failed' | 'cancelled';
  failures: { server: string; error: FleetError }[];
}

/** Servers that only take files are served so many at a time, whatever the installs' limit is. */
const mostDownloads = 6;

/** Carries out a plan: system by system side by side, wave after wave, never more servers at a time than the plan says. */
export async function carryOut(
  context: RolloutContext,
  workOn: (own: WorkContext) => Promise<WorkResult> = (own) => new Work(own).run(),
): Promise<Ended> {
  const { fleet, plan, id } = context;
  const results = new Map<string, WorkResult>();
  const say = async (event: NewEvent): Promise<void> => {
    const stamped = { ...event, at: context.now().toISOString(), rollout: id } as FleetEvent;
    await context.journal.append(stamped, event.type !== 'log' && event.type !== 'facts');
    context.emit(stamped);
  };
  const finish = async (server: string, result: WorkResult): Promise<void> => {
    results.set(server, result);
    const { outcome, status, error } = result;
    await say({ type: 'server-finished', server, outcome, status, error: error?.toJSON() ?? null });
  };

  await say({
    type: 'rollout-started',
    action: plan.action,
    fleet: fleet.file,
    by: context.by,
    plan,
    resumed: context.resumed,
  });

  const work = async (server: Server, planned: PlanServer): Promise<void> => {
    const own = { ...context, rolloutId: id, server, planned, action: plan.action, to: plan.to, say };
    try {
      await finish(server.id, await workOn(own));
    } catch (thrown) {
      const error = asFleetError(thrown, { server: server.id });
      await finish(server.id, { outcome: 'failed', status: 'failed', error });
    }
  };

  const byId = new Map(servers(fleet).map((server) => [server.id, server]));
  const system = async (one: System): Promise<void> => {
    const own = plan.servers.filter((planned) => planned.system === one.id);
    const acting = own.filter(willAct);
    for (const planned of own.filter((each) => !acting.includes(each)))
      await finish(planned.id, {
        outcome: planned.verdict === 'blocked' ? 'blocked' : 'skipped',
        status: 'unknown',
        error: null,
      });
    const width = Math.max(1, plan.parallel[one.id] ?? 1);
    const limit = ({ parallel }: PlanServer): number =>
      plan.action === 'download' ? Math.max(width, mostDownloads) : (parallel ?? width);
    const places = new Places();
    const waves = [...new Set(acting.map((planned) => planned.wave))].sort((a, b) => a - b);
    const inWave = (wave: number): PlanServer[] => acting.filter((planned) => planned.wave === wave);
    // Whoever does not start at once is told behind what it waits, before anything starts.
    for (const [order, wave] of waves.entries())
      for (const [index, planned] of inWave(wave).entries()) {
        const detail = behind(waves.slice(0, order).flatMap(inWave), inWave(wave), index, limit);
        if (detail !== undefined)
          await say({ type: 'status', server: planned.id, status: 'queued', step: 'queue', detail });
      }
    for (const wave of waves) {
      await Promise.all(
        inWave(wave).map(async (planned) => {
          const server = byId.get(planned.id);
          if (server === undefined) return notStarted(planned, 'it is no longer in the fleet file');
          await places.take(limit(planned), async () => {
            const stop = stopReason(one, own);
            if (stop !== undefined) await notStarted(planned, stop);
            else await work(server, planned);
          });
        }),
      );
    }
  };
  const stopReason = (one: System, own: PlanServer[]): string | undefined => {
    if (context.cancel.aborted || context.detach.aborted)
      return 'the rollout was cancelled before it began here';
    const failed = own.filter(({ id: server }) => results.get(server)?.outcome === 'failed');
    return failed.length > one.maxFailures
      ? `halted: ${failed.map((each) => each.id).join(', ')} failed, and ${one.id} bears ${one.maxFailures}`
      : undefined;
  };
  const notStarted = async (planned: PlanServer, why: string): Promise<void> => {
    const cancelled = context.cancel.aborted;
    await finish(planned.id, {
      outcome: cancelled ? 'cancelled' : 'not-started',
      status: 'unknown',
      error: new FleetError(
        cancelled ? 'cancelled' : 'rollout.halted',
        `${planned.id} was not started: ${why}.`,
        {
          server: planned.id,
          hint: 'Resume the rollout to go on with the servers that are not done.',
        },
      ),
    });
  };

  const known = new Set(fleet.systems.map((one) => one.id));
  for (const planned of plan.servers.filter((each) => !known.has(each.system)))
    await notStarted(planned, `its system ${planned.system} is no longer in the fleet file`);
  const systems = fleet.systems.filter((one) => plan.servers.some((planned) => planned.system === one.id));
  await Promise.all(systems.map(system));

  const counts = count([...results.values()].map((result) => result.outcome));
  const outcome = ended(counts, context.cancel.aborted);
  // Let go in the middle, it has not ended: the next one who resumes it goes on.
  if (!context.detach.aborted) await say({ type: 'rollout-finished', outcome, counts });
  return {
    outcome,
    failures: [...results].flatMap(([server, { outcome: each, error }]) =>
      each === 'failed' && error !== null ? [{ server, error }] : [],
    ),
  };
}

/** Behind what a server waits: the waves before its own, or those before it in the wave; undefined where it starts at once. */
function behind(
  earlier: PlanServer[],
  wave: PlanServer[],
  index: number,
  limit: (server: PlanServer) => number,
): string | undefined {
  const names = (list: PlanServer[]): string =>
    list.length > 3 ? `${list.length} servers` : list.map((planned) => planned.id).join(', ');
  if (earlier.length > 0) return `after wave ${earlier.at(-1)?.wave}: ${names(earlier)}`;
  const limits = wave.slice(0, index + 1).map(limit);
  if (beginAtOnce(limits) > index) return undefined;
  return `behind ${names(wave.slice(0, index))}; ${Math.min(...limits)} at a time`;
}

function count(outcomes: Outcome[]): Record<Outcome, number> {
  const counts: Record<Outcome, number> = {
    done: 0,
    failed: 0,
    skipped: 0,
    blocked: 0,
    cancelled: 0,
    'not-started': 0,
  };
  for (const outcome of outcomes) counts[outcome]++;
  return counts;
}

function ended(counts: Record<Outcome, number>, cancelled: boolean): Ended['outcome'] {
  if (counts.failed > 0 || counts['not-started'] > 0) return 'failed';
  return cancelled && counts.cancelled > 0 ? 'cancelled' : 'done';
}
