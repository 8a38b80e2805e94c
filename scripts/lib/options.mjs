// What the programs in scripts/ are told on their command line. Node's own modules only: on a fresh clone there is nothing else yet.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/**
 * As `parseArgs`. With `--help` the comment at the top of the program is printed, which says what its options are; with an option that
 * there is not, that too, and the program ends with 2.
 * @template {import('node:util').ParseArgsConfig} T
 * @param {T} config
 * @returns {ReturnType<typeof parseArgs<T>>}
 */
export function readOptions(config) {
  if (process.argv.includes('--help')) {
    console.log(usage());
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    return wrongUsage(error.message);
  }
}

/** @param {string} message what is wrong @returns {never} */
export function wrongUsage(message) {
  console.error(`${message}\n\n${usage()}`);
  process.exit(2);
}

function usage() {
  const [comment = ''] = /^(\/\/.*\n)+/.exec(readFileSync(process.argv[1], 'utf8')) ?? [];
  return comment.replace(/^\/\/ ?/gm, '').trim();
}
