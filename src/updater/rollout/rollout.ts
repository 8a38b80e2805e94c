import { setTimeout as delay } from 'node:timers/promises';
import { asFleetError, FleetError } from '../errors';
import { servers, type Fleet, type Server, type System } from '../fleet/model';
import type { Library } from '../packages/library';
import { startOf } from '../plan/maintenance';
import { willAct, type Plan, type PlanServer } from '../plan/plan';
import type { Links } from '../targets/link';
import { awaitWindow, type Sleep } from './await-window';
import type { FleetEvent, NewEvent, Outcome } from './events';
import type { Journal } from './journal';
import { beginAtOnce, Places } from './places';
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
  /** How it is waited for a maintenance window; resolves when cancelled. */
  sleep?: Sleep;
  cancel: AbortSignal;
  detach: AbortSignal;
}

export interface Ended {
  outcome: 'done' | 'failed' | 'cancelled';
  failures: { server: string; error: FleetError }[];
}

/** Servers that only take files are served so many at a time, whatever the installs' limit is. */
const mostDownloads = 6;

const timer: Sleep = (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined);

/** Carries out a plan: system by system side by side, wave after wave, never more servers at a time than the plan says. */
export async function carryOut(
  context: RolloutContext,
  workOn: (own: WorkContext) => Promise<WorkResult | Waits> = (own) => new Work(own).run(),
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

  /** False where the server waits for its window; else its part has ended. */
  const work = async (
    server: Server,
    planned: PlanServer,
    mayBegin: WorkContext['mayBegin'],
  ): Promise<boolean> => {
    const { action, to } = plan;
    const own = { ...context, rolloutId: id, server, planned, action, to, say, mayBegin };
    try {
      const result = await workOn(own);
      if (result === 'waits') return false;
      await finish(server.id, result);
    } catch (thrown) {
      const error = asFleetError(thrown, { server: server.id });
      await finish(server.id, { outcome: 'failed', status: 'failed', error });
    }
    return true;
  };
  const signal = AbortSignal.any([context.cancel, context.detach]);
  const queued = (server: string, detail: string): Promise<void> =>
    say({ type: 'status', server, status: 'queued', step: 'queue', detail });
  const fitsNow = (server: Server, hops: number): boolean => {
    if (plan.action === 'download' || plan.ignoreWindow === true) return true;
    const now = context.now();
    return startOf(server, hops, now)?.getTime() === now.getTime();
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
    const ahead = new Places();
    /** Those that have a place, or stand in line for one. */
    const inLine: PlanServer[] = [];
    /** Not where a rollout was interrupted: a job that it left there is seen to its end whatever the hour. */
    const waitsAtFirst = (planned: PlanServer): boolean => {
      const server = byId.get(planned.id);
      return server !== undefined && !context.resumed && !fitsNow(server, planned.path.length);
    };
    /** One server's part: what may be done before its window opens, then hop after hop as they fit into it. */
    const part = async (planned: PlanServer): Promise<void> => {
      const server = byId.get(planned.id);
      if (server === undefined) return notStarted(planned, 'it is no longer in the fleet file');
      let hops = planned.path.length;
      const begin = (mayBegin: WorkContext['mayBegin']) => async (): Promise<boolean> => {
        const stop = stopReason(one, own);
        if (stop === undefined) return work(server, planned, mayBegin);
        await notStarted(planned, stop);
        return true;
      };
      const inWindow = begin((more) => {
        hops = more;
        return fitsNow(server, hops);
      });
      let waits = waitsAtFirst(planned);
      if (
        waits &&
        plan.action === 'install' &&
        (await ahead.take(
          mostDownloads,
          begin(() => false),
        ))
      )
        return;
      for (;;) {
        if (waits) {
          const why = await awaitWindow(server, hops, {
            now: () => context.now(),
            sleep: context.sleep ?? timer,
            signal,
            stop: () => stopReason(one, own),
            tell: (detail) => queued(server.id, detail),
          });
          if (why !== undefined) return notStarted(planned, why);
        }
        const told =
          waits && places.full(limit(planned))
            ? queued(server.id, `behind ${names(inLine)}; ${limit(planned)} at a time`)
            : undefined;
        inLine.push(planned);
        const [ended] = await Promise.all([places.take(limit(planned), inWindow), told]);
        inLine.splice(inLine.indexOf(planned), 1);
        if (ended) return;
        waits = true;
      }
    };
    const waves = [...new Set(acting.map((planned) => planned.wave))].sort((a, b) => a - b);
    const inWave = (wave: number): PlanServer[] => acting.filter((planned) => planned.wave === wave);
    // Whoever does not start at once is told behind what it waits, before anything starts.
    for (const [order, wave] of waves.entries()) {
      const line = inWave(wave).filter((planned) => order > 0 || !waitsAtFirst(planned));
      for (const [index, planned] of line.entries()) {
        const detail = behind(waves.slice(0, order).flatMap(inWave), line, index, limit);
        if (detail !== undefined) await queued(planned.id, detail);
      }
    }
    for (const wave of waves) await Promise.all(inWave(wave).map(part));
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
  if (earlier.length > 0) return `after wave ${earlier.at(-1)?.wave}: ${names(earlier)}`;
  const limits = wave.slice(0, index + 1).map(limit);
  if (beginAtOnce(limits) > index) return undefined;
  return `behind ${names(wave.slice(0, index))}; ${Math.min(...limits)} at a time`;
}

const names = (list: PlanServer[]): string =>
  list.length > 3 ? `${list.length} servers` : list.map((planned) => planned.id).join(', ');

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
