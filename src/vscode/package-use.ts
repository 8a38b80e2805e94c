import type { Server } from '../updater/fleet/model';
import type { PackageInfo } from '../updater/packages/package-info';
import type { ServerState } from '../updater/rollout/state';
import { t } from './l10n';
import type { FleetSession } from './session';
import { listed, serverCount, wantedVersion } from './words';

/** The part of a fleet that tells who needs a package. */
export type UsingFleet = Pick<FleetSession, 'fleet' | 'servers' | 'states'>;

/** Servers by what a package is to them; one may stand in several. */
export interface PackageUse {
  /** The fleet file wants it there, and it is not installed as far as is known. */
  due: Server[];
  /** It is installed. */
  installed: Server[];
  /** The file lies there, so that it need not be sent any more. */
  loaded: Server[];
  /** A rollback can lead to it. */
  back: Server[];
}

type Index = Record<keyof PackageUse, Map<string, Server[]>>;

/** Who needs which package, over all fleets; made once for many packages. */
export class PackageUses {
  private readonly index: Index = {
    due: new Map(),
    installed: new Map(),
    loaded: new Map(),
    back: new Map(),
  };

  constructor(fleets: readonly UsingFleet[]) {
    for (const { servers, states } of fleets)
      for (const server of servers) this.take(server, states.get(server.id));
  }

  /** The use of what belongs together: a module's files of one version. */
  of(packages: readonly PackageInfo[]): PackageUse {
    const named = packages.map((info) => keyOf(info.product, info.module, info.version));
    const files = packages.map(({ sha256 }) => sha256);
    const among = (kind: keyof PackageUse, keys: readonly string[]): Server[] => [
      ...new Set(keys.flatMap((key) => this.index[kind].get(key) ?? [])),
    ];
    return {
      due: among('due', named),
      installed: among('installed', named),
      loaded: among('loaded', files),
      back: among('back', named),
    };
  }

  private take(server: Server, state: ServerState | undefined): void {
    const { product } = server;
    const put = (kind: keyof PackageUse, key: string): void => {
      const list = this.index[kind].get(key);
      if (list) list.push(server);
      else this.index[kind].set(key, [server]);
    };
    const { wanted, there } = versionsOf(server, state);
    for (const [module, version] of wanted) {
      const key = keyOf(product, module, version);
      if (there.get(module) !== version) put('due', key);
    }
    for (const [module, version] of there) put('installed', keyOf(product, module, version));
    for (const { sha256 } of state?.loaded ?? []) put('loaded', sha256);
    // The stack speaks of the product itself; of modules the server keeps its own copies.
    if (!server.banalytics)
      for (const version of state?.rollback ?? []) put('back', keyOf(product, null, version));
  }
}

type Versions = Map<string | null, string>;

function versionsOf(server: Server, state: ServerState | undefined): { wanted: Versions; there: Versions } {
  if (server.banalytics) {
    const wanted = Object.entries(server.banalytics.modules).filter(
      (entry): entry is [string, string] => entry[1] !== null,
    );
    return { wanted: new Map(wanted), there: new Map(Object.entries(state?.facts?.modules ?? {})) };
  }
  const wanted = state ? wantedVersion(server, state) : (server.eocortex?.version ?? null);
  const version = state?.version ?? null;
  return {
    wanted: new Map(wanted === null ? [] : [[null, wanted]]),
    there: new Map(version === null ? [] : [[null, version]]),
  };
}

const keyOf = (product: string, module: string | null, version: string): string =>
  `${product} ${module ?? ''} ${version}`;

/** A few words on who needs a package: what is to be done first, "not wanted" last. */
export function useWords({ due, installed, loaded, back }: PackageUse): string {
  if (due.length > 0) return t('wanted by {0}', names(due));
  if (installed.length > 0) return t('installed on {0}', names(installed));
  if (back.length > 0) return t('for a rollback of {0}', names(back));
  if (loaded.length > 0) return t('loaded on {0}', names(loaded));
  return t('not wanted');
}

/** Servers by name where they are few, else their systems, else how many. */
function names(servers: readonly Server[]): string {
  if (servers.length <= 2) return servers.map(({ id }) => id).join(', ');
  const systems = [...new Set(servers.map(({ system }) => system))];
  const many = serverCount(servers.length);
  return systems.length === 1 ? `${systems[0]} (${many})` : many;
}

/** One sentence for each way in which a package is still needed; none where it is not. */
export function needs({ due, loaded, back }: PackageUse): string[] {
  const there = new Set(loaded.map(({ id }) => id));
  const open = due.filter(({ id }) => !there.has(id));
  const gone = back.filter(({ id }) => !there.has(id));
  return [
    ...(open.length > 0
      ? [t('To be installed on: {0}. It has not been sent there yet.', listed(ids(open), 8))]
      : []),
    ...(gone.length > 0
      ? [t('A rollback leads to it on: {0}. The file does not lie there.', listed(ids(gone), 8))]
      : []),
  ];
}

const ids = (servers: readonly Server[]): string[] => servers.map(({ id }) => id);
