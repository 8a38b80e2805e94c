import { readFile, rm, writeFile } from 'node:fs/promises';
import { FleetError } from '../errors';
import { stopIfCancelled } from './cancel';
import { ask, discard, IdleWatch, Interrupted, isAbsent, plain, reasonOf, retrying, type Http } from './http';
import { Part, type Algorithm, type Written } from './part';

export interface TransferOptions {
  signal?: AbortSignal | undefined;
  /** Bytes so far, and of the whole where that is known. */
  onProgress?: ((received: number, total: number | undefined) => void) | undefined;
}

/** How a broken download goes on: what the server calls this very content. */
interface Resume {
  validator: string | undefined;
}

/**
 * Downloads a file, going on where a broken try ended if the server can; also where a broken call of this function ended, if
 * its file and the note beside it are still there. Throws `package.not-found` (404), `repository.unreachable`, `space`,
 * `cancelled`. What was written stays behind on an error, for the caller to keep or throw away.
 */
export async function download(
  client: Http,
  url: URL,
  path: string,
  algorithms: readonly Algorithm[],
  options: TransferOptions = {},
): Promise<Written> {
  const note = resumeNote(path);
  const resume: Resume = { validator: await readFile(note, 'utf8').catch(() => undefined) };
  await rm(note, { force: true });
  const part =
    resume.validator === undefined
      ? await Part.create(path, algorithms)
      : await Part.resume(path, algorithms, options.signal);
  try {
    const uploaded = await retrying(
      client,
      url,
      options.signal,
      () => receive(client, url, part, resume, options),
      () => part.size,
    );
    return await part.finish(uploaded);
  } catch (error) {
    // Without it a later call could not tell whether the server still has the same file.
    if (resume.validator !== undefined && part.size >= worthKeeping && canGoOn(error))
      await part.sync().then(
        () => writeFile(note, resume.validator ?? ''),
        // The next call begins anew, no more.
        () => undefined,
      );
    throw error;
  } finally {
    await part.close();
  }
}

/** A full disk is not helped by keeping a part, and a file that is gone will not come back. */
function canGoOn(error: unknown): boolean {
  return error instanceof FleetError && ['cancelled', 'repository.unreachable'].includes(error.code);
}

/** Bytes below which a broken download is not worth going on with another time. */
const worthKeeping = 2 ** 20;

/** Where it is noted how the download beside it can go on. Only there after a broken call. */
export function resumeNote(path: string): string {
  return `${path}.resume`;
}

/** One try. Returns the seconds of Last-Modified. */
async function receive(
  client: Http,
  url: URL,
  part: Part,
  resume: Resume,
  { signal, onProgress }: TransferOptions,
): Promise<number | undefined> {
  const watch = new IdleWatch(client.idle, signal);
  try {
    if (part.size > 0 && resume.validator === undefined) await part.restart();
    const headers: Record<string, string> =
      part.size > 0 && resume.validator !== undefined
        ? { range: `bytes=${part.size}-`, 'if-range': resume.validator }
        : {};
    const response = await ask(client, url, { headers, signal: watch.signal, accept: [416] });
    if (isAbsent(response)) {
      await discard(response);
      throw new FleetError('package.not-found', `The repository has no ${plain(url)}.`, {
        hint: 'Check the address; of a module also its version and the repository in the fleet file.',
      });
    }
    const total = await wholeSize(response, part);
    resume.validator = validatorOf(response);
    await readBody(response, part, watch, signal, total, onProgress);
    if (total !== undefined && part.size !== total) {
      if (part.size > total) await part.restart();
      throw new Interrupted(`it sent ${part.size} of ${total} bytes`);
    }
    const modified = Date.parse(response.headers.get('last-modified') ?? '');
    return Number.isNaN(modified) ? undefined : Math.floor(modified / 1000);
  } finally {
    watch.stop();
  }
}

/** Makes the part fit the answer (which may begin in the middle, or anew) and returns the size of the whole, if it is told. */
async function wholeSize(response: Response, part: Part): Promise<number | undefined> {
  if (response.status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
    if (range !== null && Number(range[1]) === part.size)
      return range[2] === '*' ? undefined : Number(range[2]);
  }
  const fits = response.status === 200;
  await part.restart();
  if (!fits) {
    await discard(response);
    throw new Interrupted('it did not go on where the download was broken off');
  }
  const length = response.headers.get('content-length');
  // A server that packs in spite of our asking counts the packed bytes.
  return length === null || response.headers.has('content-encoding') ? undefined : Number(length);
}

function validatorOf({ headers }: Response): string | undefined {
  if (headers.has('content-encoding')) return undefined;
  const tag = headers.get('etag');
  return tag !== null && !tag.startsWith('W/') ? tag : (headers.get('last-modified') ?? undefined);
}

async function readBody(
  response: Response,
  part: Part,
  watch: IdleWatch,
  signal: AbortSignal | undefined,
  total: number | undefined,
  onProgress: TransferOptions['onProgress'],
): Promise<void> {
  if (response.body === null) return;
  try {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      watch.touch();
      await part.append(chunk);
      onProgress?.(part.size, total);
    }
  } catch (error) {
    stopIfCancelled(signal);
    if (error instanceof FleetError) throw error;
    throw new Interrupted(reasonOf(error), { cause: error });
  }
}

/** A small answer as text; undefined where there is none. More than `cap` bytes are `repository.unreachable`. */
export async function readText(
  client: Http,
  url: URL,
  options: { signal?: AbortSignal | undefined; cap: number; absent?: number[] },
): Promise<string | undefined> {
  return retrying(client, url, options.signal, async () => {
    const watch = new IdleWatch(client.idle, options.signal);
    try {
      const response = await ask(client, url, { signal: watch.signal, accept: options.absent ?? [] });
      if (!response.ok) {
        await discard(response);
        return undefined;
      }
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        size += chunk.length;
        if (size > options.cap)
          throw new FleetError('repository.unreachable', `${plain(url)} is far too big.`, {
            hint: 'Check that the repository is one of Maven layout.',
          });
        chunks.push(chunk);
      }
      return Buffer.concat(chunks).toString('utf8');
    } catch (error) {
      if (error instanceof FleetError || error instanceof Interrupted) throw error;
      throw new Interrupted(reasonOf(error), { cause: error });
    } finally {
      watch.stop();
    }
  });
}
