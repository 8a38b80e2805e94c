import { FleetError } from '../../errors';

/** What stands in a batch script's data as it is; anything else goes into a file of its own and is referred to. */
const plain = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;

/** Bytes of the longest word that `set /p` takes in. */
const longest = 1000;

/** Words for a batch script: each is plain, or the name of a file that holds it. */
export class WordFiles {
  /** File name → what stands in it, one line. */
  readonly files: Record<string, string> = {};
  private readonly names = new Map<string, string>();

  constructor(private readonly prefix = '@') {}

  /** @throws FleetError `usage` for what no batch script can be handed */
  refer(word: string): string {
    const bad = unfit(word);
    if (bad !== null)
      throw new FleetError('usage', `A Windows server cannot be handed ${JSON.stringify(word)}: ${bad}.`, {
        hint: 'Correct it in the fleet file.',
      });
    if (plain.test(word)) return word;
    const known = this.names.get(word);
    if (known !== undefined) return known;
    const name = `${this.prefix}${this.names.size + 1}`;
    this.names.set(word, name);
    this.files[name] = `${word}\n`;
    return name;
  }
}

function unfit(word: string): string | null {
  if (word === '') return 'it is empty';

  if (/[\u0000-\u001f\u007f]/.test(word)) return 'it holds a line break or a control character';
  if (Buffer.byteLength(word) > longest) return `it is longer than ${longest} bytes`;
  return null;
}

/** Told by Windows' programs as one word: in quotes where it has to be. */
export function quoteWindows(word: string): string {
  if (word.includes('"'))
    throw new FleetError(
      'usage',
      `A Windows command cannot be handed a word with a double quote in it: ${word}`,
    );
  // An NSIS installer takes the folder of `/D=` as it stands, spaces and all, and never in quotes.
  if (/^[\w/\\:.,=+@#~-]+$/.test(word) || /^\/D=[^&|<>^()%!]+$/.test(word)) return word;
  return `"${word.replace(/\\+$/, '$&$&')}"`;
}

/** An argument list as one command line for Windows' programs. */
export const windowsCommandLine = (words: readonly string[]): string => words.map(quoteWindows).join(' ');
