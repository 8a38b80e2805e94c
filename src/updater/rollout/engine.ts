import { setMaxListeners } from 'node:events';
import { asFleetError, FleetError } from '../errors';
import { servers } from '../fleet/model';
import { waitsFor } from '../plan/maintenance';
import { willAct, type PlanServer } from '../plan/plan';
import { Alarm } from './alarm';
import { halted } from './budget';
import type { FleetEvent, NewEvent } from './events';
import { limitsOf } from './limits';
import { Openings } from './openings';
import { decide, type Order } from './queue';
import type { Crew, Ended, RolloutContext } from './rollout';
import type { Lane, Standing } from './standing';
import { count, ended } from './tally';
import type { WorkResult } from './work';

/**
 * One rollout at work. Whatever happens (a server ends, a window opens, somebody cancels) brings a turn: the queue decides who
 * begins, who waits and who is not begun any more; all of that is journalled, and then done.
 */
export class Engine {
  /** Those whose part has not ended, in the order of the plan. */
  private line: Standing[] = [];
  private readonly results = new Map<string, WorkResult>();
  private readonly openings: Openings;
  private readonly alarm: Alarm;
  private readonly letGo = new AbortController();
  private readonly detach: AbortSignal;
  private turning = false;
  private turnAgain = false;
  /** Why it cannot go on: its journal cannot be written, or a bug. */
  private broken: FleetError | null = null;
  private over: () => void = () => undefined;

  constructor(
    private readonly context: RolloutContext,
    private readonly crew: Crew,
  ) {
    this.openings = new Openings(() => context.now());
    this.alarm = new Alarm(
      () => context.now(),
      () => this.turn(),
      context.sleep,
    );
    this.detach = AbortSignal.any([context.detach, this.letGo.signal]);
    // Each of hundreds of servers listens to them.
    setMaxListeners(0, context.cancel, this.detach);
  }

  async run(): Promise<Ended> {
    const { plan, fleet, by, resumed, cancel } = this.context;
    await this.say({ type: 'rollout-started', action: plan.action, fleet: fleet.file, by, plan, resumed });
    await this.lineUp();
    const onAbort = (): void => this.turn();
    for (const signal of [cancel, this.detach]) signal.addEventListener('abort', onAbort);
    await new Promise<void>((resolve) => {
      this.over = resolve;
      this.turn();
    });
    for (const signal of [cancel, this.detach]) signal.removeEventListener('abort', onAbort);
    this.alarm.set(null);
    if (this.broken !== null) throw this.broken;
    return this.end();
  }

  private async end(): Promise<Ended> {
    const { cancel, detach } = this.context;
    const counts = count([...this.results.values()].map((result) => result.outcome));
    const outcome = ended(counts, cancel.aborted);
    // Let go in the middle, it has not ended: the next one who resumes it goes on.
    if (!detach.aborted) await this.say({ type: 'rollout-finished', outcome, counts });
    return {
      outcome,
      failures: [...this.results].flatMap(([server, { outcome: each, error }]) =>
        each === 'failed' && error !== null ? [{ server, error }] : [],
      ),
    };
  }

  /** Puts those that act into the line; the others have ended already. */
  private async lineUp(): Promise<void> {
    const { fleet, plan, resumed } = this.context;
    const byId = new Map(servers(fleet).map((server) => [server.id, server]));
    const systems = new Set(fleet.systems.map(({ id }) => id));
    for (const planned of plan.servers) {
      const server = byId.get(planned.id);
      if (!systems.has(planned.system))
        await this.notStarted(planned, `its system ${planned.system} is no longer in the fleet file`);
      else if (!willAct(planned))
        await this.finish(planned.id, {
          outcome: planned.verdict === 'blocked' ? 'blocked' : 'skipped',
          status: 'unknown',
          error: null,
        });
      else if (server === undefined) await this.notStarted(planned, 'it is no longer in the fleet file');
      else
        this.line.push({
          server,
          planned,
          lane: null,
          hops: planned.path.length,
          ahead: plan.action === 'install' && !resumed,
          whateverTheHour: resumed,
          told: undefined,
        });
    }
  }

  // ---- turns

  /** Decides anew, now or when the turn under way is over. */
  private turn(): void {
    this.turnAgain = true;
    if (this.turning) return;
    this.turning = true;
    void this.turns()
      .catch((thrown: unknown) => this.breakOff(thrown))
      .finally(() => {
        this.turning = false;
        if (this.turnAgain) this.turn();
        else if (this.line.length === 0) this.over();
      });
  }

  private async turns(): Promise<void> {
    while (this.turnAgain) {
      this.turnAgain = false;
      const { begin, wait, never, next } = decide(this.line, this.order());
      const news = wait.filter(({ standing, hold }) => standing.told !== hold.key);
      for (const { standing, hold } of news) standing.told = hold.key;
      await Promise.all([
        ...news.map(({ standing, hold }) => this.queued(standing, hold.say())),
        ...never.map(({ standing, why }) => this.notStarted(standing.planned, why)),
      ]);
      // Whoever waits is told before anything starts; meanwhile something may have happened.
      if (news.length + never.length > 0) this.turnAgain = true;
      else for (const { standing, lane } of begin) void this.part(standing, lane);
      this.alarm.set(next);
    }
  }

  private order(): Order {
    const { fleet, plan } = this.context;
    const stops = new Map(fleet.systems.map((system) => [system.id, this.stopReason(system.id)]));
    return {
      stopped: (system) => stops.get(system),
      opens: (standing) => (standing.whateverTheHour ? undefined : this.opens(standing, standing.hops)),
      waitsFor: ({ server }, opens) => waitsFor(server, opens),
      lane: () => (plan.action === 'download' ? 'load' : 'change'),
      limits: (standing, lane) => limitsOf(plan, standing, lane),
    };
  }

  private opens({ server }: Standing, hops: number): Date | null | undefined {
    const { action, ignoreWindow } = this.context.plan;
    return action === 'download' || ignoreWindow === true ? undefined : this.openings.of(server, hops);
  }

  private stopReason(id: string): string | undefined {
    const { cancel, fleet, plan } = this.context;
    if (cancel.aborted || this.detach.aborted) return 'the rollout was cancelled before it began here';
    const system = fleet.systems.find((one) => one.id === id);
    const failed = plan.servers.filter(
      (planned) => planned.system === id && this.results.get(planned.id)?.outcome === 'failed',
    );
    return (
      system &&
      halted(
        system,
        failed.map((planned) => planned.id),
      )
    );
  }

  // ---- one server

  private async part(standing: Standing, lane: Lane): Promise<void> {
    const { server, planned } = standing;
    const { action, to } = this.context.plan;
    standing.lane = lane;
    standing.told = undefined;
    const mayBegin = (more: number): boolean => {
      if (lane === 'ahead') return false;
      standing.hops = more;
      return this.opens(standing, more) === undefined;
    };
    const own = {
      ...this.context,
      rolloutId: this.context.id,
      ...{ server, planned, action, to, mayBegin },
      detach: this.detach,
      say: (event: NewEvent) => this.say(event),
    };
    const result = await this.crew.work(own).catch((thrown: unknown): WorkResult => {
      const error = asFleetError(thrown, { server: server.id });
      return { outcome: 'failed', status: 'failed', error };
    });
    if (result === 'waits') {
      standing.lane = null;
      standing.ahead = false;
      standing.whateverTheHour = false;
    } else await this.finish(server.id, result).catch((thrown: unknown) => this.breakOff(thrown));
    this.turn();
  }

  private notStarted(planned: PlanServer, why: string): Promise<void> {
    const cancelled = this.context.cancel.aborted;
    const said = `${planned.id} was not started: ${why}.`;
    return this.finish(planned.id, {
      outcome: cancelled ? 'cancelled' : 'not-started',
      status: 'unknown',
      error: new FleetError(cancelled ? 'cancelled' : 'rollout.halted', said, {
        server: planned.id,
        hint: 'Resume the rollout to go on with the servers that are not done.',
      }),
    });
  }

  private async finish(server: string, result: WorkResult): Promise<void> {
    this.results.set(server, result);
    this.line = this.line.filter((standing) => standing.server.id !== server);
    const { outcome, status, error } = result;
    await this.say({ type: 'server-finished', server, outcome, status, error: error?.toJSON() ?? null });
  }

  // ---- what is told

  private queued({ server }: Standing, detail: string): Promise<void> {
    return this.say({ type: 'status', server: server.id, status: 'queued', step: 'queue', detail });
  }

  /** Journals the event before it resolves; whatever it tells is done after. */
  private async say(event: NewEvent): Promise<void> {
    const { context } = this;
    const stamped = { ...event, at: context.now().toISOString(), rollout: context.id } as FleetEvent;
    try {
      await context.journal.append(stamped, event.type !== 'log' && event.type !== 'facts');
    } catch (cause) {
      throw this.breakOff(
        new FleetError('journal.failed', `The journal of rollout ${context.id} cannot be written.`, {
          hint: 'Nothing new is begun; jobs on servers go on there. Make room on this machine, then resume the rollout.',
          cause,
        }),
      );
    }
    context.emit(stamped);
  }

  /** Nothing is begun any more, and what runs on servers goes on there unwatched. */
  private breakOff(why: unknown): FleetError {
    this.broken ??= asFleetError(why);
    this.line = this.line.filter(({ lane }) => lane !== null);
    this.letGo.abort();
    return this.broken;
  }
}
