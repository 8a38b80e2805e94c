import { dirname } from 'node:path';
import { asFleetError, FleetError } from '../errors';
import type { Fleet, Server } from '../fleet/model';
import type { Library } from '../packages/library';
import { openRepository, type Repository, type Wanted } from '../packages/repository';
import { productOf } from '../products';
import type { Need, Supply } from '../products/product';
import { Shared } from '../targets/waiting';

type OnProgress = (file: string, done: number, total: number) => void;

const isAddress = (root: string): boolean => /^https?:/i.test(root);

/** What the library holds and which repositories answer: what planning needs to know of packages. */
export class Supplies {
  /** Fetches under way, so that forty servers that miss one module fetch it once. */
  private readonly fetching = new Shared<unknown>({ lastSeesEnd: true });
  /** Who is told how far a fetch is. */
  private readonly waiting = new Set<{ key: string; onProgress: OnProgress }>();

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
    onProgress: OnProgress,
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
      const { module, version } = need;
      await this.once(root, { product: server.product, module, version }, onProgress, signal);
    }
  }

  private async once(
    root: string,
    wanted: Wanted,
    onProgress: OnProgress,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const key = [root, wanted.module, wanted.version].join('\n');
    const waiter = { key, onProgress };
    this.waiting.add(waiter);
    try {
      await this.fetching.run(key, signal, (own) =>
        this.repository(root).fetchInto(this.library, wanted, {
          signal: own,
          onProgress: ({ file, received, total }) => this.tell(key, file, received, total ?? 0),
        }),
      );
    } finally {
      this.waiting.delete(waiter);
    }
  }

  private tell(key: string, ...progress: Parameters<OnProgress>): void {
    for (const waiter of this.waiting) if (waiter.key === key) waiter.onProgress(...progress);
  }
}
