import type { PackageInfo } from '../updater/packages/package-info';
import { size } from './table';
import type { Terminal } from './terminal';

/** A package for programs. What an archive holds, file by file, stays in the library. */
export function packageDocument({
  contents: _contents,
  ...info
}: PackageInfo): Omit<PackageInfo, 'contents'> {
  return info;
}

/** What a package is: "banalytics core com.banalytics.box:core 1.4.2". */
export function packageName({ product, kind, module, version, arch }: PackageInfo): string {
  return [product, kind, module, version, arch].filter((part) => part !== null).join(' ');
}

export function loadLine(terminal: Terminal, info: PackageInfo, existed: boolean): string {
  const what = existed ? terminal.paint('dim', 'there already') : terminal.paint('green', 'loaded');
  return `${what}  ${packageName(info)}  ${info.file}  ${size(info.size)}\n  sha256 ${info.sha256}`;
}
