import { setTimeout as sleep } from 'node:timers/promises';
import { asFleetError, type ErrorCode, type FleetError } from '../errors';
import type { Server } from '../fleet/model';
import type { Link, Links } from '../targets/link';
import type { NewEvent, ServerStatus } from './events';

/** ms that a lost link may stay lost in the middle of the work before a person has to look. */
const linkPatience = 10 * 60_000;
/** A link that held so long (ms) before it was lost counts as a new loss. */
const heldLong = 30_000;
/**
 * And so long where it ended by a command that said nothing within its time: by itself that only shows that nothing is answered, and
 * no command waits for so long.
 */
const heldLongSilent = 300_000;
/** ms between two progress events of a server. */
const progressPause = 100;

const linkTrouble: readonly ErrorCode[] = [
  'link.lost',
  'link.timeout',
  'host.refused',
  'host.timeout',
  'host.unknown',
  'auth.failed',
];
/** True for what waiting may mend: the way to the server, not what it says. */
export const isLinkTrouble = (error: FleetError): boolean => linkTrouble.includes(error.code);

/** One rollout's contact with one server: what is done over its link survives the link, and what happens is told as events. */
export class Contact {
  private lastProgress = 0;
  private wasReached = false;
  /** The step that was told last. */
  step: string | null = null;

  constructor(
    readonly server: Server,
    readonly links: Links,
    private readonly say: (event: NewEvent) => Promise<void>,
  ) {}

  /** True once the server has answered in this rollout. */
  get reached(): boolean {
    return this.wasReached;
  }

  /**
   * Does something over the link, and again after the link was lost, until patience (ms) ends. A server that was never
   * reached fails at once: it is down, not lost.
   */
  async persist<T>(
    signal: AbortSignal,
    act: (link: Link) => Promise<T>,
    patience = linkPatience,
  ): Promise<T> {
    let lostAt: number | undefined;
    for (let pause = 500; ; pause = Math.min(pause * 2, 10_000)) {
      let reachedAt: number | undefined;
      try {
        signal.throwIfAborted();
        const link = await this.links.get(this.server, { signal });
        this.wasReached = true;
        reachedAt = Date.now();
        if (lostAt !== undefined) await this.log('link', 'reached again');
        return await act(link);
      } catch (thrown) {
        const error = asFleetError(thrown, { server: this.server.id });
        if (signal.aborted || !this.wasReached || !isLinkTrouble(error)) throw error;
        const now = Date.now();
        const long = error.code === 'link.timeout' ? heldLongSilent : heldLong;
        if (reachedAt !== undefined && now - reachedAt > long) {
          lostAt = undefined;
          pause = 500;
        }
        if (lostAt === undefined) await this.log('link', `${error.message} Trying again.`, 'warn');
        lostAt ??= now;
        if (now - lostAt > patience) throw error;
        this.links.drop(this.server);
        await sleep(pause, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Tells a state before what it names is done. */
  async status(status: ServerStatus, step: string, detail: string | null): Promise<void> {
    this.step = step;
    await this.say({ type: 'status', server: this.server.id, status, step, detail });
  }

  async log(step: string, message: string, level: 'info' | 'warn' | 'error' = 'info'): Promise<void> {
    await this.say({ type: 'log', server: this.server.id, step, level, message });
  }

  /** Bytes; told at most ten times a second. It is not journalled, so nobody waits for it. */
  progress(step: string, done: number, total: number): void {
    const now = Date.now();
    if (now - this.lastProgress < progressPause && done < total) return;
    this.lastProgress = now;
    void this.say({ type: 'progress', server: this.server.id, step, done, total });
  }
}
