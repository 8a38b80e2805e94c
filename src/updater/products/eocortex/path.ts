import { compareVersions } from '../../packages/versions';
import { isOfLine, linesBetween } from './catalogue';

/** From here on every later version can be installed directly; below it, a step is short and never reaches 4.0. */
const gate = '3.6.57';
const mostLines = 2;

/** The rules that one update from `from` up to `to` would break. */
export function brokenUp(lines: readonly string[], from: string, to: string): string[] {
  if (compareVersions(from, gate) >= 0) return [];
  return [
    ...(isOfLine(to, '4.0') ? ['eocortex.gate-3.6.57'] : []),
    ...(linesBetween(lines, from, to) > mostLines ? ['eocortex.two-lines'] : []),
  ];
}

interface Way {
  hops: string[];
  /** Hops on the way, the target aside, for which no package is loaded. */
  missing: number;
  /** Whether the first hop's package is loaded. */
  loaded: boolean;
}

/**
 * Every version to be installed in order, `to` last, so that no single hop breaks a rule. A hop takes a loaded package
 * where one will do, of those the highest; else it names the lowest version that would do (`3.6.57`), or just the release
 * line (`3.4`). Of two ways, the one that lacks fewer packages is taken, then the one with fewer hops.
 * `to` is newer than `from`. There always is a way, since every line of the catalogue may be a stop.
 */
export function pathUp(
  lines: readonly string[],
  loaded: readonly string[],
  from: string,
  to: string,
): string[] {
  const stops = [...new Set([...loaded, gate, ...lines])]
    .filter((version) => compareVersions(version, from) > 0 && compareVersions(version, to) < 0)
    .sort((a, b) => compareVersions(b, a));
  // From the target downwards, so that what lies ahead of a stop is settled when the stop is looked at.
  const settled: Way[] = [{ hops: [to], missing: 0, loaded: true }];
  const onward = (stop: string): Way =>
    settled
      .filter(({ hops: [next = to] }) => brokenUp(lines, stop, next).length === 0)
      .reduce((best, way) => (isBetter(way, best) ? way : best));
  for (const stop of stops) {
    const { hops, missing } = onward(stop);
    const isLoaded = loaded.includes(stop);
    settled.push({ hops: [stop, ...hops], missing: missing + (isLoaded ? 0 : 1), loaded: isLoaded });
  }
  return onward(from).hops;
}

/** Whether `way` is better than `other`, which begins higher. */
function isBetter(way: Way, other: Way): boolean {
  if (way.missing !== other.missing) return way.missing < other.missing;
  if (way.hops.length !== other.hops.length) return way.hops.length < other.hops.length;
  return way.loaded && !other.loaded;
}
