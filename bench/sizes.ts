import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Bench } from './bench';
import { timed } from './process';
import { figure, type Ratio } from './rounds';

/** What the built files weigh, and the VSIX that holds them. */
export async function sizesBench(bench: Bench): Promise<Ratio[]> {
  bench.say('Sizes');
  const dist = (file: string): string => path.join(bench.root, 'dist', file);
  const kilobytes = (files: Iterable<string>): number =>
    [...files].reduce((sum, file) => sum + statSync(file).size, 0) / 1000;
  const vsix = await packed(bench);
  return [
    figure('extension, kB', [kilobytes(loadable(dist('extension.js')))], { atMost: 800 }),
    figure('extension, loaded before `activate`, kB', [kilobytes(loadable(dist('extension.js'), atOnce))]),
    figure('command line, kB', [kilobytes(loadable(dist('cli.js')))]),
    ...(vsix === undefined ? [] : [figure('VSIX, kB', [vsix / 1000])]),
  ];
}

/** Parts that a file loads, when it is loaded itself or later. */
const ever = /require\("(\.\/[^"]+)"\)/g;
/** Parts that it does not put off by an `import()`, which is built as a promise's `then`. */
const atOnce = /(?<!\.then\(\(\)=>\w*\(?)require\("(\.\/[^"]+)"\)/g;

/** A built file, and all that it loads. */
function loadable(file: string, what = ever, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, part = ''] of readFileSync(file, 'utf8').matchAll(what))
    loadable(path.join(path.dirname(file), part), what, found);
  return found;
}

/** Bytes of the extension as it is shipped. */
async function packed(bench: Bench): Promise<number | undefined> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'vms-fleet-bench-'));
  try {
    const vsce = path.join(bench.root, 'node_modules', '@vscode', 'vsce', 'vsce');
    const file = path.join(folder, 'extension.vsix');
    await timed(process.execPath, [vsce, 'package', '--no-dependencies', '--out', file], {
      deadline: 120_000,
    });
    return statSync(file).size;
  } catch (error) {
    bench.say(`NOT MEASURED: the VSIX: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
