import type { Ratio } from './rounds';

/** The table for people: one line a ratio, what is missing above it. */
export function reportText(ratios: Ratio[], missing: string[]): string {
  const lines = ratios.map((one) => [
    one.what,
    number(one.median),
    `${number(one.min)} to ${number(one.max)}`,
    String(one.rounds),
    one.goal === null ? '' : 'atLeast' in one.goal ? `≥ ${one.goal.atLeast}` : `≤ ${one.goal.atMost}`,
    one.met === null ? '' : one.met ? 'met' : 'NOT MET',
  ]);
  const table = [['what', 'median', 'min to max', 'rounds', 'goal', ''], ...lines];
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((line) => (line[column] ?? '').length)),
  );
  const text = table.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const notes = missing.map((program) => `NOT MEASURED for want of ${program}.`);
  return ['', ...notes, ...text].join('\n');
}

const number = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2));
