/** "45 s", "3 min", "2 h 5 min", "3 d": short, for it stands in a narrow column. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60)
    return seconds % 60 > 0 && minutes < 10 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 > 0 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} d`;
}

/** How long something has been so, without seconds: a table whose every line ticks cannot be read. */
export function since(from: number, now: number): string {
  const seconds = Math.max(0, (now - from) / 1000);
  return seconds < 60 ? 'just now' : duration(Math.floor(seconds / 60) * 60_000);
}

export const clockTime = (ms: number): string =>
  new Date(ms).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** The year only where it is another one. */
export function dayAndTime(ms: number): string {
  const date = new Date(ms);
  const same = date.getFullYear() === new Date().getFullYear();
  return date.toLocaleString(undefined, {
    ...(!same && { year: 'numeric' }),
    ...{ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' },
  });
}
