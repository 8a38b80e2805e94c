import { setTimeout as sleep } from 'node:timers/promises';
import { asFleetError, FleetError, type ErrorCode } from '../errors';
import type { Server } from '../fleet/model';
import type { Library } from '../packages/library';
import { assess, interrupted, jobError, provesOnly, statusOfStep } from '../plan/assess';
import type { Action, PlanServer } from '../plan/plan';
import { makePlan } from '../plan/planner';
import { meansFor } from '../products/means';
import {
  notThere,
  type Hands,
  type JobContext,
  type JobPart,
  type Product,
  type Situation,
  type Supply,
} from '../products/product';
import type { Facts, JobFact } from '../targets/facts';
import type { Link, Links } from '../targets/link';
import type { Job, JobEnd, JournalLine, Platform } from '../targets/platform';
import { readFacts } from '../targets/read-facts';
import { awaitReturn, noReturn } from '../targets/return';
import { transfer } from '../targets/transfer';
import type { Fleet } from '../fleet/model';
import type { NewEvent, Outcome, ServerStatus } from './events';
import type { Supplies } from './supply';

/** What the work on one server is given. */
export interface WorkContext {
  rolloutId: string;
  fleet: Fleet;
  server: Server;
  planned: PlanServer;
  action: Action;
  to: string | null;
  /** user@workstation. */
  by: string;
  links: Links;
  library: Library;
  supplies: Supplies;
  /** Journals the event before it resolves; whatever it tells is done after. */
  say(event: NewEvent): Promise<void>;
  /** Cancel: transfers stop, a job before its restart is undone. */
  cancel: AbortSignal;
  /** Let go: jobs on servers go on, nobody watches any more. */
  detach: AbortSignal;
}

export interface WorkResult {
  outcome: Outcome;
  status: ServerStatus;
  error: FleetError | null;
}

const minute = 60_000;
/** ms that a lost link may stay lost in the middle of the work before a person has to look. */
const linkPatience = 10 * minute;
/** A job whose runner vanishes again and again is not started for ever. */
const mostRestarts = 5;

const linkTrouble: readonly ErrorCode[] = [
  'link.lost',
  'link.timeout',
  'host.refused',
  'host.timeout',
  'host.unknown',
  'auth.failed',
];
const isLinkTrouble = (error: FleetError): boolean => linkTrouble.includes(error.code);

/** The work of one rollout on one server: download, job by job, proof. Every way out is a `WorkResult` with a name. */
export class Work {
  private readonly product: Product;
  private readonly hands: Hands;
  private readonly platform: Platform;
  private lastProgress = 0;
  private reachedOnce = false;

  constructor(private readonly context: WorkContext) {
    const { product, hands, platform } = meansFor(context.server);
    this.product = product;
    this.hands = hands;
    this.platform = platform;
  }

  async run(): Promise<WorkResult> {
    try {
      return await this.steps();
    } catch (thrown) {
      const error = asFleetError(thrown, { server: this.context.server.id });
      if (this.context.detach.aborted || (error.code === 'cancelled' && this.context.cancel.aborted))
        return this.settled('cancelled', error);
      return { outcome: 'failed', status: this.failedStatus(error), error };
    }
  }

  private async steps(): Promise<WorkResult> {
    const { action } = this.context;
    const facts = await this.facts();
    const mine = this.myJob(facts);
    if (mine !== null && (mine.state === 'running' || mine.state === 'interrupted')) {
      await this.seeThrough(mine.id, mine.action);
      return this.nextHops(await this.facts());
    }
    if (action === 'download') {
      await this.download(facts);
      return this.settled('done');
    }
    return this.nextHops(facts);
  }

  /** One hop after the other, each planned from fresh facts: what is done already is seen there and not done again. */
  private async nextHops(first: Facts): Promise<WorkResult> {
    const { action, planned } = this.context;
    let facts = first;
    if (action === 'restart') {
      const mine = this.myJob(facts);
      if (mine?.state !== 'done') await this.job(facts, null);
      return this.proven();
    }
    for (let hop = this.hopsDone(facts); hop < planned.path.length; hop++) {
      this.context.cancel.throwIfAborted();
      const target = planned.path[hop] ?? null;
      const again = await this.planAgain(facts, target);
      if (again.verdict === 'skip') break;
      if (again.verdict === 'blocked') throw this.blocked(again);
      if (action === 'install') {
        await this.download(facts);
        facts = await this.facts();
      }
      await this.job(facts, target);
      facts = await this.facts();
    }
    return this.proven();
  }

  /** Hops of a rollback that the server's history shows as gone already. An install compares versions by itself. */
  private hopsDone(facts: Facts): number {
    const { action, planned } = this.context;
    if (action !== 'rollback') return 0;
    const top = facts.history.at(-1);
    const mine = this.myJob(facts);
    const gone = mine !== null && (mine.state === 'done' || provesOnly(mine.step));
    return gone && top !== undefined ? planned.path.indexOf(top) + 1 : 0;
  }

  private async planAgain(facts: Facts, target: string | null): Promise<PlanServer> {
    const { action, fleet, server, planned } = this.context;
    const supply = await this.supply();
    // A rollback takes one hop at a time; an install of the last hop wants what the plan wanted.
    const to = action === 'rollback' ? target : this.context.to;
    const plan = makePlan({
      fleet,
      servers: [server],
      action,
      to,
      answered: new Map([[server.id, { facts }]]),
      supply,
    });
    const again = plan.servers[0];
    if (again === undefined) throw new Error('a plan without its server');
    if (
      again.verdict !== 'skip' &&
      again.verdict !== 'blocked' &&
      again.to !== planned.path.at(-1) &&
      action === 'install'
    )
      throw new FleetError(
        'plan.changed',
        `${server.id} was to go to ${planned.to}, and now the fleet file wants ${again.to}.`,
        {
          server: server.id,
          hint: 'Plan again.',
        },
      );
    return again;
  }

  private blocked(plan: PlanServer): FleetError {
    const reasons = plan.reasons.filter((reason) => reason.severity === 'block');
    return new FleetError(
      'plan.blocked',
      reasons.map(({ rule, message }) => `${rule}: ${message}`).join(' '),
      {
        server: this.context.server.id,
        hint: 'The facts have changed since the plan was made. Mend the cause, then run the action again.',
      },
    );
  }

  // ---- download

  private async download(facts: Facts): Promise<void> {
    const { server, supplies, cancel } = this.context;
    await this.status('downloading', 'download', null);
    const situation = async (): Promise<Situation> => ({
      server,
      facts,
      supply: await this.supply(),
      to: this.context.to,
    });
    await supplies.fetch(
      server,
      notThere(this.product.needs(await situation()), facts),
      (file, done, total) => this.progress(`fetch ${file}`, done, total),
      cancel,
    );
    const needs = this.product.needs(await situation());
    const missing = notThere(needs, facts).flatMap((need) => need.package ?? []);
    const total = missing.reduce((sum, info) => sum + info.size, 0);
    let before = 0;
    for (const info of missing) {
      const source = {
        sha256: info.sha256,
        file: info.file,
        size: info.size,
        path: this.context.library.path(info),
      };
      const result = await this.persist(cancel, async (link) =>
        transfer(link, this.platform, source, {
          signal: cancel,
          onProgress: (done) => this.progress('download', before + done, total),
        }),
      );
      before += info.size;
      await this.log(
        'download',
        `${info.file} (${info.sha256.slice(0, 12)}…) ${result === 'had' ? 'was there' : 'is there, hashed on the server'}`,
      );
    }
    await this.facts();
  }

  // ---- jobs

  private async job(facts: Facts, target: string | null): Promise<void> {
    const { action, rolloutId, server, by, cancel } = this.context;
    cancel.throwIfAborted();
    const kind: JobFact['action'] = action === 'rollback' || action === 'restart' ? action : 'install';
    const id = this.nextJobId(facts);
    const context: JobContext = {
      server,
      facts,
      supply: await this.supply(),
      to: action === 'rollback' ? target : this.context.to,
      platform: this.platform,
      jobId: id,
      jobDir: this.platform.join(this.platform.stateDir(server), 'jobs', id),
      packagePath: (info) =>
        this.platform.join(this.platform.stateDir(server), 'packages', info.sha256, info.file),
      by,
    };
    const part = this.part(context, facts);
    const job: Job = {
      id,
      settings: {
        action: [kind],
        to: [target ?? facts.installed?.version ?? '-'],
        by: [by],
        rollout: [rolloutId],
        service: [facts.service?.name ?? '-'],
        backup: [id],
        'going-down': ['180'],
      },
      ...part,
    };
    await this.status(statusOfStep(kind, null), 'start', null);
    await this.persist(this.context.detach, async (link) => {
      await this.platform.prepare(link);
      await this.platform.startJob(link, job);
    });
    await this.seeThrough(id, kind);
  }

  private part(context: JobContext, facts: Facts): JobPart {
    switch (this.context.action) {
      case 'rollback': {
        const entry = facts.entries?.at(-1);
        if (entry === undefined)
          throw new FleetError('plan.blocked', `${context.server.id} has no history to roll back.`, {
            server: context.server.id,
          });
        return this.hands.rollbackJob(context, entry);
      }
      case 'restart':
        return this.hands.restartJob(context);
      case 'install':
      case 'download':
        return this.hands.installJob(context);
    }
  }

  /** Jobs of this rollout on this server count up, so that going on after a failure is a job of its own. */
  private nextJobId(facts: Facts): string {
    const count = Number(this.myJob(facts)?.id.slice(this.context.rolloutId.length + 1) ?? 0);
    return `${this.context.rolloutId}-${(Number.isInteger(count) ? count : 0) + 1}`;
  }

  private myJob(facts: Facts): JobFact | null {
    return facts.job?.id.startsWith(`${this.context.rolloutId}-`) ? facts.job : null;
  }

  /** Follows a job to its end through lost links, restarts and a runner that vanished with the machine. */
  private async seeThrough(id: string, action: JobFact['action']): Promise<void> {
    const { server, detach } = this.context;
    let from = 0;
    let restarts = 0;
    let last: string | null = null;
    const patience = server.returnMinutes * minute;
    const cancelling = this.cancelOnRequest(id);
    try {
      for (;;) {
        const watch = new RestartWatch();
        let end: JobEnd | 'restarting';
        try {
          const follow = (link: Link): Promise<JobEnd | 'restarting'> =>
            this.platform
              .followJob(
                link,
                id,
                from,
                (line) => {
                  from++;
                  last = line.step;
                  watch.see(line);
                  void this.journalLine(line, action);
                },
                AbortSignal.any([detach, watch.signal]),
              )
              .catch((error: unknown) => {
                if (watch.restarting) return 'restarting' as const;
                throw error;
              });
          end = await this.persist(detach, follow, patience);
        } catch (thrown) {
          // An armed server that falls silent has restarted, asked or not.
          const error = asFleetError(thrown);
          throw last === 'arm' && isLinkTrouble(error)
            ? noReturn(server, patience, error.message, error)
            : thrown;
        } finally {
          watch.dispose();
        }
        if (end !== 'restarting' && end.kind === 'exit') {
          if (end.state === 'done') return;
          if (end.state === 'cancelled')
            throw new FleetError('cancelled', end.message, { server: server.id });
          throw jobError(server, end.step, end.message);
        }
        if (watch.before !== null && (end === 'restarting' || watch.restarting))
          await this.outAndBack(id, watch.before);
        if (++restarts > mostRestarts)
          throw interrupted(server, {
            id,
            action,
            to: null,
            state: 'interrupted',
            by: '',
            since: 0,
            step: last,
            message: null,
          });
        // The server goes on by itself where it can; where it cannot, this starts the runner again.
        await this.persist(detach, (link) => this.platform.continueJob(link, id, detach));
      }
    } finally {
      cancelling.dispose();
    }
  }

  private async outAndBack(id: string, before: string): Promise<void> {
    const { server, links, detach } = this.context;
    await this.status('restarting', 'restart', 'away');
    links.drop(server);
    const pulse = await awaitReturn(links, this.platform, server, {
      before,
      jobId: id,
      patience: server.returnMinutes * minute,
      signal: detach,
    });
    if (pulse.bootId !== before) await this.log('restart', `back, boot identity ${pulse.bootId}`);
  }

  /** Cancel stops a job before its restart; behind that the job ends by itself, and its end is what counts. */
  private cancelOnRequest(id: string): { dispose(): void } {
    const { cancel, detach } = this.context;
    const ask = (): void => {
      this.persist(detach, (link) => this.platform.cancelJob(link, id, detach)).catch((error: unknown) =>
        this.log('cancel', asFleetError(error).message, 'warn'),
      );
    };
    if (cancel.aborted) ask();
    else cancel.addEventListener('abort', ask, { once: true });
    return { dispose: () => cancel.removeEventListener('abort', ask) };
  }

  private async journalLine(line: JournalLine, action: JobFact['action']): Promise<void> {
    switch (line.event) {
      case 'begin':
        return this.status(statusOfStep(action, line.step), line.step, null);
      case 'end':
        return this.log(line.step, 'done');
      case 'fail':
        return this.log(line.step, line.text, 'error');
      case 'undo':
        return this.log(line.step, 'taking back what was done', 'warn');
      case 'note':
        return this.log(line.step, line.text, 'warn');
    }
  }

  // ---- proof

  /** The server itself says the version and is up: an exit code proves nothing. */
  private async proven(): Promise<WorkResult> {
    const { server, action } = this.context;
    const facts = await this.facts();
    const situation = { server, facts, supply: await this.supply(), to: this.context.to };
    if (!this.hands.reached(situation, action))
      throw new FleetError(
        'verify.version',
        `${server.id} says ${facts.installed?.version ?? 'no version'} after the ${action}.`,
        {
          server: server.id,
          step: 'verify',
          hint: 'Somebody else may have changed it meanwhile. Plan again to see what differs.',
        },
      );
    if (facts.service !== undefined && facts.service.state !== 'running')
      throw new FleetError(
        'verify.service',
        `The service ${facts.service.name} on ${server.id} is ${facts.service.state}.`,
        {
          server: server.id,
          step: 'verify',
          hint: "Roll back, or look at the service's log on the server.",
        },
      );
    return this.settled('done');
  }

  // ---- what all steps use

  private async supply(): Promise<Supply> {
    return this.context.supplies.known();
  }

  private async facts(): Promise<Facts> {
    const { server, library, cancel, detach } = this.context;
    const packages = await library.list();
    const signal = this.reachedOnce ? detach : AbortSignal.any([cancel, detach]);
    const facts = await this.persist(signal, (link) =>
      readFacts(link, this.platform, this.hands, packages, signal),
    );
    this.lastFacts = facts;
    await this.context.say({
      type: 'facts',
      server: server.id,
      facts,
      assessment: assess(server, facts, await this.supply()),
    });
    return facts;
  }

  private lastFacts: Facts | null = null;

  /** Does something over the link, and again after the link was lost, until patience ends. A server that was never reached fails at once. */
  private async persist<T>(
    signal: AbortSignal,
    act: (link: Link) => Promise<T>,
    patience = linkPatience,
  ): Promise<T> {
    const { server, links } = this.context;
    let lostAt: number | undefined;
    for (let pause = 500; ; pause = Math.min(pause * 2, 10_000)) {
      try {
        signal.throwIfAborted();
        const link = await links.get(server, { signal });
        this.reachedOnce = true;
        if (lostAt !== undefined) await this.log('link', 'reached again');
        lostAt = undefined;
        return await act(link);
      } catch (thrown) {
        const error = asFleetError(thrown, { server: server.id });
        if (signal.aborted || !this.reachedOnce || !isLinkTrouble(error)) throw error;
        lostAt ??= Date.now();
        if (Date.now() - lostAt > patience) throw error;
        if (pause === 500) await this.log('link', `${error.message} Trying again.`, 'warn');
        links.drop(server);
        await sleep(pause, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async settled(outcome: Outcome, error: FleetError | null = null): Promise<WorkResult> {
    const { server } = this.context;
    if (this.lastFacts === null) return { outcome, status: 'unknown', error };
    return { outcome, status: assess(server, this.lastFacts, await this.supply()).status, error };
  }

  private failedStatus(error: FleetError): ServerStatus {
    if (!this.reachedOnce) return 'unreachable';
    if (error.code === 'job.interrupted' || isLinkTrouble(error)) return 'stalled';
    return this.context.action === 'rollback' ? 'rollback-failed' : 'failed';
  }

  private async status(status: ServerStatus, step: string, detail: string | null): Promise<void> {
    await this.context.say({ type: 'status', server: this.context.server.id, status, step, detail });
  }

  private async log(step: string, message: string, level: 'info' | 'warn' | 'error' = 'info'): Promise<void> {
    await this.context.say({ type: 'log', server: this.context.server.id, step, level, message });
  }

  private progress(step: string, done: number, total: number): void {
    const now = Date.now();
    if (now - this.lastProgress < 100 && done < total) return;
    this.lastProgress = now;
    void this.context.say({ type: 'progress', server: this.context.server.id, step, done, total });
  }
}

/** Sees in a job's journal that the machine is being restarted, and gives the journal a moment to say that it is over already. */
class RestartWatch {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  restarting = false;
  before: string | null = null;

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  see(line: JournalLine): void {
    clearTimeout(this.timer);
    this.restarting = line.event === 'begin' && line.step === 'restart';
    if (!this.restarting) return;
    this.before = line.text;
    this.timer = setTimeout(() => this.controller.abort(), 1_000);
  }

  dispose(): void {
    clearTimeout(this.timer);
  }
}
