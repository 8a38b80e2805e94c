import { dirname } from 'node:path';
import type { Server } from '../updater/fleet/model';
import type { Library } from '../updater/packages/library';
import type { Repository } from '../updater/packages/repository';
import type { FleetSession } from '../vscode/session';

/** The module repositories that the fleet file names for these servers. */
export async function openRepositories(
  session: FleetSession,
  servers: readonly Server[],
): Promise<Repository[]> {
  const roots = servers.flatMap(({ banalytics }) => banalytics?.repository ?? []);
  const { openRepository } = await import('../updater/packages/repository');
  return [...new Set(roots)].map((root) => openRepository(root, { base: dirname(session.fleet.file) }));
}

/** The modules that the fleet file wants on any of these servers, or says are not to be installed. */
export function modulesOf(servers: readonly Server[]): string[] {
  return [...new Set(servers.flatMap(({ banalytics }) => Object.keys(banalytics?.modules ?? {})))].sort();
}

export interface KnownVersion {
  version: string;
  inLibrary: boolean;
  /** Undefined: only the library has it. */
  repository: Repository | undefined;
}

/** Versions of a module in the repositories and in the library, newest first. */
export async function knownVersions(
  module: string,
  repositories: readonly Repository[],
  library: Library,
  signal: AbortSignal,
): Promise<KnownVersion[]> {
  const { compareVersions } = await import('../updater/packages/versions');
  const loaded = new Set((await library.find({ module })).map(({ version }) => version));
  const offered = new Map<string, Repository>();
  for (const repository of repositories)
    for (const version of await repository.versions(module, { signal }))
      if (!offered.has(version)) offered.set(version, repository);
  return [...new Set([...loaded, ...offered.keys()])]
    .sort((a, b) => compareVersions(b, a))
    .map((version) => ({ version, inLibrary: loaded.has(version), repository: offered.get(version) }));
}
