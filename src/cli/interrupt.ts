import type { Terminal } from './terminal';

/** Where signals come from; `process` is one. */
export interface Signals {
  on(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): unknown;
  off(name: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): unknown;
}

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The first Ctrl-C asks the work to stop safely, the second leaves at once. */
export class Interrupt {
  private readonly controller = new AbortController();
  private meaning = 'Stopping.';
  private readonly heard = () => this.interrupt();

  constructor(
    private readonly signals: Signals,
    private readonly terminal: () => Terminal | undefined,
    private readonly leave: () => void,
  ) {
    for (const name of names) signals.on(name, this.heard);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** What stopping means for the work that begins now, in one sentence. */
  means(sentence: string): void {
    this.meaning = sentence;
  }

  interrupt(): void {
    if (this.signal.aborted) {
      this.leave();
      return;
    }
    this.terminal()?.note(`${this.meaning} Ctrl-C again leaves at once.`);
    this.controller.abort();
  }

  dispose(): void {
    for (const name of names) this.signals.off(name, this.heard);
  }
}
