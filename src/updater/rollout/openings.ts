import type { Server, Window } from '../fleet/model';
import { needed, startOf, type Way } from '../plan/maintenance';
import { windowState } from '../plan/window';

interface Span {
  /** The first moment at which it may begin; null: never. */
  from: Date | null;
  /** The last moment for which that was found. */
  until: Date;
}

/** When servers may begin, by their maintenance windows. Looked up once for each opening, for clocks of time zones are slow to ask. */
export class Openings {
  private readonly known = new Map<Window, Map<number, Span>>();

  constructor(private readonly now: () => Date) {}

  /** Null where so many hops of a server's way never fit, undefined where they do now. */
  of(server: Server, way: Way, hops: number): Date | null | undefined {
    if (server.window === undefined) return undefined;
    const now = this.now();
    const { from } = this.span(server, server.window, needed(server, way, hops), now);
    return from !== null && from <= now ? undefined : from;
  }

  private span(server: Server, window: Window, ms: number, now: Date): Span {
    const spans = this.known.get(window) ?? new Map<number, Span>();
    this.known.set(window, spans);
    const known = spans.get(ms);
    if (known !== undefined && now <= known.until) return known;
    const fresh = span(server, window, ms, now);
    spans.set(ms, fresh);
    return fresh;
  }
}

function span(server: Server, window: Window, ms: number, now: Date): Span {
  const from = startOf(server, ms, now);
  if (from === null) return { from, until: new Date(8.64e15) };
  if (from > now) return { from, until: new Date(from.getTime() - 1) };
  const state = windowState(window, now);
  const last = state.open ? state.closes.getTime() - ms : 0;
  return { from, until: new Date(Math.max(now.getTime(), last)) };
}
