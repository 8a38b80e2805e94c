import { FleetError } from '../errors';
import { parseModule } from './coordinates';
import type { Candidate, Inspector } from './inspect';
import type { InspectHints, PackageKind } from './package-info';
import type { PomIdentity } from './pom';
import { isVersion, parseVersion } from './versions';
import { readZip } from './zip';

/** The dependencies (`-bin.zip`) or the model (`-model.zip`) of a module of Banalytics. Nothing in it says whose it is. */
export const banalyticsArchive: Inspector = {
  products: ['banalytics'],
  knows: 'the dependencies (-bin.zip) or the model (-model.zip) of a module',
  takes: ({ file, appearance, hints }) =>
    appearance.zip && (/\.zip$/i.test(file) || hints.kind === 'dependencies' || hints.kind === 'model'),
  async inspect(candidate) {
    const { path, file, signal } = candidate;
    const { kind, module, version } = identify(candidate);
    const contents = (await readZip(path, { signal, unpackable: true })).map((entry) => ({
      path: entry.path,
      sha256: entry.sha256 ?? '',
      size: entry.size,
    }));
    const arch = parseVersion(version)?.platform ?? null;
    return { file, product: 'banalytics', kind, version, arch, module, dependsOn: [], contents };
  },
};

const kinds: Record<string, PackageKind> = { bin: 'dependencies', model: 'model' };

function identify({ file, hints }: Candidate): PomIdentity & { kind: PackageKind } {
  const ending = /-(bin|model)\.zip$/i.exec(file);
  const kindByName = kinds[ending?.[1]?.toLowerCase() ?? ''];
  const kind = kindByName ?? hints.kind;
  if (kind !== 'dependencies' && kind !== 'model')
    throw unclear('does not say whether it holds dependencies or a model');
  const stem = ending === null ? file.replace(/\.zip$/i, '') : file.slice(0, ending.index);
  const byName = moduleByFileName(stem, hints);
  const module = byName?.module ?? hints.module;
  if (module === undefined)
    throw unclear('does not say by its name which module of the fleet file it belongs to');
  const version = byName?.version ?? hints.version;
  if (version === undefined || !isVersion(version))
    throw unclear('does not say by its name which version it is');
  return { kind, module, version };
}

function unclear(what: string): FleetError {
  return new FleetError('package.unknown', `The file ${what}.`, {
    hint: 'Name it <artifact>-<version>-bin.zip or -model.zip after a module of the fleet file, or say --kind dependencies|model and --package-version.',
  });
}

/**
 * The module and version that `<artifact>-<version>` or `<group>-<artifact>-<version>` stands for, among the modules of the
 * hints. Undefined where none fits; `package.unknown` where several do.
 */
export function moduleByFileName(stem: string, hints: InspectHints): PomIdentity | undefined {
  const modules = hints.module === undefined ? [...new Set(hints.modules ?? [])] : [hints.module];
  const fitting = modules.flatMap((module): PomIdentity[] => {
    const parsed = parseModule(module);
    if (parsed === undefined) return [];
    for (const name of [`${parsed.group}-${parsed.artifact}-`, `${parsed.artifact}-`])
      if (stem.startsWith(name) && isVersion(stem.slice(name.length)))
        return [{ module, version: stem.slice(name.length) }];
    return [];
  });
  if (fitting.length > 1)
    throw new FleetError(
      'package.unknown',
      `The file may belong to any of ${fitting.map(({ module }) => module).join(', ')}.`,
      { hint: 'Name it <group>-<artifact>-<version>-bin.zip, with the group of the one it belongs to.' },
    );
  return fitting[0];
}
