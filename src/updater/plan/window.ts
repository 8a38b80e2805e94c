import type { Window } from '../fleet/model';

export type WindowState = { open: true; closes: Date } | { open: false; opens: Date };

const minute = 60_000;
const day = 24 * 60 * minute;
/** How `days` are written, by the number that JavaScript gives them. */
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
/** Days looked ahead: a window of one day a week that a change of the clocks swallows comes again a week later. */
const daysAhead = 21;
/** ms after its opening in which a start still counts as one at the opening: timers are late, laptops wake up. */
const punctual = minute;

/** Whether a window is open, from `from` included to `to` excluded, and until when this stays so. */
export function windowState(window: Window, now: Date): WindowState {
  for (const { opens, closes } of openings(window, now))
    return opens <= now.getTime()
      ? { open: true, closes: new Date(closes) }
      : { open: false, opens: new Date(opens) };
  throw new Error(`the window ${windowText(window)} never opens`);
}

/** The first moment from now on at which so many ms of work fit before the window closes; null where they never fit. */
export function nextStart(window: Window, now: Date, needed: number): Date | null {
  if (windowLength(window) < needed) return null;
  return startIn(openings(window, now), now, needed);
}

/** The same for a window whose openings are known, in their order. */
export function startIn(all: Iterable<Opening>, now: Date, needed: number): Date | null {
  for (const { opens, closes } of all) {
    const start = Math.max(opens, now.getTime());
    if (closes - (start - opens < punctual ? opens : start) >= needed) return new Date(start);
  }
  return null;
}

/** ms from `from` to `to` by the clock on the wall, as on every day but those on which the clocks change. */
export function windowLength({ from, to }: Window): number {
  return (minutesOf(to) - minutesOf(from)) * minute + (minutesOf(to) > minutesOf(from) ? 0 : day);
}

/** "sat, sun 22:00–04:00, Europe/Tallinn" */
export function windowText(window: Window): string {
  const days = window.days?.join(', ') ?? 'every day';
  return `${days} ${window.from}–${window.to}, ${zoneOf(window)}`;
}

/** "sat 2026-11-28 22:00 (Europe/Tallinn)": a moment on the wall of a zone; without one that of this computer. */
export function clockText(at: Date, timeZone?: string): string {
  const zone = timeZone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const local = new Date(wall(zone, at.getTime()));
  const text = local.toISOString();
  return `${dayNames[local.getUTCDay()]} ${text.slice(0, 10)} ${text.slice(11, 16)} (${zone})`;
}

/** "sat 22:00" on the wall where the window is. */
export function wallClock(window: Window, at: Date): string {
  const local = new Date(wall(zoneOf(window), at.getTime()));
  return `${dayNames[local.getUTCDay()]} ${local.toISOString().slice(11, 16)}`;
}

export function zoneOf({ timeZone }: Window): string {
  return timeZone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

export interface Opening {
  opens: number;
  closes: number;
}

/** The opening that holds now, if one does, and those to come, in their order; what touches is one. */
export function* openings(window: Window, now: Date): Generator<Opening> {
  let last: Opening | undefined;
  for (const next of eachDay(window, now)) {
    if (next.closes <= now.getTime()) continue;
    if (last !== undefined && next.opens <= last.closes) {
      last.closes = Math.max(last.closes, next.closes);
      continue;
    }
    if (last !== undefined) yield last;
    last = next;
  }
  if (last !== undefined) yield last;
}

function* eachDay(window: Window, now: Date): Generator<Opening> {
  const zone = zoneOf(window);
  const from = minutesOf(window.from) * minute;
  const to = minutesOf(window.to) * minute;
  const today = Math.floor(wall(zone, now.getTime()) / day) * day;
  // The one that opened yesterday may be open still.
  for (let date = today - day; date <= today + daysAhead * day; date += day) {
    const name = dayNames[new Date(date).getUTCDay()];
    if (window.days !== undefined && !window.days.some((one) => one === name)) continue;
    const opens = instant(zone, date + from);
    const closes = instant(zone, date + to + (to > from ? 0 : day));
    if (opens < closes) yield { opens, closes };
  }
}

/**
 * When a clock on the wall of a zone shows a time (as ms since 1970 by that clock): the first time where it does so twice;
 * where it never does, as much later as the clock jumps.
 */
function instant(zone: string, shown: number): number {
  const before = offset(zone, shown - day);
  const after = offset(zone, shown + day);
  const found = [shown - before, shown - after].find((one) => wall(zone, one) === shown);
  return found ?? shown - before;
}

/** ms that a zone's clock is ahead of UTC. */
const offset = (zone: string, at: number): number => wall(zone, at) - at;

const formats = new Map<string, Intl.DateTimeFormat>();

/** What a clock on the wall of a zone shows, as ms since 1970 by that clock. */
function wall(zone: string, at: number): number {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const seconds = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return seconds + (((at % 1000) + 1000) % 1000);
}

function minutesOf(clock: string): number {
  const [hours, minutes] = clock.split(':').map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
}
