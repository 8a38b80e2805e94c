import type { Server, System } from '../updater/fleet/model';
import type { PackageInfo } from '../updater/packages/package-info';
import { runsOnePackage } from '../updater/packages/loaded-version';
import { packageName, productNames } from '../vscode/package-words';

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
  if (!place) return refused('Drop packages on a system or on a server: the place says what shall run them.');
  const { system } = place;
  const foreign = packages.find(({ product }) => product !== system.product);
  if (foreign)
    return refused(
      `${packageName(foreign)} is not for ${system.id}, which runs ${productNames[system.product]}.`,
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
        ? `${part.file} is only a part of ${packageName(part)}. Drop the module itself.`
        : 'There is no package to drop any more.',
    );
  const versions = new Map<string, Set<string>>();
  for (const { module, version } of whole)
    versions.set(module ?? '', (versions.get(module ?? '') ?? new Set()).add(version));
  for (const [module, several] of versions)
    if (several.size > 1)
      return refused(
        `${shortName(module)} came in versions ${[...several].join(' and ')}. Drop one of them.`,
      );
  const servers = server ? [server] : system.servers;
  const changes = [...versions].flatMap(([module, [version = '']]): ModuleChange[] => {
    const before = [...new Set(servers.map(({ banalytics }) => banalytics?.modules[module] ?? null))];
    return before.length === 1 && before[0] === version ? [] : [{ module, before, version }];
  });
  if (changes.length > 0) return { kind: 'modules', changes };
  const all = whole.map(packageName).join(', ');
  return { kind: 'nothing', why: `The fleet file wants ${all} for ${server?.id ?? system.id} already.` };
}

/** "com.banalytics.box:core" → "core". */
export const shortName = (module: string): string => module.split(':').at(-1) ?? module;

const refused = (why: string): DropMeaning => ({ kind: 'refused', why });
