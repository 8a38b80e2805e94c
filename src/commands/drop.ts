import * as vscode from 'vscode';
import { FleetError } from '../updater/errors';
import type { PackageInfo } from '../updater/packages/package-info';
import type { Faces } from '../vscode/faces';
import { t } from '../vscode/l10n';
import type { DropTarget, FleetSession } from '../vscode/session';
import { listed } from '../vscode/words';
import { packageName } from '../vscode/package-words';
import { dropMeaning, shortName, type DropPlace, type ModuleChange } from './drop-meaning';
import { editFleetFile, openForEdit } from './edit-fleet-file';
import { addInstallers, runLoaded } from './load-package';
import { loadFiles } from './load';
import { runsOnePackage } from '../updater/packages/loaded-version';

/** Packages of the library, by SHA-256, were dropped on a fleet. */
export async function dropPackages(
  faces: Faces,
  target: DropTarget,
  hashes: readonly string[],
): Promise<void> {
  const { library } = await target.session.updater();
  const wanted = new Set(hashes);
  const packages = (await library.list()).filter(({ sha256 }) => wanted.has(sha256));
  await take(faces, target, packages);
}

/** Files were dropped: into the library, and onto the place where there is one. */
export async function dropFiles(
  faces: Faces,
  target: DropTarget,
  files: readonly vscode.Uri[],
): Promise<void> {
  const { session } = target;
  const paths = files.map(({ scheme, fsPath }) => {
    if (scheme === 'file') return fsPath;
    throw new FleetError('usage', t('Only files of this computer can be dropped.'), {
      hint: t('Load an address by “VMS Fleet: Load Package…”.'),
    });
  });
  const place = placeOf(target);
  if (place && runsOnePackage(place.system.product)) {
    // Before the gigabytes, not behind them.
    await openForEdit(session);
    const { library } = await session.updater();
    const loaded = await addInstallers(library, place.system, paths);
    if (loaded.length > 0) await runLoaded(faces, session, place.system, loaded);
    return;
  }
  const servers = place?.server ? [place.server] : (place?.system.servers ?? session.servers);
  const loaded = await loadFiles(session, servers, paths);
  if (place && loaded.some(({ kind }) => kind === 'core' || kind === 'module'))
    return take(faces, target, loaded);
  const names = listed(loaded.map(packageName), 6);
  void vscode.window.showInformationMessage(
    loaded.length === 1
      ? t('Loaded 1 package: {0}.', names)
      : t('Loaded {0} packages: {1}.', loaded.length, names),
  );
}

async function take(faces: Faces, target: DropTarget, packages: readonly PackageInfo[]): Promise<void> {
  const place = placeOf(target);
  const meaning = dropMeaning(packages, place);
  if (meaning.kind === 'refused') void vscode.window.showWarningMessage(meaning.why);
  if (meaning.kind === 'nothing') void vscode.window.showInformationMessage(meaning.why);
  if (!place) return;
  if (meaning.kind === 'package') {
    await openForEdit(target.session);
    await runLoaded(faces, target.session, place.system, meaning.packages);
  }
  if (meaning.kind === 'modules') await wantModules(faces, target.session, place, meaning.changes);
}

/** Undefined: on nothing that packages could be for. */
function placeOf({ session, system, server }: DropTarget): DropPlace | undefined {
  const found = session.fleet.systems.find(({ id }) => id === system);
  return found && { system: found, server: found.servers.find(({ id }) => id === server) };
}

/** Asks, for a drop is easily done beside the place that was meant, and writes the versions into the fleet file. */
async function wantModules(
  faces: Faces,
  session: FleetSession,
  { system, server }: DropPlace,
  changes: readonly ModuleChange[],
): Promise<void> {
  await openForEdit(session);
  const where = server?.id ?? system.id;
  const [first] = changes;
  const what =
    changes.length === 1 && first
      ? `${shortName(first.module)} ${first.version}`
      : t('{0} modules', changes.length);
  const lines = changes.map(({ module, before, version }) => {
    const was = before.map((one) => one ?? t('not installed')).join(', ');
    return `${shortName(module)}: ${was} → ${version}`;
  });
  const whom = server
    ? t('Only for {0}, a server of {1}.', server.id, system.id)
    : system.servers.length === 1
      ? t('For all of {0} (1 server).', system.id)
      : t('For all of {0} ({1} servers).', system.id, system.servers.length);
  const detail = `${lines.join('\n')}\n\n${whom} ${t('It is written into the fleet file. No server is changed yet.')}`;
  const button = t('Write');
  const text = t('{0}: shall it run {1}?', where, what);
  if ((await vscode.window.showWarningMessage(text, { modal: true, detail }, button)) !== button) return;
  const { setModuleVersion } = await import('../updater/fleet/edit');
  await editFleetFile(
    session,
    changes.map(
      ({ module, version }) =>
        (source) =>
          setModuleVersion(source, system.id, module, version, server?.id),
    ),
  );
  await faces.files.current();
  const now = session.servers.filter((one) => one.system === system.id && (!server || one.id === server.id));
  const own = now.filter(({ banalytics }) =>
    changes.some(({ module, version }) => banalytics?.modules[module] !== version),
  );
  const kept =
    own.length > 0
      ? ` ${t(
          'These keep a version of their own: {0}.',
          listed(
            own.map(({ id }) => id),
            6,
          ),
        )}`
      : '';
  void vscode.window.showInformationMessage(`${t('{0}: the fleet file wants {1} now.', where, what)}${kept}`);
}
