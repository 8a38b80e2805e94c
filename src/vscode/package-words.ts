import type { PackageInfo } from '../updater/packages/package-info';
import { size } from '../updater/size';
import { t } from './l10n';

export const productNames = { eocortex: 'Eocortex', mirasys: 'Mirasys', banalytics: 'Banalytics' } as const;

/** "Eocortex 4.4.12"; "onvif 1.2.0" where the product is made of modules. */
export function packageName({ product, module, version }: PackageInfo): string {
  return `${module?.split(':').at(-1) ?? productNames[product]} ${version}`;
}

/** "Eocortex 4.4.12, complete distribution, x64, 612.4 MiB". */
export function packageWords({ product, version, arch, size: bytes, installer }: PackageInfo): string {
  const words = [
    `${productNames[product]} ${version}`,
    installer && t('{0} distribution', installer.edition),
    arch,
    size(bytes),
  ];
  return words.filter((word) => word).join(', ');
}

/** One line for each thing that looking into a file told, the hash in full: it is compared with the vendor's. */
export function packageDetail(info: PackageInfo): string {
  const { installer, arch, sha256, file, source } = info;
  const rows: [string, string | null | undefined][] = [
    [t('Product'), `${productNames[info.product]} ${info.version}`],
    [t('Edition'), installer && t('{0} distribution', installer.edition)],
    [t('Architecture'), arch],
    [t('Size'), size(info.size)],
    ['SHA-256', sha256],
    [t('File'), file],
    [t('From'), source],
  ];
  return rows
    .filter(([, value]) => value)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}
