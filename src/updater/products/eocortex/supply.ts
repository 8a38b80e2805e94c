import type { PackageInfo } from '../../packages/package-info';
import { compareVersions, isVersion } from '../../packages/versions';
import type { Facts } from '../../targets/facts';
import type { Need, Situation } from '../product';

const same = (a: string, b: string): boolean => compareVersions(a, b) === 0;

const highest = (versions: readonly string[]): string | null =>
  [...versions].sort(compareVersions).at(-1) ?? null;

const installers = (packages: readonly PackageInfo[]): PackageInfo[] =>
  packages.filter((info) => info.product === 'eocortex' && info.kind === 'installer');

/** Installers that lie on the server; what the library does not know has no kind, and in hand-written facts nothing has. */
const onServer = (facts: Facts): Facts['loaded'] =>
  facts.loaded.filter(
    ({ version, kind }) => isVersion(version) && (kind === undefined || kind === 'installer'),
  );

/** What each architecture runs; one that is not listed may run anything. */
const runs: Record<string, readonly string[]> = {
  x86: ['x86'],
  x64: ['x64', 'x86'],
  arm64: ['arm64', 'x64', 'x86'],
};
const fits = (info: PackageInfo, { arch, runs32Bit }: Facts): boolean =>
  (info.arch === null || (runs[arch]?.includes(info.arch) ?? true)) &&
  // A setup program of 32 bits may bring a product of 64, and does not start where nothing of 32 bits does.
  !(runs32Bit === false && (info.arch === 'x86' || info.installer?.program === 'x86'));

/**
 * The version to go to: the one asked for, else that of the system's loaded package. Where the fleet file names none, the highest in
 * the library (a hop's package may be loaded beside it), and where this machine has none, what a colleague loaded onto the server.
 * Null: nobody wants any.
 */
export function wanted({ server, to, supply, facts }: Situation): string | null {
  return (
    to ??
    server.eocortex?.version ??
    highest(installers(supply.packages).map((info) => info.version)) ??
    highest(onServer(facts).map((loaded) => loaded.version))
  );
}

/** Versions of which an installer that this server can run is loaded, here or on the server. */
export function loadedVersions({ supply, facts }: Situation): string[] {
  return [...installers(supply.packages).filter((info) => fits(info, facts)), ...onServer(facts)].map(
    ({ version }) => version,
  );
}

/** The installer of a version for one server: of the architecture installed there, where there is a choice. */
export function need({ supply, facts }: Situation, version: string): Need {
  const there = new Set(facts.loaded.map((loaded) => loaded.sha256));
  const rank = (info: PackageInfo): number =>
    info.arch === facts.installed?.arch ? 0 : info.arch === null || info.arch === facts.arch ? 1 : 2;
  const [own] = installers(supply.packages)
    .filter((info) => same(info.version, version) && fits(info, facts))
    .sort(
      (a, b) =>
        rank(a) - rank(b) ||
        Number(there.has(b.sha256)) - Number(there.has(a.sha256)) ||
        (a.loadedAt < b.loadedAt ? 1 : -1),
    );
  const lying = onServer(facts).find((loaded) => same(loaded.version, version));
  return {
    version,
    module: null,
    kind: 'installer',
    package: own ?? null,
    sha256: own?.sha256 ?? lying?.sha256 ?? null,
  };
}

/** An installer as it lies, or is to lie, among a server's packages. */
export interface InstallerFile {
  version: string;
  sha256: string;
  file: string;
  format: 'exe' | 'msi';
}

/** The file of a version's installer: the library's, or the one that the server has; null where neither is there. */
export function installerFile(situation: Situation, version: string): InstallerFile | null {
  const { package: info, sha256 } = need(situation, version);
  const file = info?.file ?? situation.facts.loaded.find((loaded) => loaded.sha256 === sha256)?.file;
  if (sha256 === null || file === undefined) return null;
  const format = info?.installer?.format ?? (/\.msi$/i.test(file) ? 'msi' : 'exe');
  return { version, sha256, file, format };
}

/** Architectures of a version's installers in the library that this server cannot run. */
export function foreign({ supply, facts }: Situation, version: string): string[] {
  return installers(supply.packages).flatMap((info) =>
    same(info.version, version) && !fits(info, facts) && info.arch !== null ? [info.arch] : [],
  );
}
