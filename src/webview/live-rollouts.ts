import type { FleetEvent } from '../updater/rollout/events';
import { RolloutFold, type RolloutServer, type RolloutView } from './rollout-view';

/** Rollouts that ended are kept until so many newer ones have ended. */
const mostEnded = 3;

/** The rollout that an event changed, and its server; null: only the rollout as a whole. */
export interface Moved {
  id: string;
  server: string | null;
  began: boolean;
}

/** The rollouts of one fleet that this window has seen, in whichever process: those that run, and the last that ended. */
export class LiveRollouts {
  private readonly folds = new Map<string, RolloutFold>();

  event(event: FleetEvent): Moved | undefined {
    const id = event.rollout;
    if (id === undefined) return undefined;
    // It may go on with other servers: whoever looks at it reads its journal until it does.
    if (event.type === 'rollout-left') this.folds.delete(id);
    let fold = this.folds.get(id);
    if (event.type === 'rollout-started') {
      // The newest last, also where an old one goes on.
      this.folds.delete(id);
      this.folds.set(id, (fold ??= new RolloutFold()));
    }
    const server = fold?.apply(event);
    if (server === undefined) return undefined;
    if (event.type === 'rollout-finished') this.forget();
    return { id, server, began: event.type === 'rollout-started' };
  }

  fold(id: string): RolloutFold | undefined {
    return this.folds.get(id);
  }

  /** Newest first. */
  views(): RolloutView[] {
    return [...this.folds.values()].flatMap((fold) => fold.view() ?? []).reverse();
  }

  /** A server's part in the newest rollout that acts on it. */
  partOf(id: string): { rollout: string; server: RolloutServer } | undefined {
    for (const [rollout, fold] of [...this.folds].reverse()) {
      const server = fold.server(id);
      if (server !== undefined && server.verdict !== 'blocked' && server.verdict !== 'skip')
        return { rollout, server };
    }
    return undefined;
  }

  /** Its part in a rollout that has not ended. */
  runningPartOf(id: string): RolloutServer | undefined {
    const part = this.partOf(id);
    return part && this.folds.get(part.rollout)?.head?.finishedAt === null ? part.server : undefined;
  }

  private forget(): void {
    const ended = [...this.folds].filter(([, { head }]) => head !== undefined && head.finishedAt !== null);
    for (const [id] of ended.slice(0, -mostEnded)) this.folds.delete(id);
  }
}
