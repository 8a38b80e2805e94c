/**
 * Places side by side in which servers are worked on, first come first served. Each says how many may be at work while it
 * is, itself included; no one begins where that would be broken for it or for one at work.
 */
export class Places {
  private readonly taken: number[] = [];
  private readonly queue: { limit: number; begin: () => void }[] = [];

  async take<T>(limit: number, act: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      this.queue.push({ limit, begin });
      this.fill();
    });
    try {
      return await act();
    } finally {
      this.taken.splice(this.taken.indexOf(limit), 1);
      this.fill();
    }
  }

  /** True if one with this limit would have to wait now. */
  full(limit: number): boolean {
    return this.queue.length > 0 || !fits([...this.taken, limit]);
  }

  private fill(): void {
    for (let next = this.queue[0]; next !== undefined; next = this.queue[0]) {
      if (!fits([...this.taken, next.limit])) return;
      this.queue.shift();
      this.taken.push(next.limit);
      next.begin();
    }
  }
}

const fits = (limits: readonly number[]): boolean => limits.length <= Math.max(1, Math.min(...limits));

/** How many of those that come first, with these limits, begin at once. */
export function beginAtOnce(limits: readonly number[]): number {
  const waiting = limits.findIndex((_, index) => !fits(limits.slice(0, index + 1)));
  return waiting < 0 ? limits.length : waiting;
}
