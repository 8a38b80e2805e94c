import { spawnSync } from 'node:child_process';
import { find } from './find';

let words: string[] | undefined;

/**
 * Words before a command line that start it, and all that it starts, at the same addresses every time: of some thousands of programs of
 * wine's at random ones, one finds an address taken that it must have, and dies before it has begun. None where that is not allowed.
 */
export function atFixedAddresses(): string[] {
  return (words ??= probed());
}

function probed(): string[] {
  const setarch = find('setarch');
  if (setarch === undefined) return [];
  const { status } = spawnSync(setarch, ['-R', 'true'], { stdio: 'ignore', timeout: 10_000 });
  return status === 0 ? [setarch, '-R'] : [];
}
