import * as vscode from 'vscode';
import { FleetError } from '../updater/errors';
import type { PackageInfo } from '../updater/packages/package-info';
import { size } from '../updater/size';
import type { Faces } from '../vscode/faces';
import { t } from '../vscode/l10n';
import { needs, PackageUses } from '../vscode/package-use';
import { packageName, packageWords } from '../vscode/package-words';
import type { FleetSelection } from '../vscode/session';
import type { Command } from './command';
import { chooseFleet } from './selection';

const mostLines = 12;

/** Takes packages out of the library of this computer, after saying who still needs them. Servers keep what they have. */
export const removePackage: Command = async (faces, chosen) => {
  const packages = await choose(faces, chosen, t('Remove which packages from this computer?'));
  const [first] = packages;
  const [session] = faces.files.sessions;
  if (!first || !session) return;
  const { library } = await session.updater();
  const hashes = new Set(packages.map(({ sha256 }) => sha256));
  // The same bytes may be the file of two packages: they go together.
  const going = (await library.list()).filter(({ sha256 }) => hashes.has(sha256));
  const uses = new PackageUses(faces.files.sessions);
  const lines = going.map((info) => {
    const [need = ''] = needs(uses.of([info]));
    return [`${packageWords(info)} (${info.file})`, need].filter((text) => text !== '').join('\n    ');
  });
  const more = lines.length > mostLines ? [t('and {0} more', lines.length - mostLines)] : [];
  const detail = `${[...lines.slice(0, mostLines), ...more].join('\n')}\n\n${t('Servers keep what they have. What is removed here can be loaded again.')}`;
  const button = t('Remove');
  const text =
    going.length === 1
      ? t('Remove {0} from this computer?', packageName(first))
      : t('Remove {0} packages from this computer?', going.length);
  if ((await vscode.window.showWarningMessage(text, { modal: true, detail }, button)) !== button) return;
  for (const sha256 of hashes) await library.remove(sha256);
  for (const info of going) faces.log.info(`removed ${packageName(info)}, SHA-256 ${info.sha256}`);
  // What the servers said means something else without them.
  for (const one of faces.files.sessions) one.setFleet(one.fleet);
};

/** Copies the SHA-256 of packages, to be compared with the vendor's; several as `sha256sum` writes them. */
export const copyHash: Command = async (faces, chosen) => {
  const packages = await choose(faces, chosen, t('Copy the SHA-256 of which packages?'));
  if (packages.length === 0) return;
  const [only, ...others] = packages;
  const lines = packages.map(({ sha256, file }) => `${sha256}  ${file}\n`);
  await vscode.env.clipboard.writeText(only && others.length === 0 ? only.sha256 : lines.join(''));
  void vscode.window.setStatusBarMessage(
    only && others.length === 0
      ? t('SHA-256 of {0} copied', only.file)
      : t('SHA-256 of {0} files copied', packages.length),
    3_000,
  );
};

/** The packages that are meant: those chosen, else those that the person picks. */
async function choose(
  faces: Faces,
  chosen: readonly FleetSelection[],
  title: string,
): Promise<readonly PackageInfo[]> {
  const meant = [
    ...new Map(
      chosen.flatMap(({ packages = [] }) => packages.map((info) => [info.sha256, info] as const)),
    ).values(),
  ];
  if (meant.length > 0) return meant;
  const session = await chooseFleet(
    faces,
    faces.files.sessions.slice(0, 1).map((one) => ({ session: one, servers: [] })),
  );
  if (!session) return [];
  const all = await (await session.updater()).library.list();
  if (all.length === 0)
    throw new FleetError('package.not-found', t('No package is loaded on this computer.'), {
      hint: t('Load one by “VMS Fleet: Load Package…”.'),
    });
  const items = all.map((info) => ({
    label: packageName(info),
    description: [info.kind, info.arch, size(info.size)].filter((word) => word).join(' · '),
    detail: `${info.file} · SHA-256 ${info.sha256.slice(0, 16)}…`,
    info,
  }));
  const picked = await vscode.window.showQuickPick(items, { title, canPickMany: true, matchOnDetail: true });
  return (picked ?? []).map(({ info }) => info);
}
