import { compareVersions, isVersion, releaseLine } from '../../packages/versions';

/** First and last release line of each series, as the vendor's catalogue lists them. */
const series: readonly [major: number, first: number, last: number][] = [
  [1, 9, 9],
  [2, 0, 8],
  [3, 0, 6],
  [4, 0, 4],
];
const known = series.flatMap(([major, first, last]) =>
  Array.from({ length: last - first + 1 }, (_, index) => `${major}.${first + index}`),
);

/** Every release line, oldest first; `more` are those that the fleet file adds. */
export function catalogue(more: readonly string[]): string[] {
  const added = more.filter((line) => !known.some((one) => compareVersions(one, line) === 0));
  return [...known, ...new Set(added)].sort(compareVersions);
}

/** Release lines that an update goes forward by; one that the catalogue does not list counts as a line too. */
export function linesBetween(lines: readonly string[], from: string, to: string): number {
  const [start, end] = [releaseLine(from), releaseLine(to)];
  const passed = lines.filter((line) => compareVersions(line, start) > 0 && compareVersions(line, end) < 0);
  return compareVersions(end, start) > 0 ? passed.length + 1 : 0;
}

/** Whether a version is of `line` or a later one. What is no version is of none. */
export function isOfLine(version: string, line: string): boolean {
  return isVersion(version) && compareVersions(releaseLine(version), line) >= 0;
}
