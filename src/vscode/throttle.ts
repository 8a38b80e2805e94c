/** Hands in the clock, so that a test decides it. */
export interface Timers {
  now(): number;
  after(ms: number, run: () => void): { cancel(): void };
}

export const realTimers: Timers = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return { cancel: () => clearTimeout(timer) };
  },
};

/**
 * Passes each key on at most once per `interval` ms: the first at once, what comes in between once at its end.
 * Nothing is lost, for whoever is told reads the newest state.
 */
export class Throttle<K> {
  private readonly last = new Map<K, number>();
  private readonly waiting = new Map<K, { cancel(): void }>();

  constructor(
    private readonly interval: number,
    private readonly pass: (key: K) => void,
    private readonly timers: Timers = realTimers,
  ) {}

  touch(key: K): void {
    if (this.waiting.has(key)) return;
    const wait = (this.last.get(key) ?? -Infinity) + this.interval - this.timers.now();
    if (wait <= 0) return this.run(key);
    this.waiting.set(
      key,
      this.timers.after(wait, () => this.run(key)),
    );
  }

  /** Forgets every key: none of them is passed on any more. */
  clear(): void {
    for (const timer of this.waiting.values()) timer.cancel();
    this.waiting.clear();
    this.last.clear();
  }

  private run(key: K): void {
    this.waiting.delete(key);
    this.last.set(key, this.timers.now());
    this.pass(key);
  }
}
