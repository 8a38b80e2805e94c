import { lazily, spokenLanguage, t } from './l10n';

/** "45 s", "3 min", "2 h 5 min", "3 d": short, for it stands in a narrow column. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return t('{0} s', seconds);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60)
    return seconds % 60 > 0 && minutes < 10
      ? t('{0} min {1} s', minutes, seconds % 60)
      : t('{0} min', minutes);
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return hoursAndMinutes(minutes);
  return t('{0} d', Math.floor(hours / 24));
}

function hoursAndMinutes(all: number): string {
  const [hours, minutes] = [Math.floor(all / 60), all % 60];
  return minutes > 0 ? t('{0} h {1} min', hours, minutes) : t('{0} h', hours);
}

/** "40 s", "6 min", "1 h 10 min": of seconds that nobody knows exactly. */
export function about(seconds: number): string {
  if (seconds < 90) return t('{0} s', Math.round(seconds));
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? t('{0} min', minutes) : hoursAndMinutes(minutes);
}

/** How long something has been so, without seconds: a table whose every line ticks cannot be read. */
export function since(from: number, now: number): string {
  const seconds = Math.max(0, (now - from) / 1000);
  return seconds < 60 ? t('just now') : duration(Math.floor(seconds / 60) * 60_000);
}

/** Its format is made once, which takes longer than all that a table says with it. What is no time (a journal may say anything) is "?". */
function saidBy(options: Intl.DateTimeFormatOptions): (ms: number) => string {
  const made = lazily(() => new Intl.DateTimeFormat(spokenLanguage().language, options));
  return (ms) => (Number.isNaN(ms) ? '?' : made().format(ms));
}

const dayShort = { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' } as const;
const thisYear = saidBy(dayShort);
const otherYear = saidBy({ year: 'numeric', ...dayShort });

export const clockTime = saidBy({ hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** Day and time in full. */
export const wholeTime = (iso: string): string => new Date(iso).toLocaleString(spokenLanguage().language);

export const day = (iso: string): string => new Date(iso).toLocaleDateString(spokenLanguage().language);

/** The year only where it is another one. */
export function dayAndTime(ms: number): string {
  const same = new Date(ms).getFullYear() === new Date().getFullYear();
  return (same ? thisYear : otherYear)(ms);
}
