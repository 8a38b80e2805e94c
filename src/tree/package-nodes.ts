import * as vscode from 'vscode';
import type { FleetError } from '../updater/errors';
import { compareVersions } from '../updater/packages/versions';
import type { PackageInfo } from '../updater/packages/package-info';
import { size } from '../updater/size';
import { capabilities } from '../vscode/ids';
import { t } from '../vscode/l10n';
import { escapeMarkdown } from '../vscode/markdown';
import { needs, useWords, type PackageUse } from '../vscode/package-use';
import { packageDetail, packageName } from '../vscode/package-words';
import type { FleetSession } from '../vscode/session';
import { day, wholeTime } from '../vscode/time';
import { listed } from '../vscode/words';
import { itemOf, markdown, type TreeNode } from './tree-node';

const { Collapsed, None } = vscode.TreeItemCollapsibleState;

/** Files that belong together, newest versions first: an installer by itself, a module's files of one version. */
export function shelves(packages: readonly PackageInfo[]): PackageInfo[][] {
  const groups = new Map<string, PackageInfo[]>();
  for (const info of packages) {
    const key = info.module === null ? info.sha256 : `${info.module} ${info.version}`;
    const group = groups.get(key);
    if (group) group.push(info);
    else groups.set(key, [info]);
  }
  const rank: readonly string[] = ['installer', 'core', 'module', 'dependencies', 'model'];
  for (const group of groups.values()) group.sort((a, b) => rank.indexOf(a.kind) - rank.indexOf(b.kind));
  return [...groups.values()].sort(([a], [b]) => (a && b ? order(a, b) : 0));
}

function order(a: PackageInfo, b: PackageInfo): number {
  return (
    a.product.localeCompare(b.product) ||
    Number(b.kind === 'core') - Number(a.kind === 'core') ||
    (a.module ?? '').localeCompare(b.module ?? '') ||
    compareVersions(b.version, a.version) ||
    b.loadedAt.localeCompare(a.loadedAt)
  );
}

/** A package, or the files of one module's version. */
export class PackageNode implements TreeNode {
  readonly servers = [];
  readonly id: string;
  private readonly files: FileNode[];

  constructor(
    readonly session: FleetSession,
    readonly packages: readonly PackageInfo[],
    private readonly use: PackageUse,
  ) {
    const [first] = packages;
    this.id = first ? (first.module === null ? first.sha256 : `${first.module} ${first.version}`) : '';
    this.files =
      packages.length > 1 ? packages.map((info) => new FileNode(session, info, `${this.id}/`)) : [];
  }

  children(): FileNode[] {
    return this.files;
  }

  item(): vscode.TreeItem {
    const [first] = this.packages;
    const bytes = this.packages.reduce((sum, info) => sum + info.size, 0);
    const arch = [...new Set(this.packages.flatMap((info) => info.arch ?? []))].join(', ');
    return itemOf(this, first ? packageName(first) : '', {
      description: [useWords(this.use), arch, size(bytes), first && addedOn(first)]
        .filter((word) => word)
        .join(' · '),
      icon: this.use.due.length > 0 ? { id: 'package', color: 'charts.blue' } : { id: 'package' },
      words: [capabilities.package],
      state: this.files.length > 0 ? Collapsed : None,
    });
  }

  tooltip(): vscode.MarkdownString {
    const { due, installed, loaded, back } = this.use;
    const rows: [string, string][] = [
      [t('Wanted by'), names(due)],
      [t('Installed on'), names(installed)],
      [t('Loaded on'), names(loaded)],
      [t('For a rollback of'), names(back)],
    ];
    return markdown(
      [
        ...this.packages.map((info) => detail(info)),
        rows
          .filter(([, value]) => value !== '')
          .map(([name, value]) => `${name}: ${escapeMarkdown(value)}`)
          .join('  \n'),
        ...needs(this.use).map(escapeMarkdown),
      ]
        .filter((text) => text !== '')
        .join('\n\n'),
    );
  }
}

/** One of the files that a module's version is made of. */
class FileNode implements TreeNode {
  readonly servers = [];
  readonly id: string;
  readonly packages: readonly PackageInfo[];

  constructor(
    readonly session: FleetSession,
    private readonly info: PackageInfo,
    prefix: string,
  ) {
    this.id = prefix + info.sha256;
    this.packages = [info];
  }

  children(): [] {
    return [];
  }

  item(): vscode.TreeItem {
    const { file, kind, arch, size: bytes } = this.info;
    return itemOf(this, file, {
      description: [kind, arch, size(bytes), addedOn(this.info)].filter((word) => word).join(' · '),
      icon: { id: 'file-zip' },
      words: [capabilities.package],
      state: None,
    });
  }

  tooltip(): vscode.MarkdownString {
    return markdown(detail(this.info));
  }
}

/** A folder of the library that is damaged or incomplete. */
export class DamagedNode implements TreeNode {
  readonly servers = [];
  readonly id: string;

  constructor(
    readonly session: FleetSession,
    private readonly problem: FleetError,
  ) {
    this.id = problem.message;
  }

  children(): [] {
    return [];
  }

  item(): vscode.TreeItem {
    return itemOf(this, t('Damaged package'), {
      description: this.problem.message,
      icon: { id: 'warning', color: 'list.warningForeground' },
      words: [],
      state: None,
    });
  }

  tooltip(): vscode.MarkdownString {
    const { message, hint } = this.problem;
    return markdown(escapeMarkdown([message, hint].filter((word) => word).join(' ')));
  }
}

export type PackageTreeNode = PackageNode | FileNode | DamagedNode;

const addedOn = ({ loadedAt }: PackageInfo): string => t('added {0}', day(loadedAt));

/** Markdown. */
function detail(info: PackageInfo): string {
  const lines = [...packageDetail(info).split('\n'), t('Added: {0}', wholeTime(info.loadedAt))];
  return lines.map(escapeMarkdown).join('  \n');
}

const names = (servers: readonly { id: string }[]): string =>
  listed(
    servers.map(({ id }) => id),
    8,
  );
