import type { FleetEvent } from '../updater/rollout/events';
import { logLine } from './log-lines';

interface Line {
  fleet: string;
  server: string;
  text: string;
}

/** The last lines that were logged of servers. Bounded for all of them together: it costs the same for 5 and for 5,000. */
export class LogTail {
  private lines: Line[] = [];

  constructor(private readonly most = 20_000) {}

  /**
   * @param fleet its fleet file: servers of two may have the same id
   * @returns the server that there is a new line of
   */
  event(fleet: string, event: FleetEvent): string | undefined {
    if (!('server' in event)) return undefined;
    const line = logLine(event);
    // What comes with every asking tells nobody anything.
    if (!line || line.level === 'debug') return undefined;
    const text = `${event.at} [${line.level}] ${line.text}\n`;
    this.lines.push({ fleet, server: event.server, text });
    // Half of them at a time, for each cut moves the rest.
    if (this.lines.length > this.most) this.lines = this.lines.slice(-this.most / 2);
    return event.server;
  }

  of(fleet: string, servers: ReadonlySet<string>): string {
    const own = this.lines.filter((line) => line.fleet === fleet && servers.has(line.server));
    return own.map(({ text }) => text).join('');
  }
}
