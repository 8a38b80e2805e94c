import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { homedir, hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { checkServers } from './doctor';
import { asFleetError, FleetError } from './errors';
import { servers as serversOf, type Fleet, type Server } from './fleet/model';
import { openLibrary, type Library } from './packages/library';
import { assess } from './plan/assess';
import type { Plan } from './plan/plan';
import { makePlan, type Answered } from './plan/planner';
import { meansFor, type Means } from './products/means';
import { EventStream, type FleetEvent, type NewEvent } from './rollout/events';
import { cancelRequested, Journal, ownerOf, readJournal, requestCancel } from './rollout/journal';
import { adoptedPlan, remainingPlan } from './rollout/resume';
import { carryOut } from './rollout/rollout';
import { applyEvent, initialState, type ServerState } from './rollout/state';
import { lastOf, summaries } from './rollout/summary';
import { Supplies } from './rollout/supply';
import type { Links } from './targets/link';
import { createLinks } from './targets/links';
import { platformOf, readFacts } from './targets/read-facts';
import type {
  Check,
  PlanRequest,
  RolloutResult,
  RolloutSummary,
  RunOptions,
  Updater,
  UpdaterHost,
} from './updater';

/** Servers asked at the same time. */
const mostAsked = 32;
/** ms between two looks for a cancel that another process asked for. */
const cancelPoll = 1_000;

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
  private readonly rolloutDir: string;
  private readonly letGo = new AbortController();
  private readonly running = new Map<string, { cancel: AbortController; ended: Promise<unknown> }>();
  private readonly by: string;

  constructor(
    fleet: Fleet,
    private readonly host: UpdaterHost,
  ) {
    this.current = fleet;
    this.now = host.now ?? (() => new Date());
    this.by = `${userInfo().username}@${hostname()}`;
    this.rolloutDir = join(host.dataDir, 'rollouts');
    this.library = openLibrary(join(host.dataDir, 'library'), { now: this.now });
    this.supplies = new Supplies(this.library, () => this.current);
    this.states = initialState(fleet, this.now().toISOString());
    this.events = new EventStream((error) =>
      host.debug?.(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    );
    this.links = createLinks({
      prompts: host.prompts,
      ownKnownHosts: join(host.dataDir, 'known_hosts'),
      home: host.home ?? homedir(),
      env: host.env ?? process.env,
      findServer: (id) => serversOf(this.current).find((server) => server.id === id),
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

  /** The same facts mean something else once the fleet file wants other versions. */
  private async assessAgain(): Promise<void> {
    const supply = await this.supplies.known();
    for (const server of serversOf(this.current)) {
      const facts = this.states.get(server.id)?.facts;
      if (facts)
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
        limit(async () => {
          let means: Means;
          try {
            means = meansFor(server);
          } catch (thrown) {
            const error = asFleetError(thrown, { server: server.id });
            answered.set(server.id, { error });
            this.emitUnsupported(server, error);
            return;
          }
          this.emit({ type: 'checking', server: server.id });
          try {
            const link = await this.links.get(server, { signal: both });
            const facts = await readFacts(link, means.platform, means.hands, supply.packages, both);
            answered.set(server.id, { facts });
            this.emit({ type: 'facts', server: server.id, facts, assessment: assess(server, facts, supply) });
          } catch (thrown) {
            const error = asFleetError(thrown, { server: server.id });
            answered.set(server.id, { error });
            this.emit({ type: 'unreachable', server: server.id, error: error.toJSON() });
          }
        }),
      ),
    );
    return answered;
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
    const { servers, action, to, facts, ignoreWindow = false, signal } = request;
    const answered =
      facts === undefined
        ? await this.ask(servers, signal)
        : new Map(Object.entries(facts).map(([id, one]): [string, Answered] => [id, { facts: one }]));
    signal?.throwIfAborted();
    const supply = await this.supplies.probed(servers, facts === undefined, signal);
    const now = this.now();
    return makePlan({ fleet: this.current, servers, action, to, answered, supply, now, ignoreWindow });
  }

  async run(plan: Plan, options: RunOptions): Promise<RolloutResult> {
    if (!options.confirmed && plan.servers.some((server) => server.verdict === 'confirm'))
      throw new FleetError('usage', 'The plan asks for a confirmation that was not given.', {
        hint: 'Read what its `confirm` reasons say, then confirm.',
      });
    const stamp = this.now()
      .toISOString()
      .replace(/[-:]|\.\d+Z$/g, '');
    return this.carry(`${stamp}-${randomBytes(3).toString('hex')}`, plan, false, options.signal);
  }

  private async carry(
    id: string,
    plan: Plan,
    resumed: boolean,
    signal?: AbortSignal,
  ): Promise<RolloutResult> {
    if (this.running.has(id) || (await ownerOf(this.rolloutDir, id)) !== null)
      throw new FleetError('job.busy', `Rollout ${id} is being worked on already.`, {
        hint: 'Watch it there, or cancel it first.',
      });
    const cancel = new AbortController();
    const passOn = (): void => cancel.abort();
    if (signal?.aborted) passOn();
    else signal?.addEventListener('abort', passOn, { once: true });
    const journal = await Journal.open(this.rolloutDir, id);
    const poll = setInterval(() => {
      void cancelRequested(this.rolloutDir, id).then((asked) => asked && cancel.abort());
    }, cancelPoll);
    const ended = carryOut({
      id,
      fleet: this.current,
      plan,
      by: this.by,
      resumed,
      links: this.links,
      library: this.library,
      supplies: this.supplies,
      journal,
      emit: (event) => this.emit(event),
      now: this.now,
      cancel: cancel.signal,
      detach: this.letGo.signal,
    });
    this.running.set(id, { cancel, ended });
    try {
      return { id, ...(await ended) };
    } finally {
      clearInterval(poll);
      signal?.removeEventListener('abort', passOn);
      this.running.delete(id);
      await journal.close();
    }
  }

  rollouts(): Promise<RolloutSummary[]> {
    return summaries(this.rolloutDir);
  }

  journal(id: string): Promise<FleetEvent[]> {
    return readJournal(this.rolloutDir, id);
  }

  async resume(id: string, options: { signal?: AbortSignal } = {}): Promise<RolloutResult> {
    const plan = (await this.planFromJournal(id)) ?? (await this.planFromServers(id, options.signal));
    return this.carry(id, plan, true, options.signal);
  }

  private async planFromJournal(id: string): Promise<Plan | undefined> {
    try {
      return remainingPlan(await readJournal(this.rolloutDir, id));
    } catch (error) {
      if (error instanceof FleetError && error.code === 'rollout.unknown') return undefined;
      throw error;
    }
  }

  /** A rollout that a colleague began, or whose journal is lost: the servers know its jobs. */
  private async planFromServers(id: string, signal?: AbortSignal): Promise<Plan> {
    return adoptedPlan(this.current, id, await this.ask(serversOf(this.current), signal));
  }

  async cancel(id: string): Promise<void> {
    const mine = this.running.get(id);
    if (mine !== undefined) {
      mine.cancel.abort();
      return;
    }
    if ((await ownerOf(this.rolloutDir, id)) !== null) return requestCancel(this.rolloutDir, id);
    await this.cancelOnServers(id);
  }

  /** Nobody works on it here: its jobs are stopped where they lie, and its journal is told. */
  private async cancelOnServers(id: string): Promise<void> {
    const known = await readJournal(this.rolloutDir, id).catch(() => undefined);
    const planned =
      known === undefined ? undefined : lastOf(known, 'rollout-started')?.plan.servers.map((one) => one.id);
    const asked = serversOf(this.current).filter((server) => planned?.includes(server.id) ?? true);
    const answered = await this.ask(asked);
    const cancelled = await Promise.all(
      asked.map(async (server) => {
        const answer = answered.get(server.id);
        const job = answer && 'facts' in answer ? answer.facts.job : null;
        const platform = platformOf(server);
        if (platform === undefined || !job?.id.startsWith(`${id}-`) || job.state === 'done') return false;
        await platform.cancelJob(await this.links.get(server), job.id);
        return true;
      }),
    );
    if (known === undefined && !cancelled.includes(true))
      throw new FleetError('rollout.unknown', `Neither this machine nor a server knows a rollout ${id}.`, {
        hint: '`vms-fleet rollouts` lists those of this machine.',
      });
    await this.ask(asked.filter((_, index) => cancelled[index]));
    if (known !== undefined && lastOf(known, 'rollout-finished') === undefined) {
      const journal = await Journal.open(this.rolloutDir, id);
      const counts = {
        done: 0,
        failed: 0,
        skipped: 0,
        blocked: 0,
        cancelled: asked.length,
        'not-started': 0,
      };
      const at = this.now().toISOString();
      await journal.append({ at, rollout: id, type: 'rollout-finished', outcome: 'cancelled', counts }, true);
      await journal.close();
    }
  }

  async doctor(
    servers: Server[] = serversOf(this.current),
    options: { signal?: AbortSignal } = {},
  ): Promise<Check[]> {
    const answered = await this.ask(servers, options.signal);
    return checkServers(servers, answered, await this.supplies.probed(servers, true, options.signal));
  }

  async dispose(): Promise<void> {
    this.letGo.abort();
    await Promise.allSettled([...this.running.values()].map(({ ended }) => ended));
    this.links.dispose();
  }
}
