import type { Server, System } from '../updater/fleet/model';
import type { PackageInfo } from '../updater/packages/library';
import type { ServerState } from '../updater/rollout/state';
import { wantedVersion } from '../vscode/words';
import type { LoadedPackage, SystemCard } from './protocol';

/** Each system with the packages that an update of it needs, and which of them are loaded on this computer. */
export function systemCards(
  systems: readonly System[],
  library: readonly PackageInfo[],
  states: ReadonlyMap<string, ServerState>,
): SystemCard[] {
  return systems.map((system) => {
    const hasModules = system.servers.some(({ banalytics }) => banalytics !== undefined);
    const wantedBy = (server: Server): string | null => {
      const state = states.get(server.id);
      return state === undefined ? null : wantedVersion(server, state);
    };
    const targets = new Set(system.servers.flatMap((server) => wantedBy(server) ?? []));
    const packages = hasModules ? modulesOf(system.servers, library) : installersOf(system, library);
    const [newest] = hasModules ? [] : packages;
    return {
      id: system.id,
      product: system.product,
      target: [...targets].join(', ') || (newest?.version ?? null),
      packages,
      hasModules,
      hasRepository: system.servers.some(({ banalytics }) => banalytics?.repository !== undefined),
    };
  });
}

/** What the fleet file wants, module by module; a version that only some servers want has a line of its own. */
function modulesOf(servers: readonly Server[], library: readonly PackageInfo[]): LoadedPackage[] {
  const wanted = new Map<string, LoadedPackage>();
  for (const { banalytics } of servers)
    for (const [module, version] of Object.entries(banalytics?.modules ?? {})) {
      if (version === null) continue;
      const info = library.find(
        (one) =>
          one.module === module && one.version === version && (one.kind === 'core' || one.kind === 'module'),
      );
      wanted.set(`${module} ${version}`, {
        name: module,
        version,
        loaded: info !== undefined,
        size: info?.size ?? null,
        sha256: info?.sha256 ?? null,
      });
    }
  return [...wanted.values()];
}

/** The installers of the product, the one loaded last first. */
function installersOf({ product }: System, library: readonly PackageInfo[]): LoadedPackage[] {
  return library
    .filter((info) => info.product === product && info.kind === 'installer')
    .sort((a, b) => b.loadedAt.localeCompare(a.loadedAt))
    .map(({ file, version, size, sha256 }) => ({ name: file, version, loaded: true, size, sha256 }));
}
