import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FleetError } from '../errors';
import { stopIfCancelled } from './cancel';
import { systemCode } from './files';
import { ask, discard, IdleWatch, reasonOf, retrying, unreachable, type Http } from './http';
import { readText } from './http-download';
import type { Algorithm } from './part';
import { fileSource, httpSource, type PackageSource } from './sources';

/** Where a repository's files lie. Paths are lists of folder names, the file last, already checked. */
export interface Store {
  /** A path or an address. */
  locate(path: readonly string[]): string;
  exists(path: readonly string[], signal?: AbortSignal): Promise<boolean>;
  /** A small file; undefined where it is absent. */
  text(path: readonly string[], signal?: AbortSignal): Promise<string | undefined>;
  /** Names in a folder; empty where that cannot be listed. */
  names(path: readonly string[]): Promise<string[]>;
  source(path: readonly string[], algorithms: readonly Algorithm[]): PackageSource;
  /** Throws `repository.unreachable`. */
  ping(signal?: AbortSignal): Promise<void>;
}

const textCap = 8 * 2 ** 20;

export function webStore(root: URL, client: Http): Store {
  const base = root.pathname.replace(/\/*$/, '');
  const at = (path: readonly string[]) => {
    const url = new URL(root);
    url.pathname = [base, ...path.map(encodeURIComponent)].join('/');
    return url;
  };
  return {
    locate: (path) => at(path).href,
    source: (path, algorithms) => httpSource(at(path), client, algorithms),
    names: () => Promise.resolve([]),
    // Some stores say 403 for what is not there.
    text: (path, signal) => readText(client, at(path), { signal, cap: textCap, absent: [401, 403] }),
    exists: (path, signal) => retrying(client, at(path), signal, () => exists(client, at(path), signal)),
    async ping(signal) {
      const watch = new IdleWatch(client.ping, signal);
      try {
        const response = await client.fetch(at(['']), { signal: watch.signal });
        await discard(response);
        if (response.status >= 500) throw unreachable(root, `answered HTTP ${response.status}`);
      } catch (error) {
        stopIfCancelled(signal);
        if (error instanceof FleetError) throw error;
        throw unreachable(root, `does not answer: ${reasonOf(error)}`, error);
      } finally {
        watch.stop();
      }
    },
  };
}

async function exists(client: Http, url: URL, signal: AbortSignal | undefined): Promise<boolean> {
  const watch = new IdleWatch(client.idle, signal);
  try {
    const head = await ask(client, url, { method: 'HEAD', signal: watch.signal, accept: [405, 501] });
    await discard(head);
    if (head.status !== 405 && head.status !== 501) return head.ok;
    const headers = { range: 'bytes=0-0' };
    const get = await ask(client, url, { headers, signal: watch.signal, accept: [416] });
    await discard(get);
    return get.ok;
  } finally {
    watch.stop();
  }
}

export function folderStore(root: string, deadline: number): Store {
  const at = (path: readonly string[]) => join(root, ...path);
  /** An absent file is an answer only while the root is there: a network folder may just not be mounted. */
  const absent = async (error: unknown) => {
    if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR') throw unreadable(root, error);
    await rootIsThere();
  };
  const rootIsThere = async () => {
    const found = await stat(root).catch((error: unknown) => {
      throw unreadable(root, error);
    });
    if (!found.isDirectory()) throw unreadable(root, new Error('it is not a folder'));
  };
  return {
    locate: at,
    source: (path, algorithms) => fileSource(at(path), algorithms),
    async exists(path) {
      try {
        return (await stat(at(path))).isFile();
      } catch (error) {
        await absent(error);
        return false;
      }
    },
    async text(path) {
      try {
        return await readFile(at(path), 'utf8');
      } catch (error) {
        await absent(error);
        return undefined;
      }
    },
    async names(path) {
      try {
        return await readdir(at(path));
      } catch (error) {
        await absent(error);
        return [];
      }
    },
    async ping(signal) {
      const bell = new AbortController();
      // A dead network folder hangs; it counts as silent.
      const late = sleep(deadline, undefined, {
        signal: signal === undefined ? bell.signal : AbortSignal.any([signal, bell.signal]),
      }).then(
        () => {
          throw unreadable(root, new Error(`nothing came for ${deadline / 1000} s`));
        },
        () => stopIfCancelled(signal),
      );
      try {
        await Promise.race([rootIsThere(), late]);
      } finally {
        bell.abort();
      }
    },
  };
}

function unreadable(root: string, error: unknown): FleetError {
  const why = systemCode(error) === 'ENOENT' ? 'there is no such folder' : (error as Error).message;
  return new FleetError('repository.unreachable', `The repository ${root} cannot be read: ${why}.`, {
    hint: 'Check the path, and that its drive or network folder is connected.',
    cause: error,
  });
}
