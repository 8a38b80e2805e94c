// Builds a program in parts that are loaded when first needed.
import * as esbuild from 'esbuild';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

/**
 * Cuts the product where it says `import()`, so that VS Code compiles only what `activate` needs. esbuild cuts ES modules alone;
 * each file is turned into CommonJS afterwards. Its imports and exports are written anew before: esbuild would ask for `vscode`
 * fifty times, copying all of it each time, and put half a kilobyte of helpers into each part.
 * @param {import('esbuild').BuildOptions & { outdir: string }} product
 */
export async function buildInParts(product) {
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
    target: product.target,
    minify: product.minify,
    charset: product.charset,
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
    // Without this mark, a default export would be taken for the whole.
    const mark = /\bdefault\b/.test(names) ? '__esModule: true, ' : '';
    return `module.exports = { ${mark}${getters.join(', ')} };`;
  });
}
