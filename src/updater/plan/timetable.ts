/** Something of which only so many servers may be down at once: a system, a site, the fleet, partners. */
export interface Scope {
  name: string;
  most: number;
}

interface Span {
  from: number;
  to: number;
}

/** Who is down when, in each scope. */
export class Timetable {
  private readonly scopes = new Map<string, Track>();

  /** The first moment from `at` on at which every scope has a place for `ms`. */
  free(scopes: readonly Scope[], at: number, ms: number): number {
    for (let from = at; ;) {
      const next = Math.max(from, ...scopes.map(({ name, most }) => this.track(name).free(most, from, ms)));
      if (next === from) return from;
      from = next;
    }
  }

  /**
   * @param span for which `free` has found a place
   * @returns tells when the next one begins that counts on this one to be up by then; Infinity: none does
   */
  take(scopes: readonly Scope[], span: Span): () => number {
    const ends = scopes.map(({ name, most }) => this.track(name).take(most, span));
    return () => Math.min(...ends.map((next) => next()));
  }

  private track(name: string): Track {
    const known = this.scopes.get(name);
    if (known !== undefined) return known;
    const track = new Track();
    this.scopes.set(name, track);
    return track;
  }
}

/** One scope: as many lanes as servers of it are down at once at the most. */
class Track {
  private readonly lanes: Lane[] = [];
  private taken = 0;
  /** The limits that its servers came in with. */
  private readonly limits = { least: Infinity, most: 0 };

  free(most: number, at: number, ms: number): number {
    // So many of the lanes have to be empty, that with this one there are not too many.
    const empty = this.lanes.length - Math.max(1, most) + 1;
    if (empty <= 0) return at;
    const times = this.lanes.map((lane) => lane.free(at, ms)).sort((a, b) => a - b);
    return times[empty - 1] ?? at;
  }

  take(most: number, span: Span): () => number {
    const { lanes, limits } = this;
    let lane = lanes.find((one) => one.free(span.from, span.to - span.from) === span.from);
    if (lane === undefined) lanes.push((lane = new Lane()));
    lane.take(span);
    this.taken++;
    limits.least = Math.min(limits.least, most);
    limits.most = Math.max(limits.most, most);
    const mine = lane;
    return () => {
      // All of them at once would not be too many.
      if (this.taken <= limits.least) return Infinity;
      // Whoever comes behind with a narrower limit counts on every lane.
      const counting = limits.least === limits.most ? [mine] : lanes;
      return Math.min(...counting.map((one) => one.next(span.from)));
    };
  }
}

/** Servers one behind the other. */
class Lane {
  /** In their order; what touches is one, so that a night full of servers is passed at once. */
  private readonly spans: Span[] = [];
  private readonly starts: number[] = [];

  free(at: number, ms: number): number {
    let from = at;
    for (let index = firstBehind(this.spans, ({ to }) => to > at); index < this.spans.length; index++) {
      const span = this.spans[index];
      if (span === undefined || span.from >= from + ms) break;
      from = span.to;
    }
    return from;
  }

  take({ from, to }: Span): void {
    this.starts.splice(
      firstBehind(this.starts, (start) => start > from),
      0,
      from,
    );
    const index = firstBehind(this.spans, (span) => span.from >= to);
    const [before, behind] = [this.spans[index - 1], this.spans[index]];
    const joins = before?.to === from;
    if (behind?.from === to) {
      behind.from = joins ? before.from : from;
      if (joins) this.spans.splice(index - 1, 1);
    } else if (joins) before.to = to;
    else this.spans.splice(index, 0, { from, to });
  }

  next(from: number): number {
    return this.starts[firstBehind(this.starts, (start) => start > from)] ?? Infinity;
  }
}

/** Index of the first for which it holds; it holds for all behind that too. */
function firstBehind<T>(all: readonly T[], holds: (one: T) => boolean): number {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const one = all[middle];
    if (one !== undefined && holds(one)) high = middle;
    else low = middle + 1;
  }
  return low;
}
