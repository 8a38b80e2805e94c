// How the product is bundled: by the build itself, and wherever else it shall run as it is shipped.
import { lean } from './lean.mjs';
import { texts } from './text-files.mjs';

/** @satisfies {import('esbuild').BuildOptions} */
export const asProduct = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  plugins: [lean, texts],
  external: ['cpu-features', '*.node'],
  // Its CommonJS form loads its parts in a way that no bundler follows.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
};
