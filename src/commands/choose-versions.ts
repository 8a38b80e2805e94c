import * as vscode from 'vscode';
import { FleetError } from '../updater/errors';
import type { Server } from '../updater/fleet/model';
import { signalOf } from '../vscode/cancellation';
import { t } from '../vscode/l10n';
import type { FleetSelection, FleetSession } from '../vscode/session';
import type { Command } from './command';
import { editFleetFile } from './edit-fleet-file';
import { knownVersions, modulesOf, openRepositories } from './repositories';
import { chooseFleet, noServers, systemsOf } from './selection';

/** Where versions are written: a system's own set, or one server's. */
interface Place {
  system: string;
  server: string | undefined;
  servers: Server[];
}

/** A version, or null: not to be installed. */
type Choices = Map<string, string | null>;

/** Chooses which versions of which modules the fleet file wants, and writes them there; comments stay. */
export const chooseVersions: Command = async (faces, chosen) => {
  const session = await chooseFleet(faces, chosen);
  if (!session) return;
  const place = await choosePlace(session, chosen);
  if (!place) return;
  const choices: Choices = new Map();
  for (;;) {
    const module = await chooseModule(place, choices);
    if (module === undefined) return;
    if (module === null) break;
    const version = await chooseVersion(session, place, module);
    if (version !== undefined) choices.set(module, version);
  }
  await write(session, place, choices);
};

async function choosePlace(
  session: FleetSession,
  chosen: readonly FleetSelection[],
): Promise<Place | undefined> {
  const ids = new Set(chosen.flatMap(({ servers }) => servers.map(({ id }) => id)));
  const wanted = systemsOf(chosen);
  const meant = session.fleet.systems.filter(({ id }) => wanted.size === 0 || wanted.has(id));
  if (wanted.size > 0 && meant.every(({ servers }) => servers.length === 0)) throw noServers([...wanted]);
  const systems = meant.filter(({ servers }) => servers.some(({ banalytics }) => banalytics));
  if (systems.length === 0)
    throw new FleetError('usage', t('No system here is made of modules with versions.'), {
      hint: t('Load an update package instead.'),
    });
  const places = systems.flatMap(({ id, servers }) => {
    const whole = {
      label: id,
      description:
        servers.length === 1 ? t('the system, 1 server') : t('the system, {0} servers', servers.length),
      place: { system: id, server: undefined, servers },
    };
    const single = servers.filter((server) => ids.size === 1 && ids.has(server.id));
    const own = single.map((server) => ({
      label: server.id,
      description: t('only this server of {0}', id),
      place: { system: id, server: server.id, servers: single },
    }));
    return [...own, whole];
  });
  if (places.length === 1) return places[0]?.place;
  return (await vscode.window.showQuickPick(places, { title: t('Choose versions for what?') }))?.place;
}

/** Null: the person is done. Undefined: they went away. */
async function chooseModule(place: Place, choices: Choices): Promise<string | null | undefined> {
  const modules = modulesOf(place.servers).map((module) => {
    const now = [...new Set(place.servers.map(({ banalytics }) => banalytics?.modules[module]))]
      .map(wordOf)
      .join(', ');
    const next = choices.has(module) ? ` → ${wordOf(choices.get(module))}` : '';
    return {
      label: module.split(':').at(-1) ?? module,
      description: `${now}${next}`,
      detail: module,
      module,
    };
  });
  const writing =
    choices.size === 1
      ? t('Write 1 change to the fleet file')
      : t('Write {0} changes to the fleet file', choices.size);
  const write = { label: `$(check) ${writing}`, module: null };
  const items: (vscode.QuickPickItem & { module: string | null })[] =
    choices.size > 0 ? [write, ...modules] : modules;
  const options = {
    title: t('{0}: which module?', place.server ?? place.system),
    matchOnDetail: true,
  };
  return (await vscode.window.showQuickPick(items, options))?.module;
}

function wordOf(version: string | null | undefined): string {
  return version ?? t('not installed');
}

async function chooseVersion(
  session: FleetSession,
  place: Place,
  module: string,
): Promise<string | null | undefined> {
  const versions = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: t('VMS Fleet: asking for the versions of {0}', module),
      cancellable: true,
    },
    async (_progress, token) => {
      const { library } = await session.updater();
      return knownVersions(module, await openRepositories(session, place.servers), library, signalOf(token));
    },
  );
  const known = versions.map(({ version, inLibrary, repository }) => ({
    label: version,
    description: [inLibrary ? t('loaded') : '', repository ? t('in the repository') : '']
      .filter((word) => word)
      .join(', '),
    version,
  }));
  const none = {
    label: t('Not Installed'),
    description: t('servers that have it lose it'),
    version: null,
  };
  const items: (vscode.QuickPickItem & { version: string | null })[] = [...known, none];
  return (await vscode.window.showQuickPick(items, { title: t('{0}: which version?', module) }))?.version;
}

async function write(session: FleetSession, { system, server }: Place, choices: Choices): Promise<void> {
  const { setModuleVersion } = await import('../updater/fleet/edit');
  await editFleetFile(
    session,
    [...choices].map(
      ([module, version]) =>
        (text) =>
          setModuleVersion(text, system, module, version, server),
    ),
  );
}
