import type { Server } from '../fleet/model';
import type { Action, Reason } from './plan';
import { nextStart, wallClock, windowState, windowText, zoneOf } from './window';

const minute = 60_000;
/**
 * Minutes that one update, step back or restart of a server is expected to take, whatever the product. A server whose
 * `returnMinutes` are fewer is expected to be back sooner, so they bound it.
 */
const hopMinutes = 15;

/** ms that so many versions on the way, or a restart, are expected to take on a server. */
export function expected(server: Server, hops: number): number {
  return Math.max(1, hops) * Math.min(hopMinutes, server.returnMinutes) * minute;
}

/** The moment from which so many hops fit into a server's window; now where it has none, null where they never fit. */
export function startOf(server: Server, hops: number, now: Date): Date | null {
  return server.window === undefined ? now : nextStart(server.window, now, expected(server, hops));
}

/** What the maintenance window of a server means for acting on it now: nothing where it is open for long enough. */
export function windowReasons(
  server: Server,
  { action, hops, now, ignore }: { action: Action; hops: number; now: Date; ignore: boolean },
): Reason[] {
  const { window } = server;
  const start = startOf(server, hops, now);
  if (window === undefined || action === 'download' || start?.getTime() === now.getTime()) return [];
  const state = windowState(window, now);
  const needed = span(expected(server, hops));
  const name = windowText(window);
  const at = (when: Date): string => `${wallClock(window, when)}, in ${span(when.getTime() - now.getTime())}`;
  const said =
    start === null
      ? `The ${needed} that this is expected to take do not fit into its maintenance window (${name}).`
      : state.open
        ? `Its maintenance window closes ${at(state.closes)}: too soon for the ${needed} expected. It opens again ${at(start)} (${name}).`
        : `Its maintenance window opens ${at(start)} (${name}).`;
  if (ignore)
    return [{ rule: 'window.ignored', severity: 'warn', message: `${said} It is ignored, as asked for.` }];
  if (start === null)
    return [
      {
        rule: 'window.never-fits',
        severity: 'block',
        message: `${said} Widen it, or act outside it (\`--ignore-window\`).`,
      },
    ];
  const rule = state.open ? 'window.too-short' : 'window.closed';
  return [{ rule, severity: 'warn', message: `${said} The rollout waits for it.` }];
}

/** What a queued server is told: "for its maintenance window, opens sat 22:00 (Europe/Tallinn)". */
export function waitsFor(server: Server, start: Date): string {
  const { window } = server;
  if (window === undefined) return 'for its turn';
  return `for its maintenance window, opens ${wallClock(window, start)} (${zoneOf(window)})`;
}

/** "6 d 22 h", "5 h 12 min", "15 min": the two units that matter, rounded up to a minute. */
function span(ms: number): string {
  const minutes = Math.max(1, Math.ceil(ms / minute));
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  const parts: [number, string][] =
    days > 0
      ? [
          [days, 'd'],
          [hours, 'h'],
        ]
      : [
          [hours, 'h'],
          [rest, 'min'],
        ];
  return parts
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n} ${unit}`)
    .join(' ');
}
