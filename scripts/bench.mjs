// Measures the product against what people use today, all in one run, and prints ratios; no figure is a failure.
// Options: --only sweep,loopback,far,activation,sizes,view; --rounds N (default 5); --quick: fewer servers, smaller files;
// --json: one document on stdout; --profile DIR: CPU profiles of our own processes.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureChromium } from './lib/browser.mjs';
import { asProduct } from './lib/bundling.mjs';
import { readOptions } from './lib/options.mjs';
import { ensureBuilt, ensureDebianPackages, ensureDependencies, inRepo, run } from './lib/prepare.mjs';

const minutes = 60_000;

// Only for `--help`: bench/main.ts reads the others.
readOptions({ strict: false });

await ensureDependencies();
const { build } = await import('esbuild');
await ensureBuilt();
// What is still missing then, the bench names and leaves out.
await ensureDebianPackages(['openssh-server', 'openssh-client', 'pssh']);
const chromium = await ensureChromium().catch(() => undefined);

const folder = inRepo('out', 'bench', String(process.pid));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
await build({
  ...asProduct,
  entryPoints: [
    inRepo('bench', 'main.ts'),
    ...readdirSync(inRepo('bench', 'clients')).map((name) => inRepo('bench', 'clients', name)),
  ],
  outbase: inRepo('bench'),
  outdir: folder,
  outExtension: { '.js': '.cjs' },
  external: [...asProduct.external, 'playwright-core'],
  logLevel: 'warning',
});
const { code } = await run(process.execPath, [join(folder, 'main.cjs'), ...process.argv.slice(2)], {
  deadline: 60 * minutes,
  cwd: inRepo(),
  env: { ...process.env, ...(chromium && { CHROME_PATH: chromium }) },
});
process.exitCode = code;
