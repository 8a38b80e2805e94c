// Builds dist/ (CommonJS: extension.js, cli.js, and the parts that both load when first needed; the fleet view's page) and the JSON
// Schema that the editor reads.
import * as esbuild from 'esbuild';
import { rm, writeFile } from 'node:fs/promises';
import { asProduct } from './scripts/lib/bundling.mjs';
import { buildInParts } from './scripts/lib/parts.mjs';
import { texts } from './scripts/lib/text-files.mjs';

const watch = process.argv.includes('--watch');
const production = process.argv.includes('--production') || !watch;

/** @type {esbuild.BuildOptions} */
const common = {
  ...asProduct,
  minify: production,
  sourcemap: production ? false : 'linked',
  external: ['vscode', ...asProduct.external],
  charset: 'utf8',
  logLevel: 'info',
  metafile: true,
};

const product = {
  ...common,
  entryPoints: ['src/extension.ts', 'src/cli.ts'],
  outdir: 'dist',
};
// The page of the fleet view, which runs in a browser of VS Code's.
const page = {
  ...common,
  plugins: [texts],
  entryPoints: { webview: 'src/webview/app/main.ts' },
  outdir: 'dist',
  platform: 'browser',
  target: 'es2022',
  format: 'iife',
  loader: { '.svg': 'text' },
};
// The demo fleet of `npm start`, whose servers are what the product never is; not shipped.
const demo = { ...common, plugins: [texts], entryPoints: ['demo/main.ts'], outfile: 'out/demo.cjs' };

/** The JSON Schema of the fleet file comes from the same source as its types and its checks. */
async function writeFleetSchema() {
  const { outputFiles } = await esbuild.build({
    entryPoints: ['scripts/schema.ts'],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    write: false,
  });
  const code = Buffer.from(outputFiles[0].contents).toString('base64');
  const { fleetSchemaText } = await import(`data:text/javascript;base64,${code}`);
  await writeFile('media/fleet.schema.json', fleetSchemaText());
}

await writeFleetSchema();
if (!watch) {
  await rm('dist', { recursive: true, force: true });
  await Promise.all([buildInParts(product), esbuild.build(page), esbuild.build(demo)]);
} else {
  // One file an entry: what a debugger shows is easier to follow.
  for (const options of [product, page, demo]) await (await esbuild.context(options)).watch();
}
