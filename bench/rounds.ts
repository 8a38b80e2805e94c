/** Something that is measured: resolves to the milliseconds that it took. */
export type Runner = () => Promise<number>;

/** Milliseconds of each round, by runner. */
export type Times = Record<string, number[]>;

/** Runs them in turn, round after round, so that a busy moment of the machine hits all of them alike. */
export async function rounds(
  count: number,
  runners: Record<string, Runner>,
  say: (line: string) => void,
): Promise<Times> {
  const times: Times = Object.fromEntries(Object.keys(runners).map((name) => [name, []]));
  for (let round = 1; round <= count; round++) {
    for (const [name, run] of Object.entries(runners)) {
      const ms = await run();
      times[name]?.push(ms);
      say(`  round ${round}: ${name} ${(ms / 1000).toFixed(2)} s`);
    }
  }
  return times;
}

export interface Ratio {
  what: string;
  median: number;
  min: number;
  max: number;
  rounds: number;
  /** What issue and README promise; null: a figure to know, nothing promised. */
  goal: { atLeast: number } | { atMost: number } | null;
  met: boolean | null;
}

/** The ratio of two runners, round by round: `over`'s time by `under`'s. */
export function ratio(
  what: string,
  times: Times,
  [over, under]: [string, string],
  goal: Ratio['goal'] = null,
): Ratio {
  const each = (times[over] ?? []).map((ms, round) => ms / (times[under]?.[round] ?? NaN));
  return figure(what, each, goal);
}

/** The median of some values, with what they spread over. */
export function figure(what: string, values: number[], goal: Ratio['goal'] = null): Ratio {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = median(sorted);
  return {
    what,
    median: middle,
    min: sorted[0] ?? NaN,
    max: sorted.at(-1) ?? NaN,
    rounds: values.length,
    goal,
    met: goal === null ? null : 'atLeast' in goal ? middle >= goal.atLeast : middle <= goal.atMost,
  };
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? NaN) + upper) / 2;
}
