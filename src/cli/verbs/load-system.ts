import type { Fleet, System } from '../../updater/fleet/model';
import {
  loadedVersion,
  ownVersions,
  runsOnePackage,
  type LoadedVersion,
} from '../../updater/packages/loaded-version';
import type { PackageInfo } from '../../updater/packages/package-info';
import type { Context } from '../context';

/** A system of `load --json`. */
interface Written {
  id: string;
  version: string;
  before: string | null;
  /** False: the fleet file named this version already. */
  changed: boolean;
}

/** Writes into the fleet file which version each of these systems shall run after its package was loaded, and says so. */
export async function writeVersions(
  { terminal }: Context,
  fleet: Fleet,
  systems: readonly System[],
  loaded: readonly PackageInfo[],
): Promise<Written[]> {
  const versions = systems.flatMap((system) => loadedVersion(system, loaded) ?? []);
  for (const system of systems) {
    if (versions.some((one) => one.system === system)) continue;
    const why = runsOnePackage(system.product)
      ? 'no installer of it was loaded'
      : `a ${system.product} system is not made of one package`;
    terminal.note(`${system.id}: no version is written into the fleet file: ${why}.`);
  }
  const changes = versions.filter(({ changes }) => changes);
  const after = changes.length === 0 ? fleet : await write(fleet, changes);
  for (const { system, version, before, changes } of versions) {
    const what = before === null ? version : `${before} → ${version}`;
    terminal.note(
      changes
        ? `${system.id}: version ${what} is written into ${fleet.file}.`
        : `${system.id}: ${fleet.file} names version ${before} already.`,
    );
    const own = ownVersions(after.systems.find(({ id }) => id === system.id) ?? system);
    if (own.length > 0)
      terminal.note(`  These keep the version of their own that stands there: ${own.join(', ')}.`);
  }
  return versions.map(({ system, version, before, changes }) => ({
    id: system.id,
    version,
    before,
    changed: changes,
  }));
}

async function write(fleet: Fleet, changes: readonly LoadedVersion[]): Promise<Fleet> {
  const [{ changeFleetFile }, { setSystemVersion }, { parseFleet }] = await Promise.all([
    import('../../updater/fleet/write'),
    import('../../updater/fleet/edit'),
    import('../../updater/fleet/read'),
  ]);
  const text = await changeFleetFile(
    fleet.file,
    changes.map(
      ({ system, version }) =>
        (text) =>
          setSystemVersion(text, system.id, version),
    ),
  );
  return parseFleet(text, fleet.file).fleet ?? fleet;
}
