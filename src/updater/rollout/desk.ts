import { randomBytes } from 'node:crypto';
import { FleetError } from '../errors';
import { servers as serversOf, type Fleet, type Server } from '../fleet/model';
import type { Library } from '../packages/library';
import type { Plan, PlanServer } from '../plan/plan';
import type { Answered } from '../plan/planner';
import type { Links } from '../targets/link';
import { beforeOf, heldBy, pausedBy, plannedIn } from './before';
import {
  beginning,
  cancelledBy,
  isJob,
  notCancelled,
  stopJobs,
  type Cancelled,
  type Stopped,
} from './cancel';
import { Control } from './control';
import type { FleetEvent, NewEvent } from './events';
import { Journal, readJournal } from './journal';
import { ownerOf } from './owner';
import { request, takeRequests, type Request } from './requests';
import { adoptedPlan, remainingPlan } from './resume';
import { carryOut, type Ended } from './rollout';
import { lastOf, outcomesOf, Summaries, type RolloutSummary } from './summary';
import type { Supplies } from './supply';
import { count, ended } from './tally';

/** ms between two looks for what another process has asked for. */
const requestPoll = 1_000;

export interface DeskMeans {
  /** Folder of the journals. */
  dir: string;
  /** user@workstation. */
  by: string;
  fleet(): Fleet;
  links: Links;
  library: Library;
  supplies: Supplies;
  emit(event: FleetEvent): void;
  now(): Date;
  /** Asks servers for their facts; one that cannot be asked is an answer too. */
  ask(servers: readonly Server[], signal?: AbortSignal): Promise<Map<string, Answered>>;
  /** It broke off here: nobody works on it any more, and its servers say themselves how they stand. */
  onLeft(id: string): void;
  /** This process ends, or its fleet file is closed: what runs on servers goes on there. */
  letGo: AbortSignal;
}

export interface ResumeOptions {
  signal?: AbortSignal;
  /** Ids: only these of the servers that are not done. */
  servers?: readonly string[];
  /** Nobody asked for it: a rollout that was paused stays so. */
  unasked?: boolean;
}

interface Resumed {
  /** Undefined where there is no journal. */
  events: readonly FleetEvent[] | undefined;
  unasked: boolean;
}

interface Running {
  cancel: AbortController;
  control: Control;
  ended: Promise<unknown>;
}

/** Where rollouts are begun, gone on with, and told what people want of them, in whichever process they run. */
export class RolloutDesk {
  private readonly running = new Map<string, Running>();
  /** What is carried here until its journal is closed: nobody else works on it before. */
  private readonly carrying = new Set<Promise<unknown>>();
  private readonly carried = new Set<string>();

  private readonly summaries: Summaries;

  constructor(private readonly means: DeskMeans) {
    this.summaries = new Summaries(means.dir);
  }

  run(plan: Plan, signal?: AbortSignal): Promise<Ended & { id: string }> {
    const stamp = this.means
      .now()
      .toISOString()
      .replace(/[-:]|\.\d+Z$/g, '');
    return this.carry(`${stamp}-${randomBytes(3).toString('hex')}`, plan, undefined, signal);
  }

  async resume(id: string, options: ResumeOptions = {}): Promise<Ended & { id: string }> {
    const { signal, servers, unasked = false } = options;
    const events = await this.known(id);
    if (events === undefined) {
      // One that a colleague began, or whose journal is lost: the servers know its jobs.
      const fleet = this.means.fleet();
      const plan = adoptedPlan(fleet, id, await this.means.ask(serversOf(fleet), signal));
      return this.carry(id, plan, { events: undefined, unasked }, signal);
    }
    return this.carry(id, remainingPlan(events, servers), { events, unasked }, signal);
  }

  private carry(
    id: string,
    plan: Plan,
    resumed: Resumed | undefined,
    signal?: AbortSignal,
  ): Promise<Ended & { id: string }> {
    const carried = this.open(id, plan, resumed, signal);
    const over: Promise<unknown> = carried.catch(() => undefined);
    this.carrying.add(over);
    void over.then(() => this.carrying.delete(over));
    return carried;
  }

  private async open(
    id: string,
    plan: Plan,
    resumed: Resumed | undefined,
    signal?: AbortSignal,
  ): Promise<Ended & { id: string }> {
    const journal = await Journal.open(this.means.dir, id);
    try {
      return await this.carryIn(journal, id, plan, resumed, signal);
    } catch (error) {
      this.means.onLeft(id);
      throw error;
    }
  }

  private async carryIn(
    journal: Journal,
    id: string,
    plan: Plan,
    resumed: Resumed | undefined,
    signal?: AbortSignal,
  ): Promise<Ended & { id: string }> {
    const { means } = this;
    this.carried.add(id);
    const cancel = new AbortController();
    const passOn = (): void => cancel.abort();
    if (signal?.aborted) passOn();
    else signal?.addEventListener('abort', passOn, { once: true });
    const control = new Control(pausedBy(resumed?.events ?? []));
    const ended = carryOut({
      ...{ id, plan, by: means.by, journal, control },
      ...{ fleet: means.fleet(), links: means.links, library: means.library, supplies: means.supplies },
      resumed: resumed !== undefined,
      ...(resumed?.events && { before: beforeOf(resumed.events) }),
      emit: (event) => means.emit(event),
      now: () => means.now(),
      cancel: cancel.signal,
      detach: means.letGo,
    });
    // Whoever goes on with it by hand wants it to go on.
    if (resumed?.unasked === false && control.paused !== null) control.proceed(means.by);
    const running = { cancel, control, ended };
    this.running.set(id, running);
    // What cannot be read now is looked for again.
    const hear = (): Promise<void> => this.hear(id, running, journal).catch(() => undefined);
    const poll = setInterval(() => void hear(), requestPoll);
    try {
      return { id, ...(await ended) };
    } finally {
      clearInterval(poll);
      signal?.removeEventListener('abort', passOn);
      this.running.delete(id);
      await journal.close();
    }
  }

  /** It runs here, or has. */
  hasCarried(id: string): boolean {
    return this.carried.has(id);
  }

  private async hear(id: string, running: Running, journal: Journal): Promise<void> {
    // Else what is asked of one who has taken it over is heard here, where nothing comes of it.
    if (!(await journal.held())) return;
    for (const asked of await takeRequests(this.means.dir, id)) obey(running, asked);
  }

  list(): Promise<RolloutSummary[]> {
    return this.summaries.all();
  }

  journal(id: string): Promise<FleetEvent[]> {
    return readJournal(this.means.dir, id);
  }

  pause(id: string): Promise<void> {
    return this.tell(id, { ask: 'pause', by: this.means.by });
  }

  proceed(id: string): Promise<void> {
    return this.tell(id, { ask: 'continue', by: this.means.by });
  }

  /** Leaves a server out that has not begun. @throws FleetError `usage` where it is not one that waits */
  async skip(id: string, server: string, why: string): Promise<void> {
    const here = this.running.get(id);
    if (here === undefined && (await ownerOf(this.means.dir, id)) === null)
      return this.skipInJournal(id, server, `${why} (${this.means.by})`);
    const waits = here?.control.skippable(server) ?? waitsIn(await readJournal(this.means.dir, id), server);
    if (!waits) throw noSuchServer(id, server);
    await this.tell(id, { ask: 'skip', by: this.means.by, server, why });
  }

  /** Nobody works on it: whoever goes on with it finds it left out. */
  private async skipInJournal(id: string, server: string, reason: string): Promise<void> {
    const events = await readJournal(this.means.dir, id);
    const planned = remainingPlan(events).servers.find((one) => one.id === server);
    if (planned === undefined) throw noSuchServer(id, server);
    if (heldBy(events).has(server) || beforeOf(events).failing.has(server))
      throw hasBegun(id, server, this.beginning(planned));
    await this.note(id, (write) =>
      write({ type: 'server-finished', server, outcome: 'skipped', status: 'unknown', error: null, reason }),
    );
  }

  private async tell(id: string, asked: Request): Promise<void> {
    if (await this.told(id, asked)) return;
    throw new FleetError('usage', `Nobody works on rollout ${id} now.`, {
      hint: 'Resume it first. `vms-fleet rollouts` shows which are running.',
    });
  }

  /** Passes on what is asked of a rollout. @returns false where nobody works on it */
  private async told(id: string, asked: Request): Promise<boolean> {
    const mine = this.running.get(id);
    if (mine === undefined && (await ownerOf(this.means.dir, id)) === null) return false;
    if (mine === undefined) await request(this.means.dir, id, asked);
    else obey(mine, asked);
    return true;
  }

  async cancel(id: string): Promise<void> {
    const asked: Request = { ask: 'cancel', by: this.means.by };
    if (!(await this.told(id, asked))) await this.cancelOnServers(id);
  }

  /** Nobody works on it here: its jobs are stopped where they lie, and its journal is told. */
  private async cancelOnServers(id: string): Promise<void> {
    const known = await this.known(id);
    const begun = known?.findLastIndex(({ type }) => type === 'rollout-started') ?? -1;
    if (known === undefined || begun < 0) return this.cancelUnknown(id);
    const outcomes = outcomesOf(known);
    const servers = serversOf(this.means.fleet()).filter((server) => outcomes.has(server.id));
    const isOver = lastOf(known.slice(begun), 'rollout-finished') !== undefined;
    const missed = isOver
      ? cancelledBy(known, servers, await this.stop(id, servers)).missed
      : await this.cancelInJournal(id, servers);
    if (missed.size === 0) return;
    const planned = plannedIn(known);
    throw notCancelled(id, missed, (each) => {
      const begins = this.beginning(planned.get(each));
      return begins === undefined ? 'what was begun there goes on' : `what lies there still ${begins}`;
    });
  }

  /** It has not ended before every server that may hold a job was told. @returns those that were not */
  private async cancelInJournal(id: string, servers: readonly Server[]): Promise<Cancelled['missed']> {
    return this.note(id, async (write) => {
      await write({ type: 'rollout-asked', ask: 'cancel', by: this.means.by });
      const found = await this.stop(id, servers);
      const events = await readJournal(this.means.dir, id);
      const { ends, missed } = cancelledBy(events, servers, found);
      for (const end of ends) await write(end);
      if (missed.size > 0) return missed;
      const outcomes = outcomesOf(events);
      for (const { server, outcome } of ends) outcomes.set(server, outcome);
      const counts = count(outcomes.values());
      await write({ type: 'rollout-finished', outcome: ended(counts), counts });
      return missed;
    });
  }

  /** One that a colleague began, or whose journal is lost: the servers know its jobs. */
  private async cancelUnknown(id: string): Promise<void> {
    const found = await this.stop(id, serversOf(this.means.fleet()));
    const missed = new Map(
      [...found].flatMap(([server, stopped]) =>
        stopped instanceof FleetError ? [[server, stopped] as const] : [],
      ),
    );
    if (missed.size > 0)
      throw notCancelled(id, missed, () => `whether something of rollout ${id} lies there is not known`);
    const isIts = (stopped: Stopped): boolean =>
      stopped === 'stopped' || (isJob(stopped) && stopped.state === 'cancelled');
    if (![...found.values()].some(isIts))
      throw new FleetError('rollout.unknown', `Neither this machine nor a server knows a rollout ${id}.`, {
        hint: '`vms-fleet rollouts` lists those of this machine.',
      });
  }

  /** When an armed server begins by itself; undefined for one that is not armed, or has begun. */
  private beginning(planned: PlanServer | undefined): string | undefined {
    const server = serversOf(this.means.fleet()).find(({ id }) => id === planned?.id);
    return beginning(planned, server?.window, this.means.now());
  }

  private async stop(id: string, servers: readonly Server[]): Promise<Map<string, Stopped>> {
    const { means } = this;
    const found = await stopJobs(id, servers, await means.ask(servers), means.links);
    await means.ask(servers.filter((server) => found.get(server.id) === 'stopped'));
    return found;
  }

  /** Undefined where this machine has no journal of it. */
  private async known(id: string): Promise<FleetEvent[] | undefined> {
    try {
      return await readJournal(this.means.dir, id);
    } catch (error) {
      if (error instanceof FleetError && error.code === 'rollout.unknown') return undefined;
      throw error;
    }
  }

  /** Opens the journal of a rollout that nobody works on; nobody else does meanwhile. */
  private async note<T>(
    id: string,
    act: (write: (event: NewEvent) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const journal = await Journal.open(this.means.dir, id);
    try {
      return await act((event) =>
        journal.append({ at: this.means.now().toISOString(), rollout: id, ...event }, true),
      );
    } finally {
      await journal.close();
    }
  }

  /** Resolves when all that ran here has ended, or was let go of. */
  async settled(): Promise<void> {
    await Promise.all(this.carrying);
  }
}

/** By its journal: planned, not begun and not ended. */
function waitsIn(events: readonly FleetEvent[], server: string): boolean {
  return outcomesOf(events).get(server) === null && !beforeOf(events).atWork.has(server);
}

function obey({ cancel, control }: Running, asked: Request): void {
  switch (asked.ask) {
    case 'pause':
      return control.pause(asked.by);
    case 'continue':
      return control.proceed(asked.by);
    case 'skip':
      return control.skip(asked.server, asked.by, asked.why);
    case 'cancel':
      control.cancelledBy(asked.by);
      return cancel.abort();
  }
}

function noSuchServer(id: string, server: string): FleetError {
  return new FleetError('usage', `${server} does not wait in rollout ${id}.`, {
    server,
    hint: 'Only a server that has not begun can be skipped. `vms-fleet rollouts ID` shows how each stands.',
  });
}

/** @param begins when it does so by itself, where it is armed */
function hasBegun(id: string, server: string, begins: string | undefined): FleetError {
  return new FleetError(
    'usage',
    begins === undefined
      ? `${server} was begun in rollout ${id}, and what was begun there may go on.`
      : `${server} is armed in rollout ${id}, and ${begins}.`,
    {
      server,
      hint: `Left out, it would be watched by nobody. \`vms-fleet cancel ${id}\` ${begins === undefined ? 'stops' : 'disarms'} it; \`vms-fleet resume ${id}\` sees it to its end.`,
    },
  );
}
