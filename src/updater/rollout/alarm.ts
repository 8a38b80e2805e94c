import { setTimeout as delay } from 'node:timers/promises';

/** ms at most between two looks at the clock: a laptop that was asleep must not sleep through an opening. */
const mostSleep = 30_000;

/** May end early, and does not reject. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export const timer: Sleep = (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined);

/** Rings once, at a moment that may be set anew. */
export class Alarm {
  private at: number | null = null;
  private stop = new AbortController();

  constructor(
    private readonly now: () => Date,
    private readonly ring: () => void,
    private readonly sleep: Sleep = timer,
  ) {}

  /** Null: not at all. */
  set(at: Date | null): void {
    const time = at?.getTime() ?? null;
    if (time === this.at) return;
    this.stop.abort();
    this.at = time;
    if (time === null) return;
    const stop = (this.stop = new AbortController());
    void this.wait(time, stop.signal).then(() => {
      if (stop.signal.aborted) return;
      this.at = null;
      this.ring();
    });
  }

  private async wait(time: number, signal: AbortSignal): Promise<void> {
    do {
      const left = Math.max(0, time - this.now().getTime());
      await this.sleep(Math.min(mostSleep, left), signal);
    } while (!signal.aborted && this.now().getTime() < time);
  }
}
