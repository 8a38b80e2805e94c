// The extension as it is shipped.
import { statSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bin, inRepo, must } from './prepare.mjs';

/**
 * Packs the built extension, as `npm run package` does.
 * @param {string} [from] the extension's folder; default: this repository
 * @returns {Promise<{ file: string, bytes: number }>} absolute path
 */
export async function packageVsix(from = inRepo()) {
  const { name, version } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  mkdirSync(inRepo('out'), { recursive: true });
  const file = inRepo('out', `${name}-${version}.vsix`);
  await must(bin('vsce'), ['package', '--no-dependencies', '--out', file], {
    deadline: 120_000,
    cwd: from,
    capture: true,
  });
  return { file, bytes: statSync(file).size };
}
