import { FleetError } from '../errors';

/** A version taken apart. `1.4.0-SNAPSHOT-linux-x86_64` is numbers [1,4,0], qualifier "SNAPSHOT", platform "linux-x86_64". */
export interface Version {
  /** Two to four numbers. */
  numbers: number[];
  /** What marks a pre-release, without its dash; null for a release. */
  qualifier: string | null;
  /** The platform that the file was built for, without its dash; null where the version names none. */
  platform: string | null;
}

/**
 * What is a version, in the fleet file too. Versions become names of files and folders on servers, and words of batch and shell: no
 * character of it means anything there, and no name ends with a dot.
 */
export const versionShape =
  /^([0-9]{1,9}(?:\.[0-9]{1,9}){1,3})(?:-([0-9A-Za-z](?:[0-9A-Za-z_+-]|\.(?=[0-9A-Za-z_+-])){0,99}))?$/;
const platformAtEnd =
  /(?:^|-)((?:linux|windows|macosx|android|ios)-(?:x86_64|x86|arm64|armhf|ppc64le|riscv64))$/i;

/** Undefined where the text is not a version of two to four numbers with an optional suffix. */
export function parseVersion(text: string): Version | undefined {
  const match = versionShape.exec(text);
  if (match === null) return undefined;
  const suffix = match[2] ?? '';
  const platform = platformAtEnd.exec(suffix);
  const qualifier = platform === null ? suffix : suffix.slice(0, platform.index);
  return {
    numbers: (match[1] ?? '').split('.').map(Number),
    qualifier: qualifier === '' ? null : qualifier,
    platform: platform?.[1] ?? null,
  };
}

export function isVersion(text: string): boolean {
  return versionShape.test(text);
}

/**
 * Negative where `a` is older than `b`. Number by number, a missing one counts as 0; then a pre-release is below its
 * release; then suffixes as text. A platform is no pre-release: `1.4.0-linux-x86_64` is not older than `1.4.0`.
 * What is not a version sorts below every version, so a list from a server can always be sorted.
 *
 * (Not by `semver`: it cuts or refuses a fourth number, and takes every suffix for a pre-release.)
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  if (left === undefined || right === undefined) {
    if (left !== undefined) return 1;
    if (right !== undefined) return -1;
    return compareText(a, b);
  }
  for (let index = 0; index < 4; index += 1) {
    const difference = (left.numbers[index] ?? 0) - (right.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if ((left.qualifier === null) !== (right.qualifier === null)) return left.qualifier === null ? 1 : -1;
  return (
    compareText(left.qualifier ?? '', right.qualifier ?? '') ||
    compareText(left.platform ?? '', right.platform ?? '')
  );
}

/** The first two numbers: "4.3" of "4.3.18". Throws `usage` where the text is not a version. */
export function releaseLine(version: string): string {
  const parsed = parseVersion(version);
  if (parsed === undefined)
    throw new FleetError('usage', `"${version}" is not a version.`, {
      hint: 'A version has two to four numbers, such as 4.3.18.',
    });
  return parsed.numbers.slice(0, 2).join('.');
}

/** By code unit: the same on every machine, whatever its locale. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
