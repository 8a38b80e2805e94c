/**
 * One word for a POSIX shell, so that the shell hands it to the command exactly as it is here.
 * @throws RangeError if it holds a NUL, which no argument can carry.
 */
export function quotePosix(word: string): string {
  if (word.includes('\0')) throw new RangeError('A command line cannot hold a NUL character.');
  if (/^[A-Za-z0-9_/.,:@%+-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** An argument list as one command line for a POSIX shell. An empty list is refused: it would run nothing and call that success. */
export function commandLine(words: readonly string[]): string {
  if (words.length === 0) throw new RangeError('A command line needs at least one word.');
  return words.map(quotePosix).join(' ');
}
