/** What people ask of a rollout while it runs. Who carries it out listens; what is asked holds at once. */
export class Control {
  private stop: { by: string } | null;
  private lastBy = '';
  private readonly skips = new Map<string, { by: string; why: string }>();
  private readonly listeners = new Set<() => void>();

  /** Whether a server waits and has not begun; who carries the rollout out says. */
  skippable: (server: string) => boolean = () => false;

  /** @param paused it was paused before it was interrupted */
  constructor(paused: { by: string } | null = null) {
    this.stop = paused;
    this.lastBy = paused?.by ?? '';
  }

  get paused(): { by: string } | null {
    return this.stop;
  }

  /** Nothing new begins; what runs goes on. */
  pause(by: string): void {
    if (this.stop !== null) return;
    this.stop = { by };
    this.lastBy = by;
    this.changed();
  }

  proceed(by: string): void {
    this.stop = null;
    this.lastBy = by;
    this.changed();
  }

  /** Who cancels it; that it is cancelled, its signal says. */
  cancelledBy(by: string): void {
    this.lastBy = by;
  }

  /** Who asked for something last. */
  get changedBy(): string {
    return this.lastBy;
  }

  /** A server that has not begun is left out. */
  skip(server: string, by: string, why: string): void {
    this.skips.set(server, { by, why });
    this.changed();
  }

  skipped(server: string): { by: string; why: string } | undefined {
    return this.skips.get(server);
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
