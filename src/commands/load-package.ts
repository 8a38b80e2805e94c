import * as vscode from 'vscode';
import { FleetError } from '../updater/errors';
import type { System } from '../updater/fleet/model';
import type { InspectHints, PackageInfo } from '../updater/packages/package-info';
import { loadedVersion, ownVersions, type LoadedVersion } from '../updater/packages/loaded-version';
import type { Library } from '../updater/packages/library';
import { size } from '../updater/size';
import type { Faces } from '../vscode/faces';
import { t } from '../vscode/l10n';
import { packageDetail, packageName, packageWords } from '../vscode/package-words';
import type { FleetSession } from '../vscode/session';
import { wholeTime } from '../vscode/time';
import { editFleetFile, openForEdit } from './edit-fleet-file';
import { working } from './working';

/**
 * Loads the package that a system shall run, or replaces the one before: a file, an address, or one of the library. The version
 * goes into the fleet file; the package before stays in the library, for rollbacks need it.
 */
export async function loadPackage(faces: Faces, session: FleetSession, system: System): Promise<void> {
  // Before the gigabytes, not behind them.
  await openForEdit(session);
  const { library } = await session.updater();
  const place = await choosePlace(library, system);
  if (place === undefined) return;
  const loaded =
    place === 'library'
      ? await fromLibrary(library, system)
      : place === 'address'
        ? await fromAddress(library, system)
        : await fromFiles(library, system);
  await runLoaded(faces, session, system, loaded);
}

/** Lets a system run what was loaded: asks where it replaces something, and writes the version into the fleet file. */
export async function runLoaded(
  faces: Faces,
  session: FleetSession,
  system: System,
  loaded: readonly PackageInfo[],
): Promise<void> {
  const version = loadedVersion(system, loaded);
  if (version === undefined) return;
  if (!(await agreed(version, loaded))) return;
  if (version.changes) {
    const { setSystemVersion } = await import('../updater/fleet/edit');
    await editFleetFile(session, [(text) => setSystemVersion(text, system.id, version.version)]);
  } else session.setFleet(session.fleet); // What the servers said means something else with this package.
  await faces.files.current();
  tell(faces, session, version, loaded);
}

type Place = 'files' | 'address' | 'library';

async function choosePlace(library: Library, system: System): Promise<Place | undefined> {
  const known = await installersOf(library, system);
  const items: (vscode.QuickPickItem & { place: Place })[] = [
    { label: t('From a File…'), description: t('on this computer'), place: 'files' },
    {
      label: t('From an Address…'),
      description: t('http or https'),
      place: 'address',
    },
  ];
  if (known.length > 0)
    items.push({
      label: t('From the Library…'),
      description:
        known.length === 1 ? t('1 package loaded before') : t('{0} packages loaded before', known.length),
      place: 'library',
    });
  const title =
    system.version === undefined
      ? t('{0}: load a package from where?', system.id)
      : t('{0}: replace {1} by a package from where?', system.id, system.version);
  return (await vscode.window.showQuickPick(items, { title }))?.place;
}

async function installersOf(library: Library, { product }: System): Promise<PackageInfo[]> {
  const { compareVersions } = await import('../updater/packages/versions');
  const found = await library.find({ product, kind: 'installer' });
  return found.sort((a, b) => compareVersions(b.version, a.version));
}

async function fromLibrary(library: Library, system: System): Promise<PackageInfo[]> {
  const items = (await installersOf(library, system)).map((info) => ({
    label: info.version,
    description: [info.arch, size(info.size), info.version === system.version ? t('loaded now') : '']
      .filter((word) => word)
      .join(' · '),
    detail: `${info.file} · SHA-256 ${info.sha256.slice(0, 16)}… · ${wholeTime(info.loadedAt)}`,
    info,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: t('{0}: which version?', system.id),
  });
  return picked === undefined ? [] : [picked.info];
}

async function fromFiles(library: Library, system: System): Promise<PackageInfo[]> {
  const picked = await vscode.window.showOpenDialog({
    title: t('Load a Package for {0}', system.id),
    openLabel: t('Load'),
    canSelectMany: true,
    filters: { [t('Installers')]: ['exe', 'msi'], [t('All files')]: ['*'] },
  });
  return addInstallers(
    library,
    system,
    (picked ?? []).map(({ fsPath }) => fsPath),
  );
}

/** All or none: one that is missing might be the one that the system shall run. */
export async function addInstallers(
  library: Library,
  system: System,
  paths: readonly string[],
): Promise<PackageInfo[]> {
  const loaded: PackageInfo[] = [];
  for (const path of paths) {
    const info = await add(library, system, path);
    if (info === undefined) return [];
    loaded.push(info);
  }
  return loaded;
}

async function fromAddress(library: Library, system: System): Promise<PackageInfo[]> {
  const { webAddress } = await import('../updater/packages/sources');
  const address = await vscode.window.showInputBox({
    title: t('{0}: load a package from an address', system.id),
    prompt: t('The address of the installer. What breaks off goes on when it is loaded again.'),
    placeHolder: 'https://…/EocortexMainCommon Installer.exe',
    ignoreFocusOut: true,
    validateInput: (text) => {
      const written = text.trim();
      if (written === '') return undefined;
      if (!/^https?:\/\//i.test(written)) return t('An address begins with http:// or https://.');
      try {
        webAddress(written, 'usage');
        return undefined;
      } catch (error) {
        return error instanceof FleetError ? `${error.message} ${error.hint ?? ''}` : String(error);
      }
    },
  });
  if (address === undefined || address.trim() === '') return [];
  for (;;) {
    try {
      const info = await add(library, system, address.trim());
      return info === undefined ? [] : [info];
    } catch (error) {
      if (error instanceof FleetError && error.code === 'cancelled') {
        void vscode.window.showInformationMessage(
          t(
            'Loading was stopped. What has come so far is kept for two days: load the same address again to go on.',
          ),
        );
        return [];
      }
      if (!(await goOn(error))) throw error;
    }
  }
}

/** Whether a broken-off download shall go on. */
async function goOn(error: unknown): Promise<boolean> {
  if (!(error instanceof FleetError) || error.code !== 'repository.unreachable') return false;
  const again = t('Go On');
  const text = t('{0} What has come so far is kept.', error.message);
  return (await vscode.window.showWarningMessage(text, again)) === again;
}

/**
 * Copies or downloads a file into the library and looks into it. A part or a foreign installer is refused; one that only
 * does not say what it is, is the person's to say. Undefined: they did not.
 */
async function add(library: Library, system: System, source: string): Promise<PackageInfo | undefined> {
  const hints: InspectHints = { product: system.product };
  // What stands behind a question mark may be a secret.
  const name = source.replace(/^(https?:[^?#]*).*$/i, '$1').replace(/^.*[/\\](?=.)/, '');
  const load = (said: InspectHints) =>
    working(t('VMS Fleet: loading {0}', name), (progress, signal) =>
      library
        .add(source, { hints: said, signal, onProgress: (done, total) => progress(name, done, total) })
        .then(({ info }) => info),
    );
  try {
    return await load(hints);
  } catch (error) {
    const said = await sayWhatItIs(error);
    if (said === undefined) throw error;
    return said === null ? undefined : load({ ...hints, ...said });
  }
}

/** Undefined: the file is no installer that anyone could vouch for. Null: nobody did. */
async function sayWhatItIs(error: unknown): Promise<InspectHints | null | undefined> {
  if (!(error instanceof FleetError) || error.code !== 'package.unknown') return undefined;
  if (!/does not say/.test(error.message)) return undefined;
  const button = t('It Is the Complete Distribution…');
  const detail = t(
    'Only the complete distribution updates a server. If you know that this file is it, say so; else get it under its own name from the vendor.',
  );
  const choice = await vscode.window.showWarningMessage(error.message, { modal: true, detail }, button);
  if (choice !== button) return null;
  const { isVersion } = await import('../updater/packages/versions');
  const version = await vscode.window.showInputBox({
    title: t('Which version is it?'),
    prompt: t('Empty: the file says it itself.'),
    placeHolder: '4.4.12',
    validateInput: (text) =>
      text.trim() === '' || isVersion(text.trim())
        ? undefined
        : t('A version has two to four numbers, such as {0}.', '4.4.12'),
  });
  if (version === undefined) return null;
  return { kind: 'installer', ...(version.trim() === '' ? {} : { version: version.trim() }) };
}

/** The first package of a system is what somebody just chose; replacing one is asked about, with both versions. */
async function agreed(
  { system, version, before, changes }: LoadedVersion,
  loaded: readonly PackageInfo[],
): Promise<boolean> {
  if (before === null || !changes) return true;
  const button = t('Replace by {0}', version);
  const detail = [
    loaded.map(packageDetail).join('\n\n'),
    t(
      '{0} shall run {1} instead of {2}. No server is changed yet. What was loaded before stays in the library, for rollbacks.',
      system.id,
      version,
      before,
    ),
  ].join('\n\n');
  const choice = await vscode.window.showWarningMessage(
    t('{0}: replace {1} by {2}?', system.id, before, version),
    { modal: true, detail },
    button,
  );
  return choice === button;
}

function tell(
  faces: Faces,
  session: FleetSession,
  { system, version, before, changes }: LoadedVersion,
  loaded: readonly PackageInfo[],
): void {
  for (const info of loaded) {
    const said = [packageName(info), info.arch, info.file, info.source, `SHA-256 ${info.sha256}`];
    faces.log.info(`[${system.id}] loaded ${said.filter((part) => part).join(', ')}`);
  }
  const packages = loaded.map((info) => `${packageWords(info)}, SHA-256 ${info.sha256.slice(0, 12)}…`);
  const now = session.fleet.systems.find(({ id }) => id === system.id);
  const own = now === undefined ? [] : ownVersions(now);
  const text = [
    t('{0}: loaded {1}.', system.id, packages.join('; ')),
    changes
      ? before === null
        ? ''
        : t('It was {0}.', before)
      : t('The fleet file names {0} already.', version),
    own.length > 0 ? t('These keep a version of their own: {0}.', own.join(', ')) : '',
  ];
  void vscode.window.showInformationMessage(text.filter((part) => part !== '').join(' '));
}
