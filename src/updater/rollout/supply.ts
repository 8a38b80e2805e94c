import { dirname } from 'node:path';
import { asFleetError, FleetError } from '../errors';
import type { Fleet, Server } from '../fleet/model';
import type { Library } from '../packages/library';
import { openRepository, type Repository } from '../packages/repository';
import { productOf } from '../products';
import type { Need, Supply } from '../products/product';

const isAddress = (root: string): boolean => /^https?:/i.test(root);

/** What the library holds and which repositories answer: what planning needs to know of packages. */
export class Supplies {
  /** Fetches under way, so that forty servers that miss one module fetch it once. */
  private readonly fetching = new Map<string, Promise<void>>();

  constructor(
    private readonly library: Library,
    private readonly fleet: () => Fleet,
  ) {}

  /** The library alone: for the status of servers. */
  async known(): Promise<Supply> {
    return { packages: await this.library.list(), silent: new Map() };
  }

  /**
   * The library, and whether the repositories of these servers answer.
   * `network: false` (planning from recorded facts) asks only folders: away from the site no address need answer.
   */
  async probed(servers: readonly Server[], network: boolean, signal?: AbortSignal): Promise<Supply> {
    const roots = new Set(servers.flatMap((server) => productOf(server.product)?.repositories(server) ?? []));
    const silent = new Map<string, string>();
    await Promise.all(
      [...roots]
        .filter((root) => network || !isAddress(root))
        .map(async (root) => {
          try {
            await this.repository(root).ping(signal ? { signal } : {});
          } catch (error) {
            signal?.throwIfAborted();
            silent.set(root, asFleetError(error).message);
          }
        }),
    );
    return { packages: await this.library.list(), silent };
  }

  repository(root: string): Repository {
    return openRepository(root, { base: dirname(this.fleet().file) });
  }

  /**
   * Brings what a server needs and the library lacks out of the server's repository.
   * @throws FleetError `package.not-loaded` where there is no repository, and what the repository throws
   */
  async fetch(
    server: Server,
    needs: readonly Need[],
    onProgress: (file: string, done: number, total: number) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const [root] = productOf(server.product)?.repositories(server) ?? [];
    for (const need of needs.filter((one) => one.package === null)) {
      if (root === undefined || need.module === null)
        throw new FleetError(
          'package.not-loaded',
          `${need.module ?? server.product} ${need.version} is not in the library.`,
          {
            server: server.id,
            hint: 'Load its file, or set a `repository` in the fleet file that has it.',
          },
        );
      await this.once(root, server, need.module, need.version, onProgress, signal);
    }
  }

  private async once(
    root: string,
    server: Server,
    module: string,
    version: string,
    onProgress: (file: string, done: number, total: number) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const key = [root, module, version].join('\n');
    const under = this.fetching.get(key);
    if (under !== undefined) return under;
    const fetching = this.repository(root)
      .fetchInto(
        this.library,
        { product: server.product, module, version },
        {
          ...(signal && { signal }),
          onProgress: ({ file, received, total }) => onProgress(file, received, total ?? 0),
        },
      )
      .then(() => undefined)
      .finally(() => this.fetching.delete(key));
    this.fetching.set(key, fetching);
    return fetching;
  }
}
