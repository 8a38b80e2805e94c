import * as vscode from 'vscode';
import { FleetError } from '../updater/errors';
import type { Server, System } from '../updater/fleet/model';
import { runsOnePackage } from '../updater/packages/loaded-version';
import type { PackageInfo } from '../updater/packages/package-info';
import { t } from '../vscode/l10n';
import type { FleetSession } from '../vscode/session';
import { listed } from '../vscode/words';
import type { Command } from './command';
import { knownVersions, modulesOf, openRepositories } from './repositories';
import { loadPackage } from './load-package';
import { chooseFleet, systemsOf } from './selection';
import { working } from './working';

/**
 * Puts packages into the library of this computer. For a system that runs one package it is also what the system shall run; for the
 * others files, or modules of the repository that the fleet file names.
 */
export const load: Command = async (faces, chosen) => {
  const session = await chooseFleet(faces, chosen);
  if (!session) return;
  const ids = new Set(chosen.flatMap(({ servers }) => servers.map(({ id }) => id)));
  // One that was chosen may have no servers yet.
  const wanted = systemsOf(chosen);
  const systems = session.fleet.systems.filter(({ id }) => wanted.size === 0 || wanted.has(id));
  const system = await chooseSystem(systems);
  if (system === undefined) return;
  if (system !== 'any' && runsOnePackage(system.product)) return loadPackage(faces, session, system);
  const meant = system === 'any' ? systems : [system];
  const servers = meant.flatMap((each) => each.servers).filter(({ id }) => ids.size === 0 || ids.has(id));
  const place = await choosePlace(servers);
  if (!place) return;
  const loaded =
    place === 'repository' ? await fromRepository(session, servers) : await fromFiles(session, servers);
  if (loaded.length === 0) return;
  void vscode.window.showInformationMessage(
    loaded.length === 1
      ? t('Loaded 1 package: {0}.', listed(loaded, 6))
      : t('Loaded {0} packages: {1}.', loaded.length, listed(loaded, 6)),
  );
};

/** `any` where it makes no difference for which of the systems a package is loaded. */
async function chooseSystem(systems: readonly System[]): Promise<System | 'any' | undefined> {
  if (systems.length === 1) return systems[0];
  if (!systems.some(({ product }) => runsOnePackage(product))) return 'any';
  const items = systems.map((system) => ({
    label: system.id,
    description: [system.product, system.version && t('{0} is loaded', system.version)]
      .filter((word) => word)
      .join(' · '),
    system,
  }));
  return (await vscode.window.showQuickPick(items, { title: t('Load a package for which system?') }))?.system;
}

async function choosePlace(servers: readonly Server[]): Promise<'files' | 'repository' | undefined> {
  if (!servers.some(({ banalytics }) => banalytics?.repository)) return 'files';
  const items = [
    {
      label: t('From the Repository…'),
      description: t('that the fleet file names'),
      place: 'repository' as const,
    },
    {
      label: t('From Files…'),
      description: t('on this computer'),
      place: 'files' as const,
    },
  ];
  return (await vscode.window.showQuickPick(items, { title: t('Load packages from where?') }))?.place;
}

async function fromFiles(session: FleetSession, servers: readonly Server[]): Promise<string[]> {
  const picked = await vscode.window.showOpenDialog({
    title: t('Load Update Packages'),
    openLabel: t('Load'),
    canSelectMany: true,
    filters: {
      [t('Packages')]: ['jar', 'zip', 'exe', 'msi'],
      [t('All files')]: ['*'],
    },
  });
  if (!picked || picked.length === 0) return [];
  const loaded = await loadFiles(
    session,
    servers,
    picked.map(({ fsPath }) => fsPath),
  );
  return loaded.map(({ file, version }) => `${file} ${version}`);
}

/** Puts files into the library; what the fleet file says of these servers helps to tell what they are. */
export async function loadFiles(
  session: FleetSession,
  servers: readonly Server[],
  paths: readonly string[],
): Promise<PackageInfo[]> {
  const products = [...new Set(servers.map(({ product }) => product))];
  const hints = { product: products.length === 1 ? products[0] : undefined, modules: modulesOf(servers) };
  const { library } = await session.updater();
  const title =
    paths.length === 1 ? t('VMS Fleet: loading 1 file') : t('VMS Fleet: loading {0} files', paths.length);
  return working(title, async (progress, signal) => {
    const loaded: PackageInfo[] = [];
    for (const path of paths) {
      const { info } = await library.add(path, {
        hints,
        signal,
        onProgress: (done, total) => progress(path, done, total),
      });
      loaded.push(info);
    }
    return loaded;
  });
}

async function fromRepository(session: FleetSession, servers: readonly Server[]): Promise<string[]> {
  const { library } = await session.updater();
  const repositories = await openRepositories(session, servers);
  const items = await working(t('VMS Fleet: asking the repository'), async (_progress, signal) => {
    const wanted = new Set(
      servers.flatMap(({ banalytics }) => Object.entries(banalytics?.modules ?? {}).map(String)),
    );
    const perModule = await Promise.all(
      modulesOf(servers).map(async (module) => ({
        module,
        versions: await knownVersions(module, repositories, library, signal),
      })),
    );
    return perModule.flatMap(({ module, versions }) =>
      versions.map(({ version, inLibrary, repository }) => ({
        label: `${module.split(':').at(-1)} ${version}`,
        description: [module, inLibrary ? t('loaded') : '', repository ? '' : t('not in the repository')]
          .filter((word) => word)
          .join(' · '),
        // What the fleet file wants and is not there yet is what most people came for.
        picked: !inLibrary && wanted.has(String([module, version])),
        wanted: { module, version, repository },
      })),
    );
  });
  if (items.length === 0)
    throw new FleetError(
      'package.not-found',
      t('The repository tells no version of the modules in the fleet file.'),
      {
        hint: t('Name them with “VMS Fleet: Choose Module Versions…”, or load files.'),
      },
    );
  const picked = await vscode.window.showQuickPick(items, {
    title: t('Load which versions?'),
    canPickMany: true,
    matchOnDescription: true,
  });
  if (!picked || picked.length === 0) return [];
  const title =
    picked.length === 1
      ? t('VMS Fleet: loading 1 module')
      : t('VMS Fleet: loading {0} modules', picked.length);
  return working(title, async (progress, signal) => {
    const loaded: string[] = [];
    for (const { label, wanted } of picked) {
      const { repository, module, version } = wanted;
      if (!repository) continue;
      await repository.fetchInto(
        library,
        { product: 'banalytics', module, version },
        { signal, onProgress: ({ file, received, total }) => progress(file, received, total) },
      );
      loaded.push(label);
    }
    return loaded;
  });
}
