import { FleetError } from '../errors';
import { servers, type Server } from '../fleet/model';
import type { Crew, RolloutContext } from './rollout';
import { Soaks } from './soak';
import type { Hold, Standing } from './standing';
import { Watch } from './watch';
import type { WorkResult } from './work';

const minute = 60_000;

/** What a rollout owes to servers whose part ended well: they are watched, and the first wave soaks before the next begins. */
export class Aftercare {
  private readonly watch: Watch;
  private readonly soaks: Soaks;
  /** When each server's part ended well. */
  private readonly doneAt = new Map<string, number>();
  private readonly firstWave = new Map<string, { wave: number; servers: string[] }>();
  private readonly byId: ReadonlyMap<string, Server>;

  constructor(
    private readonly context: RolloutContext,
    private readonly crew: Pick<Crew, 'look'>,
    private readonly results: ReadonlyMap<string, WorkResult>,
    private readonly dropOut: (server: Server, dropped: WorkResult) => Promise<void>,
  ) {
    this.byId = new Map(servers(context.fleet).map((server) => [server.id, server]));
    this.watch = new Watch(() => context.now());
    this.soaks = new Soaks(this.watch);
  }

  /** Who belongs to the first wave of each system, and who was done before an interruption. */
  begin(line: readonly Standing[]): void {
    const done = this.context.before?.done ?? [];
    for (const { planned } of [...done, ...line]) {
      const { id, system, wave } = planned;
      const first = this.firstWave.get(system);
      if (first === undefined || wave < first.wave) this.firstWave.set(system, { wave, servers: [id] });
      else if (wave === first.wave) first.servers.push(id);
    }
    for (const { planned, at } of done) {
      const server = this.byId.get(planned.id);
      if (server !== undefined) this.done(server, at);
    }
    // A second wave that had begun has seen the first one soak.
    for (const { planned } of done) {
      const first = this.firstWave.get(planned.system);
      const one = this.context.fleet.systems.find(({ id }) => id === planned.system);
      if (one !== undefined && first !== undefined && planned.wave > first.wave)
        this.soaks.begin(one, first.wave, [], 0);
    }
  }

  /** A server's part ended well at that moment (ms since 1970). */
  done(server: Server, at: number): void {
    this.doneAt.set(server.id, at);
    const system = this.context.fleet.systems.find(({ id }) => id === server.system);
    if (system === undefined || this.context.plan.action === 'download') return;
    const until = at + system.watchMinutes * minute;
    if (until > this.context.now().getTime()) this.watch.add(server.id, at, until);
  }

  /** Before a decision: first waves that have ended begin to soak. Nobody is watched once the rollout was stopped. */
  turn(line: readonly Standing[], stopped: boolean): void {
    if (stopped) return this.watch.clear();
    for (const system of this.context.fleet.systems) {
      const first = this.firstWave.get(system.id);
      if (system.soakMinutes === 0 || this.context.plan.action === 'download' || first === undefined)
        continue;
      if (this.soaks.has(system.id)) continue;
      const left = line.filter(({ planned }) => planned.system === system.id);
      if (left.length === 0 || left.some(({ planned }) => planned.wave === first.wave)) continue;
      const done = first.servers.filter((id) => this.doneAt.has(id) && this.isDone(id));
      const endedAt = Math.max(0, ...done.map((id) => this.doneAt.get(id) ?? 0));
      this.soaks.begin(system, first.wave, done, endedAt);
    }
  }

  private isDone(id: string): boolean {
    const result = this.results.get(id);
    return result === undefined || result.outcome === 'done';
  }

  hold(system: string, wave: number): Hold | undefined {
    return this.soaks.hold(system, wave);
  }

  /** The next moment at which somebody is to be looked at. */
  get next(): Date | null {
    return this.watch.next;
  }

  get due(): boolean {
    const { next } = this.watch;
    return next !== null && next <= this.context.now();
  }

  /** Nobody is watched any more. */
  get over(): boolean {
    return this.watch.empty;
  }

  /** Looks at those whose moment has come. */
  async round(detach: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([this.context.cancel, detach]);
    await this.watch.round((id) => this.look(id, signal));
  }

  private async look(id: string, signal: AbortSignal): Promise<void> {
    const server = this.byId.get(id);
    if (server === undefined) return this.watch.drop(id);
    const { links, library } = this.context;
    const seen = await this.crew.look({ server, links, library, signal }).catch(() => null);
    const wrong = seen?.wrong ?? null;
    if (seen === null || wrong === null) return;
    this.watch.drop(id);
    // Somebody else works on it by now: what becomes of it is theirs.
    if (wrong.code === 'job.busy') return;
    this.doneAt.delete(id);
    const error = new FleetError(
      wrong.code,
      `${id} dropped out after its ${this.context.plan.action}: ${wrong.message}`,
      {
        server: id,
        step: 'watch',
        ...(wrong.hint !== undefined && { hint: wrong.hint }),
        cause: wrong,
      },
    );
    const status = seen.facts === null ? 'unreachable' : 'failed';
    await this.dropOut(server, { outcome: 'failed', status, error });
  }
}
