import { FleetError } from '../updater/errors';
import type { Terminal } from './terminal';

/** Where signals come from; `process` is one. */
export interface Signals {
  on(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): unknown;
  off(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): unknown;
}

/**
 * The first Ctrl-C asks the work to stop safely, the second leaves at once. A terminal that is closed, or whose link is lost, asks
 * for nothing: the work is let go of, jobs go on on their servers, and `resume` goes on with the rest.
 */
export class Interrupt {
  private readonly controller = new AbortController();
  private meaning = 'Stopping.';
  private letGo = false;
  private refuse: (error: FleetError) => void = () => undefined;
  private readonly heard = {
    SIGINT: () => this.interrupt(),
    SIGTERM: () => this.interrupt(),
    SIGHUP: () => this.hangUp(),
  };

  /** Rejects once the terminal is gone. */
  readonly gone = new Promise<never>((_, reject) => (this.refuse = reject));

  constructor(
    private readonly signals: Signals,
    private readonly terminal: () => Terminal | undefined,
    private readonly leave: () => void,
  ) {
    for (const [name, listener] of this.listeners) signals.on(name, listener);
    // It may go before, or after, anything is waited for.
    this.gone.catch(() => undefined);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** What stopping means for the work that begins now, in one sentence. */
  means(sentence: string): void {
    this.meaning = sentence;
  }

  interrupt(): void {
    if (this.signal.aborted || this.letGo) {
      this.leave();
      return;
    }
    this.terminal()?.note(`${this.meaning} Ctrl-C again leaves at once.`);
    this.controller.abort();
  }

  dispose(): void {
    for (const [name, listener] of this.listeners) this.signals.off(name, listener);
  }

  private hangUp(): void {
    // Who asked to stop before wants that still.
    if (this.signal.aborted) return;
    this.letGo = true;
    this.refuse(
      new FleetError('cancelled', 'The terminal was closed. What runs on servers goes on there.', {
        hint: 'vms-fleet rollouts lists what vms-fleet resume ID goes on with.',
      }),
    );
  }

  private get listeners() {
    return Object.entries(this.heard) as [keyof typeof this.heard, () => void][];
  }
}
