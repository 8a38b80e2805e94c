import { open } from 'node:fs/promises';
import { FleetError } from '../errors';
import { endsAsZip } from './zip';

/** What a file is by its first bytes; `zip` also where only its end is there to tell. */
export interface Appearance {
  zip: boolean;
  /** What Windows would run it as: `exe` a program, `msi` a compound file; undefined for everything else. */
  windows: 'exe' | 'msi' | undefined;
  /** In words, for a sentence: "an HTML page". */
  words: string;
}

const compoundFile = /^\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1/;

const magics: [RegExp, string][] = [
  [/^MZ/, 'a Windows executable'],
  [compoundFile, 'a Windows Installer package or an old Office file'],
  [/^\x7fELF/, 'a Linux executable'],
  [/^\x1f\x8b/, 'a gzip archive'],
  [/^7z\xbc\xaf\x27\x1c/, 'a 7z archive'],
  [/^Rar!/, 'a RAR archive'],
  [/^BZh/, 'a bzip2 archive'],
  [/^\xfd7zXZ/, 'an xz archive'],
  [/^%PDF/, 'a PDF file'],
  [
    /^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body)/i,
    'an HTML page (an error page saved as a file?)',
  ],
  [/^(?:\xef\xbb\xbf)?\s*<\?xml/i, 'an XML file'],
  [/^(?:\xef\xbb\xbf)?\s*[{[]/, 'a JSON file'],
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer, not the file itself'],
];

/** Looks at the first and last bytes. An empty file is `package.corrupt`. */
export async function look(path: string): Promise<Appearance> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    if (size === 0)
      throw new FleetError('package.corrupt', 'The file is empty.', {
        hint: 'Get the file again from where it came from.',
      });
    const start = Buffer.alloc(Math.min(512, size));
    await handle.read(start, 0, start.length, 0);
    const head = start.toString('latin1');
    if (/^PK(?:\x03\x04|\x05\x06)/.test(head))
      return { zip: true, windows: undefined, words: 'a zip archive' };
    // A jar that starts by itself has a shell script in front of the archive.
    if (head.startsWith('#!') && (await endsAsZip(handle, size)))
      return { zip: true, windows: undefined, words: 'a zip archive behind a start script' };
    const windows = /^MZ/.test(head) ? 'exe' : compoundFile.test(head) ? 'msi' : undefined;
    return {
      zip: false,
      windows,
      words: magics.find(([magic]) => magic.test(head))?.[1] ?? plainWords(start),
    };
  } finally {
    await handle.close();
  }
}

function plainWords(start: Buffer): string {
  if (start.every((byte) => byte === 0)) return 'only zero bytes (a download that never finished?)';
  const isText = start.every((byte) => byte >= 32 || byte === 9 || byte === 10 || byte === 13);
  return isText ? 'a text file' : 'no known kind of file';
}
