import { compareVersions } from '../../updater/packages/versions';
import type { PackageInfo } from '../../updater/packages/package-info';
import { withUpdater, type Context } from '../context';
import { tell, exit, type ExitCode } from '../errors';
import { packageDocument } from '../package-text';
import { size, table } from '../table';

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
    const rows = all.map(({ product, kind, module, version, arch, size: bytes, sha256, file }) => [
      product,
      kind,
      module ?? file,
      version,
      arch ?? '',
      size(bytes),
      sha256,
    ]);
    const lines = table(
      ['PRODUCT', 'KIND', 'PACKAGE', 'VERSION', 'ARCH', 'SIZE', 'SHA-256'],
      rows,
      (style, text) => terminal.paint(style, text),
    );
    if (all.length > 0) for (const line of lines) terminal.say(line);
    return exit.done;
  });
}

function order(a: PackageInfo, b: PackageInfo): number {
  return (
    a.product.localeCompare(b.product) ||
    (a.module ?? '').localeCompare(b.module ?? '') ||
    compareVersions(b.version, a.version) ||
    a.kind.localeCompare(b.kind)
  );
}
