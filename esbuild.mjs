// Builds dist/ (CommonJS: extension.js, cli.js, and the parts that both load when first needed; the fleet view's page) and the JSON
// Schema that the editor reads.
import * as esbuild from 'esbuild';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { lean } from './scripts/lib/lean.mjs';
import { texts } from './scripts/lib/text-files.mjs';

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
  plugins: [texts],
  external: ['vscode', 'cpu-features', '*.node'],
  // Its CommonJS form loads its parts in a way that no bundler follows.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  charset: 'utf8',
  logLevel: 'info',
  metafile: true,
};

const product = {
  ...common,
  entryPoints: ['src/extension.ts', 'src/cli.ts'],
  outdir: 'dist',
  plugins: [lean, texts],
};
// The page of the fleet view, which runs in a browser of VS Code's.
const page = {
  ...common,
  entryPoints: { webview: 'src/webview/app/main.ts' },
  outdir: 'dist',
  platform: 'browser',
  target: 'es2022',
  format: 'iife',
  loader: { '.svg': 'text' },
};
// The demo fleet of `npm start`; not shipped.
const demo = { ...common, entryPoints: ['demo/main.ts'], outfile: 'out/demo.cjs' };

/**
 * Cuts the product where it says `import()`, so that VS Code compiles only what `activate` needs. esbuild cuts ES modules alone;
 * each file is turned into CommonJS afterwards. Its imports and exports are written anew before: esbuild would ask for `vscode`
 * fifty times, copying all of it each time, and put half a kilobyte of helpers into each part.
 */
async function buildInParts() {
  const { outputFiles } = await esbuild.build({
    ...product,
    format: 'esm',
    splitting: true,
    chunkNames: 'part-[hash]',
    write: false,
  });
  const options = {
    format: 'cjs',
    platform: 'node',
    target: common.target,
    minify: common.minify,
    charset: common.charset,
    // As require(): VS Code gives its own module to what is loaded that way.
    supported: { 'dynamic-import': false },
  };
  await mkdir(product.outdir, { recursive: true });
  const texts = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
  for (const [file, text] of texts) {
    const module = withExports(withImports(text, partsOf(file, texts)));
    const { code } = await esbuild.transform(module, options);
    await writeFile(join(product.outdir, file), code);
  }
}

/** The parts that a file takes something from, and that those take something from in turn. */
function partsOf(file, texts, found = new Set()) {
  for (const [, part] of texts.get(file).matchAll(/\bfrom ?"\.\/([^"]+)"/g))
    if (!found.has(part)) partsOf(part, texts, found.add(part));
  return found;
}

/**
 * An ES module that brings each module in once, not once for each file of ours that went into it, and does not ask for a part that
 * comes by another.
 */
function withImports(text, parts) {
  const names = new Map();
  const spaces = new Map();
  const needed = text.replace(/\bimport ?"\.\/([^"]+)";\n?/g, (whole, part) =>
    parts.has(part) ? '' : whole,
  );
  const rest = needed.replace(
    /\bimport ?(?:\{([^}]*)\}|\* ?as ([\w$]+)) ?from ?"([^"]+)";\n?/g,
    (_, list, space, from) => {
      const [found, one] = space === undefined ? [names, list] : [spaces, space];
      found.set(from, [...(found.get(from) ?? []), one]);
      return '';
    },
  );
  const [start] = /^(?:#!.*)?/.exec(rest);
  return [
    start,
    ...[...names].map(([from, lists]) => `import { ${lists.join()} } from "${from}";`),
    ...[...spaces].map(([from, [first]]) => `import * as ${first} from "${from}";`),
    ...[...spaces].flatMap(([, [first, ...more]]) => more.map((other) => `var ${other} = ${first};`)),
    rest.slice(start.length),
  ].join('\n');
}

/** An ES module's last statement, `export{a as b}`, as CommonJS has it; like there, whoever reads it later sees what it is then. */
function withExports(text) {
  return text.replace(/\bexport ?\{([^}]*)\};\s*$/, (_, names) => {
    const getters = names.split(',').map((one) => {
      const [local, name = local] = one.trim().split(/ as /);
      return `get ${name}() { return ${local}; }`;
    });
    return `module.exports = { ${getters.join(', ')} };`;
  });
}

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
  await Promise.all([buildInParts(), esbuild.build(page), esbuild.build(demo)]);
} else {
  // One file an entry: what a debugger shows is easier to follow.
  for (const options of [product, page, demo]) await (await esbuild.context(options)).watch();
}
