import { asFleetError, atStep, FleetError } from '../errors';
import type { Server } from '../fleet/model';
import type { Library } from '../packages/library';
import { differences } from '../plan/difference';
import { assess, jobError, statusOfStep } from '../plan/assess';
import type { Action, PlanServer } from '../plan/plan';
import { planServer } from '../plan/planner';
import { meansFor } from '../products/means';
import type { Hands, Product, Supply } from '../products/product';
import { isArmed, isOfRollout, isUnended, type Facts, type JobFact } from '../targets/facts';
import type { Links } from '../targets/link';
import type { Platform } from '../targets/platform';
import { readFacts } from '../targets/read-facts';
import type { Fleet } from '../fleet/model';
import { disarmed, untilItBegins, waitStep } from './armed';
import { bring } from './bring';
import { Contact, isLinkTrouble } from './contact';
import { hasChecks, serviceTrouble, untilItSays, untilWell, unwell } from './health';
import { anotherWay, blockedNow, hasBrought, hopsDone } from './hops';
import { kindOf, makeJob, type JobOrder } from './job';
import type { NewEvent, Outcome, ServerStatus } from './events';
import { seeJobThrough } from './see-through';
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
  /** Jobs that this rollout has laid on the server so far, whoever of its parts did; counted on here. */
  jobs: { laid: number };
  /** Maintenance windows hold up nothing. */
  ignoreWindow: boolean;
  /** Journals the event before it resolves; whatever it tells is done after. */
  say(event: NewEvent): Promise<void>;
  /** Cancel: transfers stop, a job before its restart is undone. */
  cancel: AbortSignal;
  /** Let go: transfers stop, jobs on servers go on, nobody watches any more. */
  detach: AbortSignal;
  now(): Date;
  /** Whether so many more hops may begin now: asked before each, behind its download. */
  mayBegin: (hops: number) => boolean;
}

/** The server waits for its maintenance window: what could be done before that is done, and the same work goes on later. */
export type Waits = 'waits';

export interface WorkResult {
  outcome: Outcome;
  status: ServerStatus;
  error: FleetError | null;
}

/** The work of one rollout on one server: download, job by job, proof. Every way out is a `WorkResult` with a name. */
export class Work {
  private readonly product: Product;
  private readonly hands: Hands;
  private readonly platform: Platform;
  private readonly contact: Contact;
  private lastFacts: Facts | null = null;
  private compared = false;

  constructor(private readonly context: WorkContext) {
    const { product, hands, platform } = meansFor(context.server);
    this.contact = new Contact(context.server, context.links, (event) => context.say(event));
    this.product = product;
    this.hands = hands;
    this.platform = platform;
  }

  async run(): Promise<WorkResult | Waits> {
    try {
      return await this.steps();
    } catch (thrown) {
      const error = atStep(asFleetError(thrown, { server: this.context.server.id }), this.contact.step);
      if (this.context.detach.aborted || (error.code === 'cancelled' && this.context.cancel.aborted))
        return this.settled('cancelled', this.cancelled(error));
      return { outcome: 'failed', status: this.failedStatus(error), error };
    }
  }

  /** Where it is armed. Only an install is: taking it back is done while somebody watches. */
  private get startsAt(): string | undefined {
    const { action, planned } = this.context;
    return action === 'install' ? planned.startsAt : undefined;
  }

  private cancelled(error: FleetError): FleetError {
    const { server, detach } = this.context;
    const step = error.step ?? 'connect';
    if (step === 'wait' && !detach.aborted) return disarmed(server);
    return new FleetError(
      'cancelled',
      `${server.id} was cancelled in ${step}; what lies on the server is kept.`,
      {
        server: server.id,
        step,
        hint: 'Resume the rollout to go on from there.',
        cause: error,
      },
    );
  }

  private async steps(): Promise<WorkResult | Waits> {
    const { action } = this.context;
    const facts = await this.facts();
    const mine = this.myJob(facts);
    if (mine !== null && isUnended(mine)) {
      if (isArmed(mine)) await this.untilItBegins(mine.id, mine.startsAt ?? '');
      await this.seeThrough(mine.id, mine.action);
      return this.nextHops(await this.facts());
    }
    // What it did alone is not done again unasked, at whatever hour somebody looks.
    if (this.startsAt !== undefined && mine?.state === 'cancelled')
      return this.settled('cancelled', disarmed(this.context.server));
    if (this.startsAt !== undefined && mine?.state === 'failed')
      throw jobError(this.context.server, mine.step, mine.message ?? 'no reason given');
    if (action === 'download') {
      await this.download(facts, this.context.to);
      return this.settled('done');
    }
    return this.nextHops(facts);
  }

  /** One hop after the other, each planned from fresh facts: what is done already is seen there and not done again. */
  private async nextHops(first: Facts): Promise<WorkResult | Waits> {
    const { action, server, planned, mayBegin } = this.context;
    let facts = first;
    // That the fleet file wants another version by now is the next rollout's business.
    if (action === 'install' && hasBrought(planned, facts, this.myJob(facts)))
      return this.sound(await this.told());
    if (action === 'restart') {
      if (this.myJob(facts)?.state !== 'done') {
        if (!mayBegin(1)) return 'waits';
        await this.job(facts, null);
      }
      return this.proven();
    }
    const whole = action === 'install' ? await this.planAgain(facts, null) : null;
    if (whole !== null && this.nothingToDo(whole)) return this.proven();
    // Of several versions none is begun with where the last one is barred.
    if (whole?.verdict === 'blocked') throw blockedNow(server, whole);
    for (let hop = hopsDone(server, planned, facts, whole); hop < planned.path.length; hop++) {
      this.context.cancel.throwIfAborted();
      const target = planned.path[hop] ?? null;
      const again = await this.planAgain(facts, this.isOnTheWay(hop) ? target : null);
      if (this.nothingToDo(again)) break;
      if (again.verdict === 'blocked') throw blockedNow(server, again);
      if (again.path.length !== 1) throw anotherWay(server, planned, again.path);
      await this.download(facts, this.wantedAt(hop));
      facts = await this.facts();
      if (!mayBegin(planned.path.length - hop)) return 'waits';
      await this.job(facts, hop);
      if (hop < planned.path.length - 1) await this.well();
      facts = await this.facts();
    }
    return this.proven();
  }

  /** True for a hop that is planned by its own version; the last one of an install wants what the whole plan wanted. */
  private isOnTheWay(hop: number): boolean {
    const { action, planned } = this.context;
    return action === 'rollback' || hop < planned.path.length - 1;
  }

  private wantedAt(hop: number): string | null {
    return this.isOnTheWay(hop) ? (this.context.planned.path[hop] ?? null) : this.context.to;
  }

  /** @param target the hop's own version; null for what the whole plan leads to */
  private async planAgain(facts: Facts, target: string | null): Promise<PlanServer> {
    const { action, fleet, server, planned } = this.context;
    const supply = await this.supply();
    const to = target ?? this.context.to;
    const answered = new Map([[server.id, { facts }]]);
    const now = this.context.now();
    // Its window is asked for apart, when all else is settled.
    const again = planServer({ fleet, action, to, answered, supply, now, ignoreWindow: true }, server);
    if (this.myJob(facts) === null) await this.tellDifferences(again);
    if (
      again.verdict !== 'skip' &&
      again.verdict !== 'blocked' &&
      target === null &&
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

  /** Once, before anything is done: what the plan did not know yet. */
  private async tellDifferences(again: PlanServer): Promise<void> {
    const { planned } = this.context;
    if (this.compared || this.context.action !== 'install' || planned.path.length === 0) return;
    this.compared = true;
    for (const one of differences(planned, again)) await this.contact.log('plan', one, 'warn');
  }

  /** @throws FleetError `job.busy` where a plan skips the server because somebody else works there: then nothing is done yet */
  private nothingToDo({ verdict, reasons }: PlanServer): boolean {
    const busy = reasons.find(({ rule }) => rule === this.product.oneJobRule);
    if (verdict === 'skip' && busy !== undefined)
      throw new FleetError('job.busy', busy.message, {
        server: this.context.server.id,
        hint: 'Wait until it has ended, or cancel it; then run the action again.',
      });
    return verdict === 'skip';
  }

  // ---- download

  /** @param to the version that it leads to; null: what is wanted */
  private async download(facts: Facts, to: string | null): Promise<void> {
    const { contact, platform, product } = this;
    const { action, library, supplies, cancel, detach } = this.context;
    const supply = () => this.supply();
    const signal = AbortSignal.any([cancel, detach]);
    const errand = { contact, platform, product, action, library, supplies, supply, signal };
    if (await bring(errand, facts, to)) await this.facts();
  }

  // ---- jobs

  /** @param hop of the plan's path; null for a restart */
  private async job(facts: Facts, hop: number | null): Promise<void> {
    const { action, rolloutId, server, by, cancel } = this.context;
    cancel.throwIfAborted();
    const kind = kindOf(action);
    const id = this.nextJobId(facts);
    const supply = await this.supply();
    const { startsAt } = this;
    const start =
      startsAt === undefined
        ? null
        : {
            at: startsAt,
            wait: await waitStep(this.contact, this.platform, startsAt, this.context),
          };
    const order: JobOrder = {
      ...{ id, rolloutId, action, server, facts, supply, by, start },
      to: hop === null ? null : this.wantedAt(hop),
      target: hop === null ? null : (this.context.planned.path[hop] ?? null),
      now: this.context.now(),
    };
    const job = makeJob(order, this.hands, this.platform);
    await this.contact.status(statusOfStep(kind, null), 'start', null);
    await this.contact.persist(this.context.detach, async (link) => {
      await this.platform.prepare(link);
      await this.platform.startJob(link, job);
    });
    if (startsAt !== undefined) await this.untilItBegins(id, startsAt);
    await this.seeThrough(id, kind);
  }

  /**
   * Jobs of this rollout on this server count up, so that going on after a failure is a job of its own. The server tells of its last
   * job alone, which may be somebody else's: what was laid here before is counted by the journal.
   */
  private nextJobId(facts: Facts): string {
    const { rolloutId, jobs } = this.context;
    const last = Number(this.myJob(facts)?.id.slice(rolloutId.length + 1) ?? 0);
    jobs.laid = Math.max(jobs.laid, Number.isInteger(last) ? last : 0) + 1;
    return `${rolloutId}-${jobs.laid}`;
  }

  private myJob({ job }: Facts): JobFact | null {
    return job !== null && isOfRollout(job, this.context.rolloutId) ? job : null;
  }

  private untilItBegins(id: string, startsAt: string): Promise<void> {
    return untilItBegins(this.contact, this.platform, { id, startsAt }, this.context);
  }

  private seeThrough(jobId: string, action: JobFact['action']): Promise<void> {
    const { cancel, detach } = this.context;
    return seeJobThrough({ contact: this.contact, platform: this.platform, jobId, action, cancel, detach });
  }

  // ---- proof

  /** The server itself says the version and is up: an exit code proves nothing. */
  private async proven(): Promise<WorkResult> {
    const { server, action, planned } = this.context;
    const facts = await this.told();
    const situation = { server, facts, supply: await this.supply(), to: planned.to };
    const takenOff = planned.entriesLeft === undefined || facts.history.length <= planned.entriesLeft;
    if (!this.hands.reached(situation, action) || !takenOff)
      throw new FleetError(
        'verify.version',
        `${server.id} says ${facts.installed?.version ?? 'no version'} after the ${action}.`,
        {
          server: server.id,
          step: 'verify',
          hint: 'Somebody else may have changed it meanwhile. Plan again to see what differs.',
        },
      );
    return this.sound(facts);
  }

  /** What the server says once its service is up, or will not come. */
  private told(): Promise<Facts> {
    const { server, cancel, detach } = this.context;
    return untilItSays(server, () => this.facts(), AbortSignal.any([cancel, detach]));
  }

  /** The version is what it shall be, and it does its work. */
  private async sound(facts: Facts): Promise<WorkResult> {
    const wrong = serviceTrouble(this.context.server, facts);
    if (wrong !== null) throw atStep(wrong, 'verify');
    await this.well();
    return this.settled('done');
  }

  /** By what the fleet file asks for besides; a server may need a while to be well. */
  private async well(): Promise<void> {
    const { server, cancel, detach } = this.context;
    if (!hasChecks(server)) return;
    await this.contact.status('verifying', 'check-health', null);
    const signal = AbortSignal.any([cancel, detach]);
    const look = (): Promise<FleetError | null> =>
      this.contact.persist(signal, (link) => unwell(link, this.platform, signal));
    const wrong = await untilWell(server, look, signal);
    if (wrong !== null) throw atStep(wrong, 'check-health');
    await this.contact.log('check-health', 'done');
  }

  // ---- what all steps use

  private async supply(): Promise<Supply> {
    return this.context.supplies.known();
  }

  private async facts(): Promise<Facts> {
    const { server, library, cancel, detach } = this.context;
    const packages = await library.list();
    const signal = this.contact.reached ? detach : AbortSignal.any([cancel, detach]);
    const facts = await this.contact.persist(signal, (link) =>
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

  private async settled(outcome: Outcome, error: FleetError | null = null): Promise<WorkResult> {
    const { server } = this.context;
    if (this.lastFacts === null) return { outcome, status: 'unknown', error };
    return { outcome, status: assess(server, this.lastFacts, await this.supply()).status, error };
  }

  private failedStatus(error: FleetError): ServerStatus {
    if (!this.contact.reached) return 'unreachable';
    if (error.code === 'job.interrupted' || isLinkTrouble(error)) return 'stalled';
    return this.context.action === 'rollback' ? 'rollback-failed' : 'failed';
  }
}
