import type { FleetEvent } from '../updater/rollout/events';
import { logLine } from '../vscode/log-lines';
import type { LogEntry } from './protocol';

/**
 * The log of the one server that a page looks at: each line once, whether the page reads it out of the journal or is sent it as it
 * happens. A line is journalled before it is told, so while the journal is read it may come by both ways, or by either.
 */
export class WatchedLog {
  private server: string | null = null;
  private unsent: LogEntry[] = [];
  /** For each answer that is on its way, what was told since its journal was asked for. */
  private readonly readings = new Set<LogEntry[]>();
  /** Lines that an answer took out of the journal; being told of them may come only now. */
  private answered: ReadonlySet<string> = new Set();

  /** @param onHeld lines were held back behind an answer, and can be taken now */
  constructor(private readonly onHeld: () => void) {}

  /** From now on that server's lines are meant; null: nobody's. */
  watch(server: string | null): void {
    if (server === this.server) return;
    this.server = server;
    this.unsent = [];
    this.readings.clear();
    this.answered = new Set();
  }

  event(event: FleetEvent): void {
    if (!('server' in event) || event.server !== this.server) return;
    const lines = logEntry(event).filter((line) => !this.answered.has(keyOf(line)));
    for (const held of [this.unsent, ...this.readings]) held.push(...lines);
  }

  /** Lines that the page has not been sent: none while an answer is on its way, which they would overtake. */
  take(): LogEntry[] {
    if (this.readings.size > 0) return [];
    const lines = this.unsent;
    this.unsent = [];
    return lines;
  }

  /** An answer that holds the journal's lines, with those that were told while it was read. */
  async whole<T extends { log: LogEntry[] }>(read: () => Promise<T>): Promise<T> {
    const since = [...this.unsent];
    this.readings.add(since);
    try {
      const answer = await read();
      const known = new Set(answer.log.map(keyOf));
      if (this.readings.has(since)) {
        this.answered = known;
        this.unsent = [];
      }
      return { ...answer, log: [...answer.log, ...since.filter((line) => !known.has(keyOf(line)))] };
    } finally {
      // The answer is posted within this turn of the event loop.
      setTimeout(() => {
        this.readings.delete(since);
        if (this.unsent.length > 0) this.onHeld();
      });
    }
  }
}

export function logEntry(event: FleetEvent): LogEntry[] {
  if (!('server' in event)) return [];
  const line = logLine(event);
  return line && line.level !== 'debug' ? [{ ...line, at: event.at, server: event.server }] : [];
}

const keyOf = ({ at, text }: LogEntry): string => `${at} ${text}`;
