// Runs test/host inside the extension host of VS Code desktop, which @vscode/test-electron downloads.
// Options: --grep TEXT, --version VERSION (default: stable).
import { runTests, downloadAndUnzipVSCode } from '@vscode/test-electron';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildTests, followReport, scratch, testEnvironment } from './lib/host-tests.mjs';
import { readOptions } from './lib/options.mjs';
import { ensureBuilt, hasDisplay, inRepo } from './lib/prepare.mjs';

const { values: options } = readOptions({
  options: { grep: { type: 'string' }, version: { type: 'string', default: 'stable' } },
});

const vscode = await download();
if (vscode === undefined) process.exit(1);
if (process.platform === 'linux' && !hasDisplay()) {
  console.error('VS Code desktop needs a display. Start this by: xvfb-run -a npm run test:desktop');
  process.exit(1);
}
await ensureBuilt();
const testModule = await buildTests();

const folder = scratch({ keep: false });
const workspace = join(folder, 'workspace');
mkdirSync(workspace);
const results = followReport(folder);
let problem;
try {
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  await runTests({
    vscodeExecutablePath: vscode,
    extensionDevelopmentPath: inRepo(),
    extensionTestsPath: testModule,
    extensionTestsEnv: testEnvironment(folder, options.grep),
    launchArgs: [
      workspace,
      '--disable-extensions',
      '--disable-workspace-trust',
      '--user-data-dir',
      join(folder, 'user'),
      ...asRoot,
    ],
  });
} catch (error) {
  problem = error instanceof Error ? error.message : String(error);
}
const { passed, failed, ended } = results.finish();
if (problem !== undefined || !ended) console.error(problem ?? 'The tests ended without a complete report');
const good = problem === undefined && ended && failed === 0 && passed > 0;
console.log(`${passed} passed, ${good ? 0 : Math.max(failed, 1)} failed`);
process.exit(good ? 0 : 1);

/** Path of VS Code's program; undefined, and said why, where it cannot be had. */
async function download() {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('not finished within 5 minutes')), 300_000);
  });
  try {
    const cachePath = inRepo('.vscode-test');
    return await Promise.race([downloadAndUnzipVSCode({ version: options.version, cachePath }), late]);
  } catch (error) {
    console.error(
      `VS Code desktop cannot be downloaded here: ${error instanceof Error ? error.message : String(error)}`,
    );
    console.error('The same tests run without it: npm run host');
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
