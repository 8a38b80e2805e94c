import { stopIfCancelled } from '../packages/cancel';

export type OnProgress = (file: string, done: number, total: number) => void;

interface Waiter {
  onProgress: OnProgress;
}

/** One fetch for all who need what it brings. Each may leave it by itself; once nobody waits any more it is broken off. */
export class SharedFetch {
  private readonly breakOff = new AbortController();
  private readonly waiting = new Set<Waiter>();
  private readonly ended: Promise<void>;

  /**
   * @param fetch brings it; it ends soon after its signal
   * @param onOver it has ended or was given up: nobody can join it any more
   */
  constructor(
    fetch: (signal: AbortSignal, onProgress: OnProgress) => Promise<unknown>,
    private readonly onOver: () => void,
  ) {
    this.ended = fetch(this.breakOff.signal, (...progress) => {
      for (const { onProgress } of this.waiting) onProgress(...progress);
    })
      .then(() => undefined)
      .finally(onOver);
    // Whoever waits looks at it; where all have left nobody does.
    this.ended.catch(() => undefined);
  }

  /** @throws FleetError `cancelled` where the waiter's own signal says so, and what the fetch throws */
  async wait(onProgress: OnProgress, signal: AbortSignal | undefined): Promise<void> {
    const waiter = { onProgress };
    this.waiting.add(waiter);
    const leaving = onAbort(signal);
    try {
      await Promise.race([this.ended, leaving.aborted]);
    } finally {
      leaving.dispose();
      this.waiting.delete(waiter);
      if (this.waiting.size === 0) await this.giveUp();
    }
    stopIfCancelled(signal);
  }

  /** The last to leave sees it put aside what has arrived. */
  private async giveUp(): Promise<void> {
    this.onOver();
    this.breakOff.abort();
    await this.ended.catch(() => undefined);
  }
}

/** `aborted` resolves when the signal is given. */
function onAbort(signal: AbortSignal | undefined): { aborted: Promise<void>; dispose(): void } {
  let heard = (): void => undefined;
  const aborted = new Promise<void>((resolve) => (heard = resolve));
  if (signal?.aborted) heard();
  signal?.addEventListener('abort', heard, { once: true });
  return { aborted, dispose: () => signal?.removeEventListener('abort', heard) };
}
