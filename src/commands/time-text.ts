/** "2026-11-28 22:00" on the wall of this computer. */
export function timeText(at: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** The time that a person typed so; undefined for anything else, the 31st of a short month too. */
export function readTime(text: string): Date | undefined {
  const found = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)$/.exec(text.trim());
  if (found === null) return undefined;
  const [, year, month, day, hour, minute] = found.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const at = new Date(year, month - 1, day, hour, minute);
  return at.getDate() === day && at.getMonth() === month - 1 && hour < 24 && minute < 60 ? at : undefined;
}
