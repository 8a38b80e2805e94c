import type { Socket } from 'node:net';

/** Bytes on the line above which its sender has to wait: far above any window of SSH, so that a delay alone never limits the rate. */
const ROOM = 64 * 1024 * 1024;
/** Timers of Node may fire a little early; what is due so soon goes along. */
const EARLY_MS = 0.3;

export interface LineOptions {
  delayMs: number;
  bytesPerSecond: number;
  frozen: boolean;
  /** How many of so many bytes may pass. */
  grant: (bytes: number) => number;
  /** After so many bytes were handed to the receiver's kernel. */
  onDelivered: (bytes: number) => void;
}

type Piece = { due: number } & ({ data: Buffer } | { end: true } | { error: true });

/** One direction of one connection: what comes in goes out `delayMs` later, in order, its end and its failure too. */
export class ProxyLine {
  private readonly pieces: Piece[] = [];
  private readonly room: number;
  private held = 0;
  private lineFree = 0;
  private draining = false;
  private frozen: boolean;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly options: LineOptions,
  ) {
    this.frozen = options.frozen;
    const { bytesPerSecond, delayMs } = options;
    // A slow line holds what is under way and a fifth of a second more, as a router's queue would.
    this.room = Math.min(ROOM, Math.max(64 * 1024, bytesPerSecond * (delayMs / 1000 + 0.2)));
    from.on('data', (data: Buffer) => {
      this.held += data.length;
      if (this.held >= this.room) from.pause();
      this.push({ due: this.arrival(data.length), data });
    });
    from.once('end', () => this.push({ due: this.arrival(0), end: true }));
    from.once('error', () => this.push({ due: this.arrival(0), error: true }));
    from.once('close', () => {
      if (to.destroyed) this.stop();
    });
    to.once('close', () => this.stop());
    to.on('drain', () => {
      this.draining = false;
      this.release();
    });
  }

  freeze(on: boolean): void {
    this.frozen = on;
    this.release();
  }

  private push(piece: Piece): void {
    this.pieces.push(piece);
    if (this.timer === undefined) this.release();
  }

  /** When the last of so many bytes is through. */
  private arrival(bytes: number): number {
    const { delayMs, bytesPerSecond } = this.options;
    this.lineFree = Math.max(this.lineFree, performance.now()) + (bytes / bytesPerSecond) * 1000;
    return this.lineFree + delayMs;
  }

  private release(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (;;) {
      const first = this.pieces[0];
      if (first === undefined || this.frozen || this.draining || this.to.destroyed) return;
      const wait = first.due - performance.now();
      if (wait > EARLY_MS) {
        this.timer = setTimeout(() => this.release(), wait);
        return;
      }
      this.pieces.shift();
      if ('data' in first) this.deliver(first.data);
      else if ('end' in first) this.to.end();
      else this.to.resetAndDestroy();
    }
  }

  private deliver(data: Buffer): void {
    const granted = this.options.grant(data.length);
    this.held -= data.length;
    if (this.held < this.room) this.from.resume();
    if (granted === 0) return;
    const passing = data.subarray(0, granted);
    this.draining = !this.to.write(passing, (error) => {
      if (!error) this.options.onDelivered(passing.length);
    });
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.pieces.length = 0;
  }
}
