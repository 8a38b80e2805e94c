import { watch, type FSWatcher } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import type { FleetEvent } from './events';
import { JournalTail } from './journal-tail';
import { ownerOf } from './owner';

/** ms between a change in the folder and the look at it: a busy rollout writes many lines a second. */
const gather = 250;
/** ms between two looks while somebody is followed: that he has died changes nothing in the folder. */
const attentive = 2_000;
/** ms between two looks otherwise, for a change that the system did not tell of. */
const idle = 15_000;

export interface ElsewhereMeans {
  /** Folder of the journals. */
  dir: string;
  /** The fleet file. */
  fleet(): string;
  /** This process has worked on it: what its journal says has been told. */
  isOurs(id: string): boolean;
  emit(event: FleetEvent): void;
  /** Nobody works on it any more, and it has not ended. */
  onLeft(id: string): void;
  onError(error: unknown): void;
}

/**
 * Follows the rollouts of a fleet that other processes on this machine work on (another window, the command line): what they journal is
 * told here too, from the beginning, progress and log lines of the past left out.
 */
export class Elsewhere {
  private readonly tails = new Map<string, JournalTail>();
  /** Journals that need not be looked into unless somebody works on them. */
  private seen: Set<string> | undefined;
  private watcher: FSWatcher | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** When it will look next, ms since 1970. */
  private due = Infinity;
  private looking: Promise<void> = Promise.resolve();
  private ended = false;

  constructor(private readonly means: ElsewhereMeans) {}

  /** Begins; whatever goes wrong is told, and tried again. */
  start(): void {
    void this.watch().catch((error: unknown) => this.means.onError(error));
    this.soon(0);
  }

  dispose(): void {
    this.ended = true;
    clearTimeout(this.timer);
    this.watcher?.close();
  }

  private async watch(): Promise<void> {
    const { dir } = this.means;
    await mkdir(dir, { recursive: true, mode: 0o700 });
    if (this.ended) return;
    this.watcher = watch(dir, { persistent: false }, () => this.soon(gather));
    // Then the clock alone brings the looks.
    this.watcher.on('error', (error) => {
      this.watcher?.close();
      this.means.onError(error);
    });
  }

  /** A look in so many ms, if none comes before. */
  private soon(ms: number): void {
    const at = Date.now() + ms;
    if (this.ended || at >= this.due) return;
    clearTimeout(this.timer);
    this.due = at;
    this.timer = setTimeout(() => {
      this.due = Infinity;
      this.looking = this.looking
        .then(() => this.look())
        .catch((error: unknown) => this.means.onError(error))
        .then(() => this.soon(this.tails.size > 0 ? attentive : idle));
    }, ms).unref();
  }

  private async look(): Promise<void> {
    const { dir } = this.means;
    const names = new Set(await readdir(dir).catch(() => [] as string[]));
    const journals = idsOf(names, '.jsonl');
    const owned = new Set(idsOf(names, '.owner'));
    const known = (this.seen ??= new Set(journals));
    for (const id of journals) {
      const owner = owned.has(id) ? await ownerOf(dir, id) : null;
      const tail = this.tails.get(id);
      const isNew = !known.has(id);
      known.add(id);
      if (owner === process.pid) this.tails.delete(id);
      else if (owner !== null || tail !== undefined || (isNew && !this.means.isOurs(id)))
        await this.follow(id, tail ?? new JournalTail(dir, id, this.means.fleet()), owner !== null);
    }
  }

  private async follow(id: string, tail: JournalTail, alive: boolean): Promise<void> {
    this.tails.set(id, tail);
    const events = await tail.read();
    if (this.ended) return;
    for (const event of events) this.means.emit(event);
    if (alive) return;
    this.tails.delete(id);
    if (tail.running) this.means.onLeft(id);
  }
}

function idsOf(names: ReadonlySet<string>, ending: string): string[] {
  return [...names].filter((name) => name.endsWith(ending)).map((name) => name.slice(0, -ending.length));
}
