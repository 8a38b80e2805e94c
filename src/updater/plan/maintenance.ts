import type { Server } from '../fleet/model';
import { assumed } from './expected';
import type { Action, PlanServer, Reason } from './plan';
import { nextStart, wallClock, windowState, windowText, zoneOf } from './window';

const minute = 60_000;

/** What a plan says of how long a server takes, and over how many versions. */
export type Way = Pick<PlanServer, 'path' | 'expected'>;

/** ms that a maintenance window has to leave for so many of the versions on a server's way, or for its restart. */
export function needed(server: Server, { path, expected }: Way, hops: number): number {
  const whole = Math.max(1, path.length);
  const { windowSeconds } = expected ?? assumed(server, whole);
  return (windowSeconds * 1000 * Math.max(1, hops)) / whole;
}

/** The moment from which so many ms fit into a server's window; now where it has none, null where they never fit. */
export function startOf({ window }: Server, ms: number, now: Date): Date | null {
  return window === undefined ? now : nextStart(window, now, ms);
}

/** What the maintenance window of a server means for acting on it now: nothing where it is open for long enough. */
export function windowReasons(
  server: Server,
  { action, way, now, ignore }: { action: Action; way: Way; now: Date; ignore: boolean },
): Reason[] {
  const { window } = server;
  const ms = needed(server, way, way.path.length);
  const start = startOf(server, ms, now);
  if (window === undefined || action === 'download' || start?.getTime() === now.getTime()) return [];
  const state = windowState(window, now);
  const left = `the ${span(ms)} that have to be left for it`;
  const name = windowText(window);
  const at = (when: Date): string => `${wallClock(window, when)}, in ${span(when.getTime() - now.getTime())}`;
  const said =
    start === null
      ? `Its maintenance window (${name}) is too short for ${left}.`
      : state.open
        ? `Its maintenance window closes ${at(state.closes)}: too soon for ${left}. It opens again ${at(start)} (${name}).`
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
