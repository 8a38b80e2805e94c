import { access, chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { coordinates, CORE, lines, place } from './maven';
import boxScript from './product/box.sh';
import startScript from './product/start.sh';
import { unpackZip } from './zip';

/** 2026-01-02T03:04:06Z, the seconds in the values of `modules-info.properties`. */
const SECONDS = 1767323046;

export interface HomeRecipe {
  /** A folder that `makeModule` filled. */
  repository: string;
  /** The installed set: `group:artifact` → version. Empty: a fresh installation before its first run. */
  modules: Record<string, string>;
}

/** An installed home of the product, as after its last good start: `start.sh` and `box.sh` are in it, ready to run. */
export async function makeHome(dir: string, { repository, modules }: HomeRecipe): Promise<void> {
  const folders = ['modules', 'modules-download', 'modules-upgrade', 'modules-backup', 'models', 'config'];
  for (const folder of [...folders, 'logs', 'data']) await mkdir(join(dir, folder), { recursive: true });
  for (const [name, script] of Object.entries({ 'start.sh': startScript, 'box.sh': boxScript })) {
    await writeFile(join(dir, name), script);
    await chmod(join(dir, name), 0o755);
  }
  if (Object.keys(modules).length === 0) return;

  for (const [module, version] of Object.entries(modules)) {
    const { jar, base } = place(repository, module, version);
    await copyFile(jar, join(dir, 'modules', installedName(module, version)));
    if (await exists(`${base}-bin.zip`)) await unpackZip(`${base}-bin.zip`, join(dir, 'modules'));
    if (await exists(`${base}-model.zip`)) await unpackZip(`${base}-model.zip`, join(dir, 'models'));
  }
  await writeFile(join(dir, 'modules', 'modules-info.properties'), modulesInfo(modules));
}

/** `modules-info.properties` as `java.util.Properties.store` writes it: comments first, colons escaped in key and value. */
export function modulesInfo(modules: Record<string, string>): string {
  return lines(
    '#Upgrade executed: 2026-01-02T03:04:06',
    '#Fri Jan 02 03:04:06 UTC 2026',
    ...Object.entries(modules).map(([module, version]) => {
      const value = `${module === CORE ? 'core' : 'component'}:${SECONDS}`;
      return `${module}:${version}`.replaceAll(':', '\\:') + '=' + value.replaceAll(':', '\\:');
    }),
  );
}

/** Name of a module's jar in `modules`: the core has none of its own. */
export function installedName(module: string, version: string): string {
  const { group, artifact } = coordinates(module);
  return module === CORE ? 'banalytics-box.jar' : `${group}-${artifact}-${version}.jar`;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
