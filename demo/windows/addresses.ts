import { spawnSync } from 'node:child_process';
import { find } from './find';

let words: string[] | undefined;

/**
 * Words before a command line that start it, and all that it starts, at the same addresses every time: of some thousands of programs of
 * wine's at random ones, one finds an address taken that it must have, and dies before it has begun. None where that is not allowed.
 */
export function atFixedAddresses(): string[] {
  words ??= allowed(['setarch', '-R']);
  return words;
}

function allowed([name = '', ...options]: string[]): string[] {
  const program = find(name);
  if (program === undefined) return [];
  const { status } = spawnSync(program, [...options, 'true'], { stdio: 'ignore', timeout: 10_000 });
  return status === 0 ? [program, ...options] : [];
}
