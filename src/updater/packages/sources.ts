import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FleetError } from '../errors';
import { stopIfCancelled } from './cancel';
import { fileProblem } from './files';
import { plain, type Http } from './http';
import { download, type TransferOptions } from './http-download';
import { Part, type Algorithm, type Written } from './part';

/** Where a package comes from. */
export interface PackageSource {
  /** Base name that the file gets in the library. */
  file: string;
  /** For people and for the record: a path or an address, nothing secret in it. */
  origin: string;
  /**
   * Names exactly this source, where `write` can go on with what a broken call left behind; may be secret, so only its hash is
   * kept.
   */
  resumable?: string;
  /** Writes the whole file to a path. Throws `FleetError`. */
  write(path: string, options: TransferOptions): Promise<Written>;
}

/** What a person calls a file: a path (`~` is the home folder), a `file:` or an http(s) address. Throws `usage`. */
export function sourceOf(text: string, client: Http): PackageSource {
  if (!/^https?:/i.test(text)) return fileSource(localPath(text, process.cwd()));
  return httpSource(webAddress(text, 'usage'), client);
}

/** An absolute path of what a person wrote; a relative one starts at `base`. */
export function localPath(text: string, base: string): string {
  if (/^file:/i.test(text)) {
    try {
      return fileURLToPath(text);
    } catch (error) {
      throw new FleetError('usage', `"${text}" is not the address of a local file.`, { cause: error });
    }
  }
  if (text === '~' || /^~[/\\]/.test(text)) return join(homedir(), text.slice(1));
  return resolve(base, text);
}

/** Reads an http(s) address. One with a login in it is refused: addresses are shown, logged and shared. */
export function webAddress(text: string, code: 'usage' | 'fleet.invalid'): URL {
  if (!URL.canParse(text)) throw new FleetError(code, `"${text}" is not a web address.`);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    throw new FleetError(code, `The address of ${url.host} has a user name or password in it.`, {
      hint: 'Leave it out: no secrets in the fleet file or on a command line. Download to a folder and use that.',
    });
  return url;
}

export function fileSource(path: string, algorithms: readonly Algorithm[] = []): PackageSource {
  return { file: basename(path), origin: path, write: (to, options) => copy(path, to, algorithms, options) };
}

export function httpSource(url: URL, client: Http, algorithms: readonly Algorithm[] = []): PackageSource {
  return {
    file: fileNameOf(url),
    origin: plain(url),
    resumable: url.href,
    write: (to, options) => download(client, url, to, algorithms, options),
  };
}

function fileNameOf(url: URL): string {
  const last = url.pathname.split('/').at(-1) ?? '';
  const name = last.replace(/%[0-9a-f]{2}/gi, '_').replace(/[^\w.+~()-]/g, '_');
  return /^\.*$/.test(name) ? 'download' : name;
}

async function copy(
  from: string,
  to: string,
  algorithms: readonly Algorithm[],
  { signal, onProgress }: TransferOptions,
): Promise<Written> {
  try {
    const { size, mtimeMs } = await stat(from);
    const part = await Part.create(to, algorithms);
    try {
      for await (const chunk of createReadStream(from, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>) {
        stopIfCancelled(signal);
        await part.append(chunk);
        onProgress?.(part.size, size);
      }
      return await part.finish(Math.floor(mtimeMs / 1000));
    } finally {
      await part.close();
    }
  } catch (error) {
    throw fileProblem(error, from);
  }
}
