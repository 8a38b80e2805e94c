import { FleetError } from '../errors';
import type { ProductId } from '../fleet/model';
import { algorithms, parseChecksum, verified, type Checksum } from './checksums';
import { artifactPath, coreModule, requireModule, type ArtifactKind } from './coordinates';
import { http, type Http } from './http';
import type { Library } from './library';
import type { PackageInfo, PackageKind } from './package-info';
import { folderStore, webStore, type Store } from './repository-store';
import { localPath, webAddress } from './sources';
import { compareVersions, isVersion } from './versions';
import { parseXml, select } from './xml';

export type { ArtifactKind } from './coordinates';

export interface RepositoryOptions {
  fetch?: typeof globalThis.fetch;
  /** Ends everything the repository does. */
  signal?: AbortSignal;
  /** Where a relative folder starts: the fleet file's folder. Default: the current one. */
  base?: string;
  /** Deadlines and tries. */
  http?: Partial<Http>;
}

export interface Wanted {
  product: ProductId;
  /** "group:artifact". */
  module: string;
  version: string;
  /** Default: all three. The jar is always fetched. */
  kinds?: readonly ArtifactKind[] | undefined;
}

export interface FetchProgress {
  kind: ArtifactKind;
  /** Base name. */
  file: string;
  /** Bytes. */
  received: number;
  total: number | undefined;
}

interface Cancel {
  signal?: AbortSignal | undefined;
}

/**
 * A Maven-layout repository: an http(s) root or a folder. Modules are "group:artifact". Every call may throw `fleet.invalid` (a
 * module or version that is none), `repository.unreachable` or `cancelled`.
 */
export interface Repository {
  /** As it is shown: nothing secret in it. */
  readonly root: string;
  /** The path or address of a file; it need not exist. */
  artifact(module: string, version: string, kind: ArtifactKind): string;
  has(module: string, version: string, kind: ArtifactKind, options?: Cancel): Promise<boolean>;
  /**
   * Puts a module's files into the library: its jar (`package.not-found` where there is none), and dependencies and model if
   * they exist. Each is checked against the strongest checksum published beside it (`package.corrupt`).
   */
  fetchInto(
    library: Library,
    wanted: Wanted,
    options?: Cancel & { onProgress?: ((progress: FetchProgress) => void) | undefined },
  ): Promise<PackageInfo[]>;
  /** Resolves if the repository answers within 5 s, whatever it says below HTTP 500. */
  ping(options?: Cancel): Promise<void>;
  /** Known versions, newest first; empty where the repository does not tell. */
  versions(module: string, options?: Cancel): Promise<string[]>;
}

/** Opens a repository by what the fleet file says: an http(s) address, a `file:` address, or a folder (`~` is the home folder). Throws `fleet.invalid`. */
export function openRepository(root: string, options: RepositoryOptions = {}): Repository {
  const client = http({ ...options.http, ...(options.fetch === undefined ? {} : { fetch: options.fetch }) });
  const store = openStore(root, client, options.base);
  const both = (signal: AbortSignal | undefined) =>
    options.signal !== undefined && signal !== undefined
      ? AbortSignal.any([options.signal, signal])
      : (signal ?? options.signal);

  return {
    root: store.locate([]),
    artifact: (module, version, kind) => store.locate(artifactPath(module, version, kind)),
    // Async, so that a module that is none is a rejection like everything else.
    has: async (module, version, kind, { signal } = {}) =>
      store.exists(artifactPath(module, version, kind), both(signal)),
    ping: ({ signal } = {}) => store.ping(both(signal)),
    async versions(module, { signal } = {}) {
      const { group, artifact } = requireModule(module);
      const folder = [...group.split('.'), artifact];
      const metadata = await store.text([...folder, 'maven-metadata.xml'], both(signal));
      const found =
        metadata === undefined
          ? await store.names(folder)
          : select(parseXml(metadata), 'metadata', 'versioning', 'versions', 'version').map(({ text }) =>
              text.trim(),
            );
      return [...new Set(found.filter(isVersion))].sort((a, b) => compareVersions(b, a));
    },
    async fetchInto(library, wanted, { signal, onProgress } = {}) {
      const infos: PackageInfo[] = [];
      for (const kind of ['jar', 'bin', 'model'] as const) {
        if (kind !== 'jar') {
          if (wanted.kinds?.includes(kind) === false) continue;
          if (!(await store.exists(artifactPath(wanted.module, wanted.version, kind), both(signal))))
            continue;
        }
        infos.push(await fetchOne(store, library, wanted, kind, both(signal), onProgress));
      }
      return infos;
    },
  };
}

function openStore(root: string, client: Http, base: string = process.cwd()): Store {
  if (!/^[a-z][a-z0-9+.-]+:/i.test(root)) return folderStore(localPath(root, base), client.ping);
  if (/^file:/i.test(root)) return folderStore(localPath(root, base), client.ping);
  const url = webAddress(root, 'fleet.invalid');
  if (!/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '')
    throw new FleetError('fleet.invalid', `"${root.split(/[?#]/)[0]}" is not the root of a repository.`, {
      hint: 'Give an http(s) address without "?" and "#", a file: address or a folder.',
    });
  return webStore(url, client);
}

async function fetchOne(
  store: Store,
  library: Library,
  { product, module, version }: Wanted,
  artifact: ArtifactKind,
  signal: AbortSignal | undefined,
  onProgress: ((progress: FetchProgress) => void) | undefined,
): Promise<PackageInfo> {
  const path = artifactPath(module, version, artifact);
  const kind = packageKind(module, artifact);
  const published = await checksums(store, path, signal);
  const sha256 = published.find(({ algorithm }) => algorithm === 'sha256')?.hex;
  const loaded = (await library.find({ product, module, version, kind })).find(
    (info) => info.sha256 === sha256,
  );
  if (loaded !== undefined) return loaded;
  const strongest = published[0];
  const source = store.source(path, strongest === undefined ? [] : [strongest.algorithm]);
  const { info } = await library.add(verified(source, strongest), {
    hints: { product, module, version, kind },
    signal,
    onProgress: (received, total) => onProgress?.({ kind: artifact, file: source.file, received, total }),
  });
  return info;
}

function packageKind(module: string, artifact: ArtifactKind): PackageKind {
  if (artifact === 'bin') return 'dependencies';
  if (artifact === 'model') return 'model';
  return module === coreModule ? 'core' : 'module';
}

/** Those that are published beside a file, strongest first. */
async function checksums(
  store: Store,
  path: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Checksum[]> {
  const folder = path.slice(0, -1);
  const file = path[path.length - 1] ?? '';
  const found = await Promise.all(
    algorithms.map(async (algorithm) => {
      const text = await store.text([...folder, `${file}.${algorithm}`], signal);
      return text === undefined ? undefined : parseChecksum(text, algorithm);
    }),
  );
  return found.filter((checksum) => checksum !== undefined);
}
