import { setMaxListeners } from 'node:events';
import { servers, type Server, type System } from '../fleet/model';
import { waitsFor } from '../plan/maintenance';
import { willAct, type PlanServer } from '../plan/plan';
import { Aftercare } from './aftercare';
import { Alarm } from './alarm';
import { halted } from './budget';
import { Control } from './control';
import { Leaders } from './leaders';
import { limitsOf } from './limits';
import { Openings } from './openings';
import { part, type Doing } from './part';
import { decide, type Order } from './queue';
import type { Crew, Ended, RolloutContext } from './rollout';
import { standingOf, type Lane, type Standing } from './standing';
import { count, ended } from './tally';
import { Telling } from './telling';
import type { WorkResult } from './work';

/**
 * One rollout at work. Whatever happens (a server ends, a window opens, somebody cancels) brings a turn: the queue decides who
 * begins, who waits and who is not begun any more; all of that is journalled, and then done.
 */
export class Engine {
  /** Those whose part has not ended, in the order of the plan. */
  private line: Standing[] = [];
  private readonly telling: Telling;
  private readonly openings: Openings;
  private readonly alarm: Alarm;
  private readonly aftercare: Aftercare;
  private readonly control: Control;
  private readonly leaders: Leaders;
  private readonly systems: ReadonlyMap<string, System>;
  private readonly servers: ReadonlyMap<string, Server>;
  /** Servers of each system that act, those done before an interruption too. */
  private readonly acting = new Map<string, string[]>();
  private readonly letGo = new AbortController();
  private readonly detach: AbortSignal;
  private turning = false;
  private turnAgain = false;
  private saidPaused: boolean;
  private saidCancelled = false;
  private over: () => void = () => undefined;

  constructor(
    private readonly context: RolloutContext,
    private readonly crew: Crew,
  ) {
    const { fleet } = context;
    this.systems = new Map(fleet.systems.map((system) => [system.id, system]));
    this.servers = new Map(servers(fleet).map((server) => [server.id, server]));
    this.control = context.control ?? new Control();
    this.saidPaused = this.control.paused !== null;
    this.telling = new Telling(context, () => this.breakOff());
    this.leaders = new Leaders(context, this.telling.results);
    this.openings = new Openings(() => context.now());
    this.alarm = new Alarm(
      () => context.now(),
      () => this.turn(),
      context.sleep,
    );
    this.detach = AbortSignal.any([context.detach, this.letGo.signal]);
    // Each of hundreds of servers listens to them.
    setMaxListeners(0, context.cancel, this.detach);
    this.aftercare = new Aftercare(context, crew, this.telling.results, (server, dropped) =>
      this.dropOut(server, dropped),
    );
  }

  async run(): Promise<Ended> {
    const { plan, fleet, by, resumed, cancel } = this.context;
    const { telling } = this;
    const { action } = plan;
    const products = Object.fromEntries(fleet.systems.map(({ id, product }) => [id, product]));
    await telling.say({
      type: 'rollout-started',
      ...{ action, fleet: fleet.file, by, plan, resumed, products },
    });
    await this.lineUp();
    const again = (): void => this.turn();
    this.control.skippable = (id) =>
      this.line.some((standing) => standing.server.id === id && isUntouched(standing));
    const silence = this.control.listen(again);
    for (const signal of [cancel, this.detach]) signal.addEventListener('abort', again);
    await new Promise<void>((resolve) => {
      this.over = resolve;
      this.turn();
    });
    for (const signal of [cancel, this.detach]) signal.removeEventListener('abort', again);
    silence();
    this.alarm.set(null);
    if (telling.fault !== null) throw telling.fault;
    return this.end();
  }

  private async end(): Promise<Ended> {
    const { context } = this;
    const { id, before, detach } = context;
    const { results } = this.telling;
    // Where only some of its servers were gone on with, it is what became of all of them.
    const ends = new Map(before?.ends);
    for (const [server, result] of results) ends.set(server, result.outcome);
    const counts = count(ends.values());
    const outcome = ended(counts);
    const isOver = ![...ends.values()].includes(null);
    // Let go in the middle, or with others still open, it has not ended: the next one who resumes it goes on.
    if (!detach.aborted && isOver) await this.telling.say({ type: 'rollout-finished', outcome, counts });
    else if (!detach.aborted)
      context.emit({ type: 'rollout-left', at: context.now().toISOString(), rollout: id });
    return {
      outcome,
      failures: [...results].flatMap(([server, { outcome: each, error }]) =>
        each === 'failed' && error !== null ? [{ server, error }] : [],
      ),
      letGo: detach.aborted,
    };
  }

  /** Puts those that act into the line; the others have ended already. */
  private async lineUp(): Promise<void> {
    const { plan, before } = this.context;
    for (const planned of plan.servers) {
      const server = this.servers.get(planned.id);
      if (!this.systems.has(planned.system))
        await this.gone(planned, `its system ${planned.system} is no longer in the fleet file`);
      else if (!willAct(planned))
        await this.telling.finish(planned.id, {
          outcome: planned.verdict === 'blocked' ? 'blocked' : 'skipped',
          status: 'unknown',
          error: null,
        });
      else if (server === undefined) await this.gone(planned, 'it is no longer in the fleet file');
      else {
        this.line.push(standingOf(server, planned, this.context));
        this.count(planned.system, planned.id);
      }
    }
    for (const { planned } of before?.done ?? []) this.count(planned.system, planned.id);
    this.aftercare.begin(this.line);
  }

  private count(system: string, server: string): void {
    const acting = this.acting.get(system) ?? [];
    this.acting.set(system, acting);
    acting.push(server);
  }

  private gone({ id }: PlanServer, why: string): Promise<void> {
    return this.telling.notStarted(id, why, this.context.cancel.aborted);
  }

  // ---- turns

  /** Decides anew, now or when the turn under way is over. */
  private turn(): void {
    this.turnAgain = true;
    if (this.turning) return;
    this.turning = true;
    void this.turns()
      .catch((thrown: unknown) => void this.telling.breakOff(thrown))
      .finally(() => {
        this.turning = false;
        if (this.turnAgain) this.turn();
        else if (this.line.length === 0 && this.aftercare.over) this.over();
      });
  }

  private async turns(): Promise<void> {
    while (this.turnAgain) {
      this.turnAgain = false;
      await this.hear();
      this.aftercare.turn(this.line, this.stopped);
      const { begin, wait, never, next } = decide(this.line, this.order());
      const news = wait.filter(({ standing, hold }) => standing.told !== hold.key);
      for (const { standing, hold } of news) standing.told = hold.key;
      for (const { standing } of never) this.leave(standing);
      await Promise.all([
        ...news.map(({ standing, hold }) => this.telling.queued(standing.server.id, hold.say())),
        ...never.map(({ standing, why }) => this.neverBegun(standing, why)),
      ]);
      // Whoever waits is told before anything starts; meanwhile something may have happened.
      if (news.length + never.length > 0) this.turnAgain = true;
      else for (const { standing, lane } of begin) void this.begin(standing, lane);
      this.alarm.set(earliest(next, this.aftercare.next));
    }
    if (this.aftercare.due) void this.lookAround();
  }

  private async lookAround(): Promise<void> {
    try {
      await this.aftercare.round(this.detach);
    } catch (thrown) {
      this.telling.breakOff(thrown);
    }
    this.turn();
  }

  /** What people have asked for meanwhile. */
  private async hear(): Promise<void> {
    const { control, telling } = this;
    const paused = control.paused !== null;
    if (paused !== this.saidPaused) {
      this.saidPaused = paused;
      await telling.say({ type: 'rollout-asked', ask: paused ? 'pause' : 'continue', by: control.changedBy });
    }
    if (this.context.cancel.aborted && !this.saidCancelled) {
      this.saidCancelled = true;
      await telling.say({ type: 'rollout-asked', ask: 'cancel', by: control.changedBy || this.context.by });
    }
    for (const standing of this.line) {
      const skip = isUntouched(standing) ? control.skipped(standing.server.id) : undefined;
      if (skip === undefined) continue;
      this.leave(standing);
      const result: WorkResult = { outcome: 'skipped', status: 'unknown', error: null };
      await telling.finish(standing.server.id, result, `${skip.why} (${skip.by})`);
    }
  }

  private order(): Order {
    const { fleet, plan } = this.context;
    const { paused } = this.control;
    const halts = new Map(fleet.systems.map((system) => [system.id, this.halt(system)]));
    return {
      stopped: ({ undo, planned }) =>
        this.stopped
          ? 'the rollout was cancelled before it began here'
          : undo
            ? undefined
            : (halts.get(planned.system) ?? this.leaders.missing(planned)),
      mayWatch: !this.stopped,
      gate: (system, wave) => this.aftercare.hold(system, wave),
      paused: paused === null ? undefined : { key: 'paused', say: () => `paused by ${paused.by}` },
      opens: (standing) => (standing.undo !== null ? undefined : this.opens(standing, standing.hops)),
      waitsFor: ({ server }, opens) => waitsFor(server, opens),
      lane: () => (plan.action === 'download' ? 'load' : 'change'),
      limits: (standing, lane) => limitsOf(fleet, plan, standing, lane),
    };
  }

  private get stopped(): boolean {
    return this.context.cancel.aborted || this.detach.aborted;
  }

  private halt(system: System): string | undefined {
    const acting = this.acting.get(system.id) ?? [];
    const failed = acting.filter((id) => this.telling.results.get(id)?.outcome === 'failed');
    return halted(system, failed, acting.length);
  }

  private opens({ server, planned, ahead }: Standing, hops: number): Date | null | undefined {
    const { action, ignoreWindow, armed } = this.context.plan;
    // Armed is everything at once, behind the downloads; the servers wait for their windows themselves.
    if (armed === true) return ahead ? this.context.now() : undefined;
    return action === 'download' || ignoreWindow === true
      ? undefined
      : this.openings.of(server, planned, hops);
  }

  // ---- one server

  private async begin(standing: Standing, lane: Lane): Promise<void> {
    standing.lane = lane;
    standing.told = undefined;
    standing.begun ||= lane !== 'ahead';
    const doing: Doing = {
      ...{ context: this.context, crew: this.crew, telling: this.telling, detach: this.detach },
      partners: this.partnersOf(standing.server),
      system: this.systems.get(standing.server.system),
      mayBegin: (hops) => this.control.paused === null && this.opens(standing, hops) === undefined,
    };
    try {
      const result = await part(standing, lane, doing);
      if (result === 'waits') {
        standing.lane = null;
        standing.ahead = false;
        standing.inWork = false;
        // Whatever it does from now on, it does under our eyes.
        standing.unseen = false;
      } else {
        this.leave(standing);
        // Before it is journalled: a turn may come meanwhile, and must know that it is done.
        if (result.outcome === 'done') this.aftercare.done(standing.server, this.context.now().getTime());
        await this.telling.finish(standing.server.id, result);
      }
    } catch (thrown) {
      this.leave(standing);
      this.telling.breakOff(thrown);
    }
    this.turn();
  }

  private partnersOf({ id, failoverGroup }: Server): Server[] {
    if (failoverGroup === undefined) return [];
    return [...this.servers.values()].filter((one) => one.failoverGroup === failoverGroup && one.id !== id);
  }

  /** A server that was done is away, or not well: it has failed after all. */
  private async dropOut(server: Server, dropped: WorkResult): Promise<void> {
    const { plan, before } = this.context;
    const done = before?.done.map((one) => one.planned) ?? [];
    const planned = [...plan.servers, ...done].find(({ id }) => id === server.id);
    const system = this.systems.get(server.system);
    if (planned === undefined || system?.onFailure !== 'roll-back' || plan.action !== 'install')
      return this.telling.finish(server.id, dropped);
    // It counts from now on, whatever comes of taking it back.
    this.telling.results.set(server.id, dropped);
    if (dropped.error)
      await this.telling.say({ type: 'server-failing', server: server.id, error: dropped.error.toJSON() });
    this.line.unshift(standingOf(server, planned, this.context, dropped));
  }

  private neverBegun({ server, undo }: Standing, why: string): Promise<void> {
    const { cancel } = this.context;
    if (undo === null) return this.telling.notStarted(server.id, why, cancel.aborted);
    // Let go of, it is taken back by whoever goes on; cancelled, it stays as it is.
    return this.telling.finish(server.id, cancel.aborted ? undo : { ...undo, outcome: 'cancelled' });
  }

  private leave(gone: Standing): void {
    this.line = this.line.filter((standing) => standing !== gone);
  }

  /** Nothing is begun any more, and what runs on servers goes on there unwatched. */
  private breakOff(): void {
    this.line = this.line.filter(({ lane }) => lane !== null);
    this.letGo.abort();
  }
}

const isUntouched = ({ lane, begun, undo }: Standing): boolean => lane === null && !begun && undo === null;

function earliest(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}
