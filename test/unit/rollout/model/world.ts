import { FleetError } from '../../../../src/updater/errors';
import { servers as serversOf, type Fleet, type Server } from '../../../../src/updater/fleet/model';
import type { Library } from '../../../../src/updater/packages/library';
import { willAct, type Plan } from '../../../../src/updater/plan/plan';
import { windowState } from '../../../../src/updater/plan/window';
import { beforeOf, pausedBy } from '../../../../src/updater/rollout/before';
import { Control } from '../../../../src/updater/rollout/control';
import type { FleetEvent } from '../../../../src/updater/rollout/events';
import type { Journal } from '../../../../src/updater/rollout/journal';
import { remainingPlan } from '../../../../src/updater/rollout/resume';
import { carryOut, type Crew } from '../../../../src/updater/rollout/rollout';
import type { Supplies } from '../../../../src/updater/rollout/supply';
import type { Waits, WorkContext, WorkResult } from '../../../../src/updater/rollout/work';
import type { Links } from '../../../../src/updater/targets/link';
import { Clock } from '../clock';
import { done, failed, minute, moments } from '../stage';

/** How one simulated server behaves. */
export interface Nature {
  /** Minutes that each of its jobs takes. */
  takes: number;
  /** The hop whose job fails (0, 1, …); undefined: none. */
  failsAt: number | undefined;
  /** Minutes after its part at which it drops out, for whoever looks; undefined: never. */
  dropsAfter: number | undefined;
  rollbackFails: boolean;
}

/** A server as it stands, whoever looks at it: jobs run on although nobody watches them. */
interface Machine {
  server: Server;
  nature: Nature;
  hops: number;
  hopsDone: number;
  job: { kind: 'install' | 'roll-back'; endsAt: number } | null;
  failed: boolean;
  rolledBack: boolean;
  /** When its last job ended. */
  endedAt: number | null;
}

const forever = new Promise<never>(() => undefined);

/** Servers and a clock that outlive the process which carries out a rollout. Throws where a rule of rollouts is broken. */
export class World {
  readonly clock: Clock;
  readonly machines: Map<string, Machine>;
  readonly journal: FleetEvent[] = [];
  readonly emitted: FleetEvent[] = [];
  control = new Control();
  cancel = new AbortController();
  readonly broken: string[] = [];
  private die: () => void = () => undefined;
  private death = new Promise<void>((resolve) => (this.die = resolve));
  private disk: Promise<void> = Promise.resolve();
  private generation = 0;
  private ended = false;

  constructor(
    readonly fleet: Fleet,
    readonly plan: Plan,
    natures: readonly Nature[],
    start: number,
    /** Turns of the event loop's smallest wheel that a line takes to the disk. */
    private readonly journalTakes: number,
  ) {
    this.clock = new Clock(start);
    this.machines = new Map(
      serversOf(fleet).map((server, i) => {
        const nature = natures[i % natures.length];
        if (nature === undefined) throw new Error('no nature');
        const hops = plan.servers.find(({ id }) => id === server.id)?.path.length ?? 0;
        const job = null;
        return [
          server.id,
          { server, nature, hops, hopsDone: 0, job, failed: false, rolledBack: false, endedAt: null },
        ];
      }),
    );
  }

  get now(): number {
    return this.clock.now().getTime();
  }

  /** Starts a process that carries the rollout out, or goes on with it; the one before it is dead. */
  begin(): void {
    const mine = ++this.generation;
    const resumed = this.journal.length > 0;
    this.control = new Control(pausedBy(this.journal));
    this.cancel = new AbortController();
    void carryOut(
      {
        id: 'r',
        fleet: this.fleet,
        plan: resumed ? remainingPlan(this.journal) : this.plan,
        by: 'tester@desk',
        resumed,
        ...(resumed && { before: beforeOf(this.journal) }),
        links: {} as Links,
        library: {} as Library,
        supplies: {} as Supplies,
        journal: { append: (event: FleetEvent) => this.append(mine, event) } as unknown as Journal,
        emit: (event) => this.emitted.push(event),
        now: this.clock.now,
        sleep: async (ms, signal) => {
          await this.clock.sleep(ms, signal);
          await this.alive(mine);
        },
        cancel: this.cancel.signal,
        detach: new AbortController().signal,
        control: this.control,
      },
      this.crew(mine),
    ).then(
      () => (this.ended = true),
      (error: unknown) => {
        this.broken.push(`the rollout broke off: ${String(error)}`);
        this.ended = true;
      },
    );
  }

  /** The process dies; what it had not brought to the disk is lost. */
  kill(): void {
    this.generation++;
    this.die();
    this.death = new Promise((resolve) => (this.die = resolve));
    this.disk = Promise.resolve();
  }

  get over(): boolean {
    return this.ended;
  }

  private append(mine: number, event: FleetEvent): Promise<void> {
    const written = this.disk.then(async () => {
      await moments(this.journalTakes);
      if (mine !== this.generation) return forever;
      if (event.type !== 'progress') this.journal.push(JSON.parse(JSON.stringify(event)) as FleetEvent);
    });
    // What a dead process was writing holds up nobody.
    this.disk = mine === this.generation ? Promise.race([written, this.death]) : Promise.resolve();
    return written;
  }

  private alive(mine: number): Promise<void> {
    return mine === this.generation ? Promise.resolve() : forever;
  }

  private crew(mine: number): Crew {
    return {
      work: async (own) => {
        await this.alive(mine);
        const result = await this.work(own, mine);
        await this.alive(mine);
        return result;
      },
      rollBack: async (own, failure) => {
        await this.alive(mine);
        return this.rollBack(own, failure, mine);
      },
      look: async ({ server, signal }) => {
        await this.clock.sleep(1);
        await this.alive(mine);
        signal.throwIfAborted();
        return { wrong: this.wrongWith(this.machine(server.id)), facts: null };
      },
    };
  }

  private async work(own: WorkContext, mine: number): Promise<WorkResult | Waits> {
    const machine = this.machine(own.server.id);
    const { id } = own.server;
    await own.say({ type: 'status', server: id, status: 'downloading', step: null, detail: null });
    // As the real one: a job of this rollout that is there is seen to its end first.
    if (machine.job !== null) await this.end(machine, mine);
    while (machine.hopsDone < machine.hops) {
      if (machine.failed) return failed(id);
      if (own.cancel.aborted) return { outcome: 'cancelled', status: 'loaded', error: null };
      if (!own.mayBegin(machine.hops - machine.hopsDone)) return 'waits';
      await own.say({ type: 'status', server: id, status: 'installing', step: null, detail: null });
      this.start(machine, 'install');
      await this.end(machine, mine);
    }
    return done;
  }

  private async rollBack(own: WorkContext, failure: WorkResult, mine: number): Promise<WorkResult> {
    const machine = this.machine(own.server.id);
    const { id } = own.server;
    await own.say({ type: 'status', server: id, status: 'rolling-back', step: null, detail: null });
    if (machine.job === null) this.start(machine, 'roll-back');
    await this.end(machine, mine);
    return machine.nature.rollbackFails ? { ...failure, status: 'rollback-failed' } : failure;
  }

  private start(machine: Machine, kind: 'install' | 'roll-back'): void {
    const { id } = machine.server;
    if (machine.job !== null) this.broken.push(`two jobs on ${id}`);
    machine.job = { kind, endsAt: this.now + machine.nature.takes * minute };
    this.check(machine, kind);
  }

  private async end(machine: Machine, mine: number): Promise<void> {
    for (;;) {
      this.settle(machine);
      const { job } = machine;
      if (job === null) return;
      await this.clock.sleep(job.endsAt - this.now);
      await this.alive(mine);
    }
  }

  /** A job whose time is over has ended, whether or not somebody watched it. */
  private settle(machine: Machine): void {
    const { job, nature } = machine;
    if (job === null || this.now < job.endsAt) return;
    machine.job = null;
    machine.endedAt = job.endsAt;
    if (job.kind === 'roll-back') {
      machine.rolledBack = true;
      return;
    }
    if (machine.hopsDone === nature.failsAt) machine.failed = true;
    else machine.hopsDone++;
  }

  private wrongWith(machine: Machine): FleetError | null {
    this.settle(machine);
    const { server, nature, job, endedAt, hops, hopsDone } = machine;
    if (job !== null) return new FleetError('job.busy', 'A job runs.', { server: server.id });
    const after = nature.dropsAfter;
    if (after !== undefined && endedAt !== null && hopsDone === hops && this.now >= endedAt + after * minute)
      return new FleetError('host.timeout', 'No answer.', { server: server.id });
    return null;
  }

  private machine(id: string): Machine {
    const found = this.machines.get(id);
    if (found === undefined) throw new Error(`no machine ${id}`);
    return found;
  }

  // ---- the rules

  /** A later wave begins only when the first one's servers have run for the soak time. */
  private checkSoak({ server }: Machine, wave: number): void {
    const system = this.fleet.systems.find(({ id }) => id === server.system);
    const acting = this.plan.servers.filter((one) => one.system === server.system && willAct(one));
    const first = Math.min(...acting.map((one) => one.wave));
    if (system === undefined || wave === first) return;
    for (const { id } of acting.filter((one) => one.wave === first)) {
      const { endedAt, failed, rolledBack, hops, hopsDone } = this.machine(id);
      // One that dropped out has failed: whether that is borne, the budget says.
      const droppedOut = this.journal.some(
        (event) =>
          (event.type === 'server-failing' && event.server === id) ||
          (event.type === 'server-finished' && event.server === id && event.outcome === 'failed'),
      );
      if (endedAt === null || failed || rolledBack || droppedOut || hopsDone < hops) continue;
      if (this.now < endedAt + system.soakMinutes * minute)
        this.broken.push(`in the soak of ${id}: ${server.id}`);
    }
  }

  /** Behind servers whose role goes first nothing begins unless all of them run the version. */
  private checkLeaders({ server }: Machine, wave: number): void {
    for (const { id, leads, system, ...one } of this.plan.servers) {
      if (leads === undefined || system !== server.system || one.wave >= wave || !willAct(one)) continue;
      const { hops, hopsDone, failed, rolledBack } = this.machine(id);
      if (hopsDone < hops || failed || rolledBack)
        this.broken.push(`without ${id}, which leads: ${server.id}`);
    }
  }

  /** What must hold whenever a job begins. */
  private check(begun: Machine, kind: 'install' | 'roll-back'): void {
    const { fleet, plan, broken } = this;
    const all = [...this.machines.values()];
    for (const one of all) this.settle(one);
    const atWork = all.filter(({ job }) => job !== null);
    const { server } = begun;
    const said = `${server.id} began beside ${atWork.map((one) => one.server.id).join(', ')}`;
    const most = (count: number, limit: number | undefined, what: string): void => {
      if (limit !== undefined && count > limit) broken.push(`${what}: ${said}`);
    };
    const beside = (same: (one: Server) => boolean): number =>
      atWork.filter((one) => same(one.server)).length;
    most(atWork.length, fleet.maxParallel, 'over the limit of the fleet');
    most(
      beside((one) => one.system === server.system),
      plan.parallel[server.system],
      'over the limit of the system',
    );
    if (server.site !== undefined)
      most(
        beside((one) => one.site === server.site),
        fleet.maxParallelPerSite,
        'over the limit of the site',
      );
    if (server.failoverGroup !== undefined)
      most(
        beside((one) => one.failoverGroup === server.failoverGroup),
        1,
        'partners down together',
      );
    // What failed is taken back whatever the hour, and whatever was cancelled or paused meanwhile.
    if (kind === 'roll-back') return;
    if (server.window !== undefined) {
      const state = windowState(server.window, this.clock.now());
      if (!state.open) broken.push(`outside its window: ${server.id} at ${this.clock.now().toISOString()}`);
    }
    if (this.control.paused !== null) broken.push(`in a pause: ${server.id}`);
    const { wave } = plan.servers.find(({ id }) => id === server.id) ?? { wave: 0 };
    const earlier = plan.servers.filter((one) => one.system === server.system && one.wave < wave);
    // One that dropped out later and is taken back holds up nobody who has begun.
    const open = earlier.filter(({ id }) => this.machine(id).job?.kind === 'install');
    if (open.length > 0) broken.push(`before wave ${wave}: ${said}`);
    this.checkSoak(begun, wave);
    this.checkLeaders(begun, wave);
  }
}
