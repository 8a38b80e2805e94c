import { open } from 'node:fs/promises';
import type { FleetEvent } from './events';
import { journalFile, parseEvent } from './journal';

/** Bytes read at a time. */
const chunk = 1 << 20;

/** Reads what another process appends to the journal of a rollout of one fleet; of other fleets' it reads no more than the beginning. */
export class JournalTail {
  private offset = 0;
  /** The end of what was read, where no line ends: the rest of it may not be written yet. */
  private rest: Buffer = Buffer.alloc(0);
  private fleet: string | undefined;
  private begun = false;
  private caughtUp = false;

  constructor(
    private readonly dir: string,
    private readonly id: string,
    private readonly own: string,
  ) {}

  /** It is one of this fleet, has begun, and has not ended. */
  get running(): boolean {
    return this.begun;
  }

  /** The events since the last call. Of those before the first one, log lines are left out: they have been read elsewhere. */
  async read(): Promise<FleetEvent[]> {
    const events: FleetEvent[] = [];
    if (this.fleet !== undefined && this.fleet !== this.own) return events;
    const file = await open(journalFile(this.dir, this.id), 'r');
    try {
      for (;;) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(chunk), 0, chunk, this.offset);
        if (bytesRead === 0) break;
        this.offset += bytesRead;
        for (const event of this.lines(buffer.subarray(0, bytesRead))) this.take(event, events);
        if (this.fleet !== undefined && this.fleet !== this.own) return [];
      }
    } finally {
      await file.close();
    }
    this.caughtUp = true;
    return events;
  }

  private take(event: FleetEvent, events: FleetEvent[]): void {
    if (event.type === 'rollout-started') this.fleet ??= event.fleet;
    if (event.type === 'rollout-started' || event.type === 'rollout-finished')
      this.begun = event.type === 'rollout-started' && this.fleet === this.own;
    if (this.fleet === this.own && (this.caughtUp || event.type !== 'log')) events.push(event);
  }

  private lines(read: Buffer): FleetEvent[] {
    const text = Buffer.concat([this.rest, read]);
    const end = text.lastIndexOf('\n') + 1;
    this.rest = text.subarray(end);
    const lines = text.subarray(0, end).toString().split('\n');
    return lines.flatMap((line) => parseEvent(line)?.event ?? []);
  }
}
