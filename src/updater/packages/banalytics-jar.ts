import { FleetError } from '../errors';
import { coreFile, coreModule, isVendorGroup } from './coordinates';
import type { Candidate, Inspector } from './inspect';
import type { InspectHints } from './package-info';
import { manifestHeader, parseDependencies, parsePomProperties, type PomIdentity } from './pom';
import { isVersion, parseVersion } from './versions';
import { readZip, type ZipEntry } from './zip';
import { moduleByFileName } from './banalytics-archive';

const pomFolder = /^META-INF\/maven\/[^/]+\/[^/]+\//;
const manifestPath = 'META-INF/MANIFEST.MF';

/** The core or a module of Banalytics: a jar built by Maven, which says in itself what it is. */
export const banalyticsJar: Inspector = {
  products: ['banalytics'],
  knows: 'a module or the core (.jar)',
  takes: ({ file, appearance, hints }) =>
    appearance.zip && (/\.jar$/i.test(file) || hints.kind === 'core' || hints.kind === 'module'),
  async inspect(candidate) {
    const { path, file, signal } = candidate;
    const keepText = (name: string) => name === manifestPath || pomFolder.test(name);
    const entries = await readZip(path, { signal, unpackable: false, keepText });
    const { identity, pom } = identify(candidate, entries);
    if (!isVersion(identity.version))
      throw new FleetError(
        'package.unknown',
        `The file says that its version is "${printable(identity.version)}".`,
        {
          hint: 'A version has two to four numbers and perhaps a suffix, such as 1.4.0 or 1.4.0-linux-x86_64.',
        },
      );
    return {
      file,
      product: 'banalytics',
      kind: identity.module === coreModule ? 'core' : 'module',
      version: identity.version,
      arch: parseVersion(identity.version)?.platform ?? null,
      module: identity.module,
      dependsOn: pom === undefined ? [] : parseDependencies(pom, identity),
      contents: null,
    };
  },
};

interface Found {
  identity: PomIdentity;
  pom: string | undefined;
}

function identify({ file, hints }: Candidate, entries: readonly ZipEntry[]): Found {
  const texts = new Map(entries.map(({ path, text }) => [path, text]));
  const poms: Found[] = [];
  for (const { path, text } of entries) {
    if (!path.endsWith('/pom.properties') || text === undefined) continue;
    const identity = parsePomProperties(text);
    if (identity !== undefined)
      poms.push({ identity, pom: texts.get(path.replace(/pom\.properties$/, 'pom.xml')) });
  }
  if (poms.length === 0)
    return { identity: fromManifest(file, texts.get(manifestPath), hints), pom: undefined };
  const own = poms.filter(({ identity }) => isOwn(identity.module, hints));
  const chosen = choose(file, own, hints);
  if (chosen !== undefined) return chosen;
  const list = poms
    .map(({ identity: { module, version } }) => `${module} ${printable(version)}`)
    .slice(0, 10);
  if (own.length > 0)
    throw new FleetError('package.unknown', `The file holds several modules: ${list.join(', ')}.`, {
      hint: 'Name it <artifact>-<version>.jar after the one it is, or say --package-version.',
    });
  if (hints.module !== undefined)
    throw new FleetError(
      'package.mismatch',
      `The file was said to be of module ${hints.module}, but is of module ${list.join(', ')}.`,
      { hint: 'Check that it is the right file.' },
    );
  throw new FleetError('package.unknown', `The file is no module of Banalytics: it is ${list.join(', ')}.`, {
    hint: 'Libraries that a module needs come in its -bin.zip.',
  });
}

function isOwn(module: string, hints: InspectHints): boolean {
  const [group = ''] = module.split(':');
  return isVendorGroup(group) || module === hints.module || hints.modules?.includes(module) === true;
}

/** A shaded jar carries the poms of what went into it; its own is the one of its file name, else the one that was asked for. */
function choose(file: string, own: readonly Found[], hints: InspectHints): Found | undefined {
  if (own.length < 2) return own[0];
  const tests: ((identity: PomIdentity) => boolean)[] = [
    ({ module, version }) => {
      const [group = '', artifact = ''] = module.split(':');
      return [`${artifact}-${version}.jar`, `${group}-${artifact}-${version}.jar`].includes(file);
    },
    ({ module }) => module === coreModule && file === coreFile,
    ({ module }) => module === hints.module,
    ({ version }) => version === hints.version,
    ({ module }) => hints.modules?.includes(module) === true,
  ];
  for (const test of tests) {
    const matching = own.filter(({ identity }) => test(identity));
    if (matching.length === 1) return matching[0];
  }
  return undefined;
}

/** A jar without Maven's own files: the manifest knows the version, the file name or a hint the module. */
function fromManifest(file: string, manifest: string | undefined, hints: InspectHints): PomIdentity {
  const version = manifest === undefined ? undefined : manifestHeader(manifest, 'Implementation-Version');
  const byName = moduleByFileName(file.replace(/\.jar$/i, ''), hints);
  const module = hints.module ?? byName?.module ?? (file === coreFile ? coreModule : undefined);
  if (version === undefined || module === undefined)
    throw new FleetError(
      'package.unknown',
      `The file does not say which ${module === undefined ? 'module' : 'version'} it is: it holds no pom.properties${
        version === undefined ? ' and no Implementation-Version' : ''
      }.`,
      { hint: 'Load the jar that the vendor built with Maven, or name it after a module of the fleet file.' },
    );
  return { module, version };
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 60);
}
