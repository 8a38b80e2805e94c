import { setImmediate } from 'node:timers/promises';

/** Time that passes only while somebody sleeps: whoever is to wake first moves the clock. */
export class Clock {
  private sleepers: { at: number; wake: () => void }[] = [];
  readonly longest = { sleep: 0 };
  constructor(private time: number) {}

  now = (): Date => new Date(this.time);

  sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    this.longest.sleep = Math.max(this.longest.sleep, ms);
    if (signal?.aborted === true) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.sleepers.push({ at: this.time + ms, wake });
      signal?.addEventListener('abort', wake);
    });
  };

  /** Lets time pass until `over`. */
  async run(over: () => boolean): Promise<void> {
    while (!over()) {
      await setImmediate();
      const next = Math.min(...this.sleepers.map(({ at }) => at));
      if (next === Infinity) continue;
      this.time = Math.max(this.time, next);
      const due = this.sleepers.filter(({ at }) => at <= this.time);
      this.sleepers = this.sleepers.filter(({ at }) => at > this.time);
      for (const { wake } of due) wake();
    }
  }
}
