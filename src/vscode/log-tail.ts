import type { FleetEvent } from '../updater/rollout/events';
import { logLine } from './log-lines';

interface Line {
  server: string;
  text: string;
}

/** The last lines that were logged of servers. Bounded for all of them together: it costs the same for 5 and for 5,000. */
export class LogTail {
  private lines: Line[] = [];

  constructor(private readonly most = 20_000) {}

  /** The server that there is a new line of. */
  event(event: FleetEvent): string | undefined {
    if (!('server' in event)) return undefined;
    const line = logLine(event);
    // What comes with every asking tells nobody anything.
    if (!line || line.level === 'debug') return undefined;
    this.lines.push({ server: event.server, text: `${event.at} [${line.level}] ${line.text}\n` });
    // Half of them at a time, for each cut moves the rest.
    if (this.lines.length > this.most) this.lines = this.lines.slice(-this.most / 2);
    return event.server;
  }

  of(servers: ReadonlySet<string>): string {
    return this.lines.flatMap(({ server, text }) => (servers.has(server) ? [text] : [])).join('');
  }
}
