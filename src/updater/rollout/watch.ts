import pLimit from 'p-limit';

/** ms between two looks at a server that is watched. */
const lookEvery = 60_000;
/** Servers looked at at the same time. */
const mostLooks = 8;

interface Watched {
  /** When it was looked at last, or its part ended. */
  seen: number;
  /** Moments at which it has to be looked at, whatever was seen before. */
  stops: number[];
}

/** Servers whose part ended well, looked at again every minute for a while, and at the end of it. Times are ms since 1970. */
export class Watch {
  private readonly watched = new Map<string, Watched>();
  private looking = false;

  constructor(private readonly now: () => Date) {}

  /** Watches from one moment to another; a server may be watched for several reasons. */
  add(id: string, from: number, until: number): void {
    const one = this.watched.get(id) ?? { seen: from, stops: [] };
    if (until > one.seen) one.stops.push(until);
    if (one.stops.length > 0) this.watched.set(id, one);
  }

  drop(id: string): void {
    this.watched.delete(id);
  }

  clear(): void {
    this.watched.clear();
  }

  get empty(): boolean {
    return this.watched.size === 0 && !this.looking;
  }

  /** True once a server need not be looked at for that moment any more. */
  passed(id: string, moment: number): boolean {
    const one = this.watched.get(id);
    return one === undefined || !one.stops.includes(moment);
  }

  /** The next moment at which somebody is to be looked at. */
  get next(): Date | null {
    if (this.looking || this.watched.size === 0) return null;
    let next = Infinity;
    for (const one of this.watched.values()) next = Math.min(next, due(one));
    return new Date(next);
  }

  /** Looks at those whose moment has come. False where nobody was due, or a round is under way. */
  async round(look: (id: string) => Promise<void>): Promise<boolean> {
    const now = this.now().getTime();
    const ids = [...this.watched].filter(([, one]) => due(one) <= now).map(([id]) => id);
    if (this.looking || ids.length === 0) return false;
    this.looking = true;
    const limit = pLimit(mostLooks);
    try {
      await Promise.all(ids.map((id) => limit(() => look(id))));
    } finally {
      this.looking = false;
    }
    for (const id of ids) this.seen(id, now);
    return true;
  }

  private seen(id: string, at: number): void {
    const one = this.watched.get(id);
    if (one === undefined) return;
    one.seen = at;
    one.stops = one.stops.filter((stop) => stop > at);
    if (one.stops.length === 0) this.watched.delete(id);
  }
}

const due = ({ seen, stops }: Watched): number => Math.min(seen + lookEvery, ...stops);
