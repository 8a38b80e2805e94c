// The extension as it is shipped.
import { statSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bin, inRepo, must } from './prepare.mjs';

/**
 * Packs the built extension, as `npm run package` does.
 * @param {{ from?: string, into?: string }} [folders] the extension's folder, default this repository; where the file goes, default `out`
 * @returns {Promise<{ file: string, bytes: number }>} absolute path
 */
export async function packageVsix({ from = inRepo(), into = inRepo('out') } = {}) {
  const { name, version } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  mkdirSync(into, { recursive: true });
  const file = join(into, `${name}-${version}.vsix`);
  await must(bin('vsce'), ['package', '--no-dependencies', '--out', file], {
    deadline: 120_000,
    cwd: from,
    capture: true,
  });
  return { file, bytes: statSync(file).size };
}
