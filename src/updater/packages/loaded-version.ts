import type { ProductId, System } from '../fleet/model';
import type { PackageInfo } from './package-info';
import { compareVersions } from './versions';

/** What loading a package means for a system: the version that it shall run from now on. */
export interface LoadedVersion {
  system: System;
  version: string;
  /** Null where the fleet file named none. */
  before: string | null;
  /** False where the fleet file names it already. */
  changes: boolean;
}

/** Whether systems of a product run one loaded package at a time, so that loading one says which. */
export function runsOnePackage(product: ProductId): boolean {
  return product === 'eocortex';
}

/**
 * The highest of the versions that were loaded: what is loaded beside it (a hop's installer, one for another architecture) is
 * on the way to it. Undefined where the system does not run one package, or none of these is for it.
 */
export function loadedVersion(system: System, loaded: readonly PackageInfo[]): LoadedVersion | undefined {
  const version = loaded
    .filter(({ product, kind }) => product === system.product && kind === 'installer')
    .map((info) => info.version)
    .sort(compareVersions)
    .at(-1);
  if (version === undefined || !runsOnePackage(system.product)) return undefined;
  const before = system.version ?? null;
  return {
    system,
    version,
    before,
    changes: before === null || compareVersions(before, version) !== 0,
  };
}

/** Servers that go to another version than their system's, in words: the fleet file says so at each of them. */
export function ownVersions({ version, servers }: System): string[] {
  return servers.flatMap(({ id, eocortex }) =>
    eocortex?.version === undefined || eocortex.version === version ? [] : [`${id} (${eocortex.version})`],
  );
}
