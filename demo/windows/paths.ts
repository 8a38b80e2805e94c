import { existsSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';

/**
 * The file on this computer that a Windows path means: `/C:/x/y`, `C:\x\y`, `/c/x` or, relative, below the home folder. Upper and
 * lower case are one, as on Windows.
 * @param drives letter in upper case → folder
 * @returns undefined for a drive that is not there
 */
export function unixPath(path: string, drives: Record<string, string>, home: string): string | undefined {
  const slashed = path.replaceAll('\\', '/');
  const [, letter, rest = ''] = /^\/?([A-Za-z]):(.*)$/.exec(slashed) ?? [];
  if (letter === undefined) {
    const absolute = slashed.startsWith('/') ? `/C:${slashed}` : `/${home}/${slashed}`;
    return unixPath(absolute, drives, home);
  }
  const root = drives[letter.toUpperCase()];
  if (root === undefined) return undefined;
  let found = root;
  // ".." is worked out before the walk, so that no path leaves its drive.
  for (const name of posix.normalize(`/${rest}`).split('/').filter(Boolean)) found = child(found, name);
  return found;
}

function child(folder: string, name: string): string {
  const exact = join(folder, name);
  if (existsSync(exact) || !existsSync(folder)) return exact;
  const lower = name.toLowerCase();
  const other = names(folder).find((each) => each.toLowerCase() === lower);
  return other === undefined ? exact : join(folder, other);
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** `/C:/x/y` of what a client may write in many ways, without looking at the disk. */
export function canonicalPath(path: string, home: string): string {
  const slashed = path.replaceAll('\\', '/');
  const absolute = /^\/?[A-Za-z]:/.test(slashed)
    ? slashed.replace(/^\/?/, '/')
    : slashed.startsWith('/')
      ? slashed
      : `/${home}/${slashed}`;
  const normal = posix.normalize(absolute).replace(/(.)\/$/, '$1');
  return /^\/[A-Za-z]:$/.test(normal) ? `${normal}/` : normal;
}
