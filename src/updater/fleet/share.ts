import { integer, maxValue, minValue, number, pipe, regex, string, union } from 'valibot';

/** A number of servers, or a percentage of them: `3`, `"25%"`. */
export type Share = number | string;

/** A share of at least so many servers (0 or 1). */
export const share = (least: 0 | 1) =>
  union([
    pipe(
      number(),
      integer('must be a whole number'),
      minValue(least, `must be at least ${least}`),
      maxValue(10_000, 'must be at most 10000'),
    ),
    pipe(
      string(),
      regex(
        least === 0 ? /^(?:100|[1-9]?[0-9])%$/ : /^(?:100|[1-9][0-9]?)%$/,
        `must be a whole percentage from "${least}%" to "100%", or a number`,
      ),
    ),
  ]);

/** Size of a wave that takes a share of `total` servers: a percentage never takes more than that, but at least one server. */
export function sizeOf(part: Share, total: number): number {
  return typeof part === 'number' ? part : Math.max(1, Math.floor((percentOf(part) * total) / 100));
}

/** True where `count` of `total` servers are more than the share: exact, nothing is rounded. */
export function exceeds(count: number, part: Share, total: number): boolean {
  return typeof part === 'number' ? count > part : count * 100 > percentOf(part) * total;
}

const percentOf = (part: string): number => Number(part.slice(0, -1));
