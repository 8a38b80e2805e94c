import type { PackageInfo } from '../updater/packages/package-info';
import { size } from '../updater/size';
import type { Terminal } from './terminal';

/** A package for programs. What an archive holds, file by file, stays in the library. */
export function packageDocument({
  contents: _contents,
  ...info
}: PackageInfo): Omit<PackageInfo, 'contents'> {
  return info;
}

/** What a package is: "banalytics core com.banalytics.box:core 1.4.2", "eocortex complete installer 4.4.12 x64". */
export function packageName({ product, kind, module, version, arch, installer }: PackageInfo): string {
  return [product, installer?.edition, kind, module, version, arch]
    .filter((part) => part !== null && part !== undefined)
    .join(' ');
}

export function loadLine(terminal: Terminal, info: PackageInfo, existed: boolean): string {
  const what = existed ? terminal.paint('dim', 'there already') : terminal.paint('green', 'loaded');
  return `${what}  ${packageName(info)}  ${info.file}  ${size(info.size)}\n  sha256 ${info.sha256}`;
}
