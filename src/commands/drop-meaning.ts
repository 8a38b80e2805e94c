import type { Server, System } from '../updater/fleet/model';
import type { PackageInfo } from '../updater/packages/package-info';
import { runsOnePackage } from '../updater/packages/loaded-version';
import { t } from '../vscode/l10n';
import { packageName, productNames } from '../vscode/package-words';
import { allOf } from '../vscode/words';

/** What packages were dropped on: a system, or one of its servers. */
export interface DropPlace {
  system: System;
  server: Server | undefined;
}

/** A module's version before and after; null: not installed. Before it may be several where servers differ. */
export interface ModuleChange {
  module: string;
  before: (string | null)[];
  version: string;
}

export type DropMeaning =
  /** The system shall run it, the way Load and Replace do it. */
  | { kind: 'package'; packages: PackageInfo[] }
  /** The fleet file shall want these versions at the place. */
  | { kind: 'modules'; changes: ModuleChange[] }
  /** All of it is as it would be. */
  | { kind: 'nothing'; why: string }
  | { kind: 'refused'; why: string };

/** What it means to drop packages on a place of the fleet; where it means nothing, why. */
export function dropMeaning(packages: readonly PackageInfo[], place: DropPlace | undefined): DropMeaning {
  if (!place)
    return refused(t('Drop packages on a system or on a server: the place says what shall run them.'));
  const { system } = place;
  const foreign = packages.find(({ product }) => product !== system.product);
  if (foreign)
    return refused(
      t('{0} is not for {1}, which runs {2}.', packageName(foreign), system.id, productNames[system.product]),
    );
  if (runsOnePackage(system.product)) return { kind: 'package', packages: [...packages] };
  return modules(packages, place);
}

function modules(packages: readonly PackageInfo[], { system, server }: DropPlace): DropMeaning {
  const whole = packages.filter(
    ({ kind, module }) => module !== null && (kind === 'core' || kind === 'module'),
  );
  const [part] = packages;
  if (whole.length === 0)
    return refused(
      part
        ? t('{0} is only a part of {1}. Drop the module itself.', part.file, packageName(part))
        : t('There is no package to drop any more.'),
    );
  const versions = new Map<string, Set<string>>();
  for (const { module, version } of whole)
    versions.set(module ?? '', (versions.get(module ?? '') ?? new Set()).add(version));
  for (const [module, several] of versions)
    if (several.size > 1)
      return refused(
        t('{0} came in versions {1}. Drop one of them.', shortName(module), allOf([...several])),
      );
  const servers = server ? [server] : system.servers;
  const changes = [...versions].flatMap(([module, [version = '']]): ModuleChange[] => {
    const before = [...new Set(servers.map(({ banalytics }) => banalytics?.modules[module] ?? null))];
    return before.length === 1 && before[0] === version ? [] : [{ module, before, version }];
  });
  if (changes.length > 0) return { kind: 'modules', changes };
  const all = whole.map(packageName).join(', ');
  return {
    kind: 'nothing',
    why: t('The fleet file wants {0} for {1} already.', all, server?.id ?? system.id),
  };
}

/** "com.banalytics.box:core" → "core". */
export const shortName = (module: string): string => module.split(':').at(-1) ?? module;

const refused = (why: string): DropMeaning => ({ kind: 'refused', why });
