import { mkdir } from 'node:fs/promises';
import { homedir, hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { checkServers } from './doctor';
import { asFleetError, FleetError } from './errors';
import { servers as serversOf, type Fleet, type OsFamily, type Server } from './fleet/model';
import { openLibrary, type Library } from './packages/library';
import { assess } from './plan/assess';
import type { Plan } from './plan/plan';
import { makePlan, type Answered } from './plan/planner';
import { leadersOf } from './plan/roles';
import { probe } from './probe';
import { meansFor, type Means } from './products/means';
import type { Supply } from './products/product';
import { RolloutDesk } from './rollout/desk';
import { Elsewhere } from './rollout/elsewhere';
import { Experiences } from './rollout/experience';
import { EventStream, type FleetEvent, type NewEvent } from './rollout/events';
import { applyEvent, initialState, letGo, type ServerState } from './rollout/state';
import { Supplies } from './rollout/supply';
import type { Links } from './targets/link';
import { createLinks } from './targets/links';
import { readFacts } from './targets/read-facts';
import type {
  Check,
  PlanRequest,
  ResumeOptions,
  RolloutResult,
  RolloutSummary,
  RunOptions,
  Updater,
  UpdaterHost,
} from './updater';

/** Servers asked at the same time. */
const mostAsked = 32;

export async function createUpdater(fleet: Fleet, host: UpdaterHost): Promise<Updater> {
  await mkdir(host.dataDir, { recursive: true, mode: 0o700 });
  return new Core(fleet, host);
}

class Core implements Updater {
  readonly library: Library;
  readonly events: EventStream;
  private current: Fleet;
  private states: Map<string, ServerState>;
  private readonly links: Links;
  private readonly supplies: Supplies;
  private readonly now: () => Date;
  private readonly letGo = new AbortController();
  private readonly desk: RolloutDesk;
  private readonly experiences: Experiences;
  private readonly elsewhere: Elsewhere;

  constructor(
    fleet: Fleet,
    private readonly host: UpdaterHost,
  ) {
    this.current = fleet;
    this.now = host.now ?? (() => new Date());
    this.library = openLibrary(join(host.dataDir, 'library'), { now: this.now });
    this.supplies = new Supplies(this.library, () => this.current);
    this.states = initialState(fleet, this.now().toISOString());
    const debug = (error: unknown): void =>
      host.debug?.(error instanceof Error ? (error.stack ?? error.message) : String(error));
    this.events = new EventStream(debug);
    this.links = createLinks({
      prompts: host.prompts,
      ownKnownHosts: join(host.dataDir, 'known_hosts'),
      home: host.home ?? homedir(),
      env: host.env ?? process.env,
      findServer: (id) => serversOf(this.current).find((server) => server.id === id),
    });
    const journals = join(host.dataDir, 'rollouts');
    this.experiences = new Experiences(journals);
    this.desk = new RolloutDesk({
      dir: journals,
      by: `${userInfo().username}@${hostname()}`,
      fleet: () => this.current,
      ...{ links: this.links, library: this.library, supplies: this.supplies },
      emit: (event) => this.emit(event),
      now: this.now,
      ask: (servers, signal) => this.ask(servers, signal),
      onLeft: (id) => void this.left(id).catch(debug),
      letGo: this.letGo.signal,
    });
    this.elsewhere = new Elsewhere({
      dir: journals,
      fleet: () => this.current.file,
      isOurs: (id) => this.desk.hasCarried(id),
      emit: (event) => this.emit(event),
      onLeft: (id) => void this.left(id).catch(debug),
      onError: debug,
    });
  }

  get fleet(): Fleet {
    return this.current;
  }

  state(): ReadonlyMap<string, ServerState> {
    return this.states;
  }

  setFleet(fleet: Fleet): void {
    const before = this.states;
    this.current = fleet;
    this.states = initialState(fleet, this.now().toISOString());
    for (const [id, state] of before) {
      const fresh = this.states.get(id);
      if (fresh !== undefined)
        this.states.set(id, {
          ...state,
          system: fresh.system,
          product: fresh.product,
          app: fresh.app ?? state.app,
        });
    }
    void this.assessAgain();
  }

  /** The same facts mean something else once the fleet file wants other versions; of who is away they are old, and say nothing. */
  private async assessAgain(): Promise<void> {
    const supply = await this.supplies.known();
    for (const server of serversOf(this.current)) {
      const { facts = null, status } = this.states.get(server.id) ?? {};
      if (facts !== null && status !== 'unreachable')
        this.emit({ type: 'facts', server: server.id, facts, assessment: assess(server, facts, supply) });
    }
  }

  private emit(event: NewEvent | FleetEvent): void {
    const stamped = { at: this.now().toISOString(), ...event } as FleetEvent;
    if ('server' in stamped) {
      const state = this.states.get(stamped.server);
      if (state !== undefined) this.states.set(stamped.server, applyEvent(state, stamped));
    }
    this.events.emit(stamped);
  }

  async refresh(
    servers: Server[] = serversOf(this.current),
    options: { signal?: AbortSignal } = {},
  ): Promise<void> {
    await this.ask(servers, options.signal);
  }

  /** Asks servers for their facts; one that cannot be asked is an answer too. */
  private async ask(servers: readonly Server[], signal?: AbortSignal): Promise<Map<string, Answered>> {
    const supply = await this.supplies.known();
    const limit = pLimit(mostAsked);
    const both = signal ? AbortSignal.any([signal, this.letGo.signal]) : this.letGo.signal;
    const answered = new Map<string, Answered>();
    await Promise.all(
      servers.map((server) =>
        limit(async () => void answered.set(server.id, await this.askOne(server, supply, both))),
      ),
    );
    return answered;
  }

  private async askOne(server: Server, supply: Supply, signal: AbortSignal): Promise<Answered> {
    let means: Means;
    try {
      means = meansFor(server);
    } catch (thrown) {
      const error = asFleetError(thrown, { server: server.id });
      this.emitUnsupported(server, error);
      return { error };
    }
    if (signal.aborted) return { error: asFleetError(signal.reason, { server: server.id }) };
    this.emit({ type: 'checking', server: server.id });
    try {
      const link = await this.links.get(server, { signal });
      const facts = await readFacts(link, means.platform, means.hands, supply.packages, signal);
      this.emit({ type: 'facts', server: server.id, facts, assessment: assess(server, facts, supply) });
      return { facts };
    } catch (thrown) {
      const error = asFleetError(thrown, { server: server.id });
      // That nobody wants to know any more says nothing of the server.
      if (signal.aborted) this.emit({ type: 'checking', server: server.id, stopped: true });
      else this.emit({ type: 'unreachable', server: server.id, error: error.toJSON() });
      return { error };
    }
  }

  private emitUnsupported(server: Server, error: FleetError): void {
    this.emit({
      type: 'status',
      server: server.id,
      status: 'unsupported',
      step: null,
      detail: error.message,
    });
  }

  async plan(request: PlanRequest): Promise<Plan> {
    const { servers, action, to, facts, ignoreWindow = false, arming, signal } = request;
    const [answered, experience] = await Promise.all([
      facts === undefined
        ? this.ask([...servers, ...leadersOf(this.current, servers, action)], signal)
        : new Map(Object.entries(facts).map(([id, one]): [string, Answered] => [id, { facts: one }])),
      this.experiences.of(this.current, signal),
    ]);
    signal?.throwIfAborted();
    const supply = await this.supplies.probed(servers, facts === undefined, signal);
    const now = this.now();
    return makePlan({
      fleet: this.current,
      servers,
      action,
      to,
      answered,
      supply,
      now,
      ignoreWindow,
      arming,
      experience,
    });
  }

  async run(plan: Plan, options: RunOptions): Promise<RolloutResult> {
    if (!options.confirmed && plan.servers.some((server) => server.verdict === 'confirm'))
      throw new FleetError('usage', 'The plan asks for a confirmation that was not given.', {
        hint: 'Read what its `confirm` reasons say, then confirm.',
      });
    return this.desk.run(plan, options.signal);
  }

  followOthers(): void {
    this.elsewhere.start();
  }

  /** Whoever worked on a rollout is gone, or could not go on: its servers say themselves how they stand. */
  private async left(rollout: string): Promise<void> {
    const at = this.now().toISOString();
    const left = serversOf(this.current).filter(({ id }) => this.states.get(id)?.rollout === rollout);
    for (const { id } of left) {
      const state = this.states.get(id);
      if (state !== undefined) this.states.set(id, letGo(state, at));
    }
    this.emit({ type: 'rollout-left', at, rollout });
    await this.ask(left);
  }

  rollouts(): Promise<RolloutSummary[]> {
    return this.desk.list();
  }

  journal(id: string): Promise<FleetEvent[]> {
    return this.desk.journal(id);
  }

  resume(id: string, options?: ResumeOptions): Promise<RolloutResult> {
    return this.desk.resume(id, options);
  }

  cancel(id: string): Promise<void> {
    return this.desk.cancel(id);
  }

  pause(id: string): Promise<void> {
    return this.desk.pause(id);
  }

  proceed(id: string): Promise<void> {
    return this.desk.proceed(id);
  }

  skip(id: string, server: string, why: string): Promise<void> {
    return this.desk.skip(id, server, why);
  }

  probe(server: Server, { signal }: { signal?: AbortSignal } = {}): Promise<OsFamily | undefined> {
    return probe(
      this.links,
      server,
      signal ? AbortSignal.any([signal, this.letGo.signal]) : this.letGo.signal,
    );
  }

  sshArguments(server: Server): Promise<string[]> {
    return this.links.sshArguments(server);
  }

  async doctor(
    servers: Server[] = serversOf(this.current),
    options: { signal?: AbortSignal } = {},
  ): Promise<Check[]> {
    const answered = await this.ask(servers, options.signal);
    options.signal?.throwIfAborted();
    return checkServers(servers, answered, await this.supplies.probed(servers, true, options.signal));
  }

  async dispose(): Promise<void> {
    this.letGo.abort();
    this.elsewhere.dispose();
    await this.desk.settled();
    this.links.dispose();
  }
}
