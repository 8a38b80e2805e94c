import { readFile, stat } from 'node:fs/promises';

/** Files read and parsed once, and again when they changed: hundreds of links ask for the same few. */
export class FileCache<T> {
  readonly #parse: (text: string, file: string) => T;
  readonly #files = new Map<string, { stamp: string; value: T }>();

  constructor(parse: (text: string, file: string) => T) {
    this.#parse = parse;
  }

  /** What the file holds, parsed; undefined if there is no such file. Any other error of reading or parsing is thrown. */
  async read(file: string): Promise<T | undefined> {
    try {
      const { mtimeMs, size, ino } = await stat(file);
      const stamp = `${mtimeMs}/${size}/${ino}`;
      const cached = this.#files.get(file);
      if (cached?.stamp === stamp) return cached.value;
      const value = this.#parse(await readFile(file, 'utf8'), file);
      this.#files.set(file, { stamp, value });
      return value;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw error;
    }
  }
}
