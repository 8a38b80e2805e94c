// Builds dist/extension.js and dist/cli.js (CommonJS, one file each), the fleet view's page and the JSON Schema that the editor reads.
import * as esbuild from 'esbuild';
import { rm, writeFile } from 'node:fs/promises';

const watch = process.argv.includes('--watch');
const production = process.argv.includes('--production') || !watch;

/** @type {esbuild.BuildOptions} */
const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minify: production,
  sourcemap: production ? false : 'linked',
  loader: { '.sh': 'text' },
  external: ['vscode', 'cpu-features', '*.node'],
  // Its CommonJS form loads its parts in a way that no bundler follows.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  logLevel: 'info',
  metafile: true,
};

const builds = [
  { ...common, entryPoints: ['src/extension.ts'], outfile: 'dist/extension.js' },
  {
    ...common,
    entryPoints: ['src/cli.ts'],
    outfile: 'dist/cli.js',
    banner: { js: '#!/usr/bin/env node' },
  },
  // The page of the fleet view, which runs in a browser of VS Code's.
  {
    ...common,
    entryPoints: { webview: 'src/webview/app/main.ts' },
    outdir: 'dist',
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    loader: { '.svg': 'text' },
  },
  // The demo fleet of `npm start`; not shipped.
  {
    ...common,
    entryPoints: ['demo/main.ts'],
    outfile: 'out/demo.cjs',
  },
];

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
  await Promise.all(builds.map((options) => esbuild.build(options)));
} else {
  for (const options of builds) await (await esbuild.context(options)).watch();
}
