import { FleetError } from '../errors';
import { isVersion } from './versions';

/** The vendor's own groups: modules, their dependencies and the core. */
const vendorGroup = 'com.banalytics';

export const coreModule = 'com.banalytics.box:core';

/** The file name that the product's start script expects for the core. */
export const coreFile = 'banalytics-box.jar';

/** The three files that one module version may have in a repository. */
export type ArtifactKind = 'jar' | 'bin' | 'model';

export interface Coordinates {
  group: string;
  artifact: string;
}

const groupShape = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;
const artifactShape = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** Takes "group:artifact" apart; undefined where it is not one, or where a part could lead out of a folder. */
export function parseModule(module: string): Coordinates | undefined {
  const [group, artifact, ...more] = module.split(':');
  if (group === undefined || artifact === undefined || more.length > 0) return undefined;
  if (!groupShape.test(group) || !artifactShape.test(artifact) || artifact.includes('..')) return undefined;
  return { group, artifact };
}

/** As `parseModule`, but throws `fleet.invalid`. */
export function requireModule(module: string): Coordinates {
  const parsed = parseModule(module);
  if (parsed === undefined)
    throw new FleetError('fleet.invalid', `"${module}" is not a module.`, {
      hint: 'A module is written group:artifact, such as com.banalytics.box.module:basic-media.',
    });
  return parsed;
}

/** Throws `fleet.invalid` for what is not a version: it becomes part of a path. */
export function requireVersion(version: string): string {
  if (!isVersion(version))
    throw new FleetError('fleet.invalid', `"${version}" is not a version.`, {
      hint: 'A version has two to four numbers and perhaps a suffix, such as 1.4.0 or 1.4.0-linux-x86_64.',
    });
  return version;
}

export function isVendorGroup(group: string): boolean {
  return group === vendorGroup || group.startsWith(`${vendorGroup}.`);
}

/** The name of a module's jar in the server's `modules` folder. */
export function activeFileName(module: string, version: string): string {
  if (module === coreModule) return coreFile;
  const { group, artifact } = requireModule(module);
  return `${group}-${artifact}-${requireVersion(version)}.jar`;
}

const endings: Record<ArtifactKind, string> = { jar: '.jar', bin: '-bin.zip', model: '-model.zip' };

/** The path of a file in a Maven-layout repository, folder by folder, the file name last. */
export function artifactPath(module: string, version: string, kind: ArtifactKind): string[] {
  const { group, artifact } = requireModule(module);
  requireVersion(version);
  return [...group.split('.'), artifact, version, `${artifact}-${version}${endings[kind]}`];
}
