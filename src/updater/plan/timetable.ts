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
  private readonly scopes = new Map<string, Lane[]>();

  /** The first moment from `at` on at which every scope has a place for `ms`. */
  free(scopes: readonly Scope[], at: number, ms: number): number {
    for (let from = at; ;) {
      const next = Math.max(from, ...scopes.map((scope) => this.freeIn(scope, from, ms)));
      if (next === from) return from;
      from = next;
    }
  }

  /**
   * @param span for which `free` has found a place
   * @returns tells when the next one begins that counts on this one to be up by then; Infinity: none does
   */
  take(scopes: readonly Scope[], span: Span): () => number {
    const ends = scopes.map(({ name, most }) => {
      const lanes = this.lanes(name);
      let lane = lanes.find((one) => one.free(span.from, span.to - span.from) === span.from);
      if (lane === undefined) lanes.push((lane = new Lane()));
      lane.take(span);
      const mine = lane;
      return () => (lanes.length < most ? Infinity : mine.next(span.from));
    });
    return () => Math.min(...ends.map((next) => next()));
  }

  private lanes(name: string): Lane[] {
    const known = this.scopes.get(name);
    if (known !== undefined) return known;
    const lanes: Lane[] = [];
    this.scopes.set(name, lanes);
    return lanes;
  }

  private freeIn({ name, most }: Scope, at: number, ms: number): number {
    const lanes = this.lanes(name);
    // So many of the lanes have to be empty, that with this one there are not too many.
    const empty = lanes.length - Math.max(1, most) + 1;
    if (empty <= 0) return at;
    const times = lanes.map((lane) => lane.free(at, ms)).sort((a, b) => a - b);
    return times[empty - 1] ?? at;
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
