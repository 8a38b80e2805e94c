import type { Server } from '../fleet/model';
import { startOf, waitsFor } from '../plan/maintenance';

/** ms at most between two looks at the clock: a laptop that was asleep must not sleep through an opening. */
const mostSleep = 30_000;

export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export interface Waiting {
  now: () => Date;
  /** May end early, and does not reject. */
  sleep: Sleep;
  signal: AbortSignal;
  /** Why the server must not begin any more; undefined while it may. */
  stop: () => string | undefined;
  /** Tells what is waited for: at first, and when it has changed. */
  tell: (detail: string) => Promise<void>;
}

/** Waits until so many hops fit into a server's maintenance window. Resolves with why it must not begin, where it must not. */
export async function awaitWindow(
  server: Server,
  hops: number,
  { now, sleep, signal, stop, tell }: Waiting,
): Promise<string | undefined> {
  for (;;) {
    const at = now();
    const start = startOf(server, hops, at);
    if (start === null) return 'its maintenance window is too short for it';
    if (start > at) await tell(waitsFor(server, start));
    for (let left = start.getTime() - at.getTime(); left > 0; left = start.getTime() - now().getTime()) {
      if (stop() !== undefined) break;
      await sleep(Math.min(mostSleep, left), signal);
    }
    const why = stop();
    if (why !== undefined || start <= at) return why;
  }
}
