import { compareVersions } from '../../updater/packages/versions';
import { size } from '../../updater/size';
import type { PackageInfo } from '../../updater/packages/package-info';
import { withUpdater, type Context } from '../context';
import { tell, exit, type ExitCode } from '../errors';
import { packageDocument } from '../package-text';
import { table } from '../table';

/** Lists the library: by product and module, the newest version first. */
export function packages(context: Context): Promise<ExitCode> {
  const { terminal } = context;
  return withUpdater(context, 'optional', async ({ updater }) => {
    const all = (await updater.library.list()).sort(order);
    const problems = await updater.library.problems();
    for (const problem of problems) tell(terminal, problem);
    if (terminal.json) {
      terminal.document({
        schema: 1,
        packages: all.map(packageDocument),
        problems: problems.map((problem) => problem.toJSON()),
      });
      return exit.done;
    }
    if (all.length === 0)
      terminal.say('The library is empty. vms-fleet load FILE|URL… puts packages into it.');
    const columns = all.some(({ installer }) => installer !== undefined)
      ? everyColumn
      : everyColumn.filter(([title]) => title !== 'EDITION');
    const lines = table(
      columns.map(([title]) => title),
      all.map((info) => columns.map(([, text]) => text(info))),
      (style, text) => terminal.paint(style, text),
    );
    if (all.length > 0) for (const line of lines) terminal.say(line);
    return exit.done;
  });
}

/** An edition is a matter of installers: a library of modules goes without the column. */
const everyColumn: [title: string, text: (info: PackageInfo) => string][] = [
  ['PRODUCT', ({ product }) => product],
  ['KIND', ({ kind }) => kind],
  ['EDITION', ({ installer }) => installer?.edition ?? ''],
  ['PACKAGE', ({ module, file }) => module ?? file],
  ['VERSION', ({ version }) => version],
  ['ARCH', ({ arch }) => arch ?? ''],
  ['SIZE', (info) => size(info.size)],
  ['SHA-256', ({ sha256 }) => sha256],
];

function order(a: PackageInfo, b: PackageInfo): number {
  return (
    a.product.localeCompare(b.product) ||
    (a.module ?? '').localeCompare(b.module ?? '') ||
    compareVersions(b.version, a.version) ||
    a.kind.localeCompare(b.kind)
  );
}
