// Leaves out of the product what libraries bring along and nobody here calls.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const require = createRequire(import.meta.url);

/** Modules by the end of their path, and what stands for them. */
const standIns = [
  // We are never an SSH server, make no keys, and speak no HTTP through a server by way of agents.
  [/ssh2\/lib\/server\.js$/, () => 'module.exports = undefined;'],
  [/ssh2\/lib\/keygen\.js$/, () => 'module.exports = {};'],
  [/ssh2\/lib\/http-agents\.js$/, () => 'module.exports = {};'],
  // Asks for the age of Node, in a whole copy of semver; only a download of folders would call it.
  [
    /make-dir\/index\.js$/,
    () => `module.exports = (dir) => require('node:fs/promises').mkdir(dir, { recursive: true });`,
  ],
  // One hash of it is used, for passphrases of keys; Node has the same.
  [/tweetnacl\/nacl-fast\.js$/, () => sha512],
  // Of Windows' code pages those that a console may have.
  [/iconv-lite\/encodings\/sbcs-data-generated\.js$/, oemPages],
  // Archives are read by a reader of our own, and Node has this checksum.
  [/yauzl\/fd-slicer\.js$/, () => 'module.exports = undefined;'],
  [/yauzl\/crc32\.js$/, () => 'module.exports = undefined;'],
  // We read YAML and write none.
  [/js-yaml\/lib\/dumper\.js$/, () => 'module.exports = {};'],
];

const sha512 = `
const { createHash } = require('node:crypto');
exports.lowlevel = {
  crypto_hash(out, message, length) {
    out.set(createHash('sha512').update(message.subarray(0, length)).digest());
    return 0;
  },
};`;

function oemPages() {
  const tables = require('iconv-lite/encodings/sbcs-data-generated');
  const pages = Object.entries(tables).filter(([name]) => /^cp(\d{3}|1258)$/.test(name));
  return `module.exports = ${JSON.stringify(Object.fromEntries(pages))};`;
}

/** @type {import('esbuild').Plugin} */
export const lean = {
  name: 'lean',
  setup(build) {
    for (const [filter, contents] of standIns)
      build.onLoad({ filter }, ({ path }) => ({
        contents: contents(),
        loader: 'js',
        resolveDir: dirname(path),
      }));
    // In its CommonJS form: the other one is a single file, of which nothing can be left out.
    build.onResolve({ filter: /^js-yaml$/ }, () => ({ path: require.resolve('js-yaml') }));
  },
};
