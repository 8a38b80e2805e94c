// What is the same for the tests inside the extension host, whichever VS Code runs them.
import { build } from 'esbuild';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRepo, manifest } from './prepare.mjs';
import { texts } from './text-files.mjs';

/**
 * Bundles every `test/host/**\/*.test.ts` by itself, and the module that runs them with mocha.
 * @returns {Promise<string>} the test module, as VS Code's `extensionTestsPath` wants it; inside the repository, from where mocha
 *   is found, in a folder of this run
 */
export async function buildTests() {
  const folder = inRepo('out', 'host', String(process.pid));
  removeAtExit(folder);
  const source = inRepo('test', 'host');
  const tests = readdirSync(source, { recursive: true }).filter((name) => name.endsWith('.test.ts'));
  await build({
    entryPoints: ['index.ts', ...tests].map((name) => join(source, name)),
    outbase: source,
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    plugins: [texts],
    logLevel: 'warning',
  });
  return join(folder, 'index.js');
}

const reportOf = (folder) => join(folder, 'report.ndjson');

/** A folder for one run, in the system's temporary folder. It goes when this program ends, however it ends. @param {{ keep: boolean }} options */
export function scratch({ keep }) {
  const folder = mkdtempSync(join(tmpdir(), 'vms-fleet-test-'));
  if (keep) console.log(`Kept afterwards: ${folder}`);
  else removeAtExit(folder);
  return folder;
}

function removeAtExit(folder) {
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
}

/**
 * What the tests see in `process.env`. The caller's VMS_FLEET_HOME is passed on; without one the data folder is a scratch folder.
 * @param {string} folder scratch folder of this run
 * @param {string | undefined} grep only tests whose full title contains this
 */
export function testEnvironment(folder, grep) {
  const { publisher, name } = manifest();
  return {
    VMS_FLEET_HOME: process.env['VMS_FLEET_HOME'] ?? join(folder, 'data'),
    VMS_FLEET_EXTENSION: `${publisher}.${name}`,
    VMS_FLEET_TEST_REPORT: reportOf(folder),
    VMS_FLEET_TEST_LOGS: join(folder, 'user', 'logs'),
    ...(grep === undefined ? {} : { VMS_FLEET_TEST_GREP: grep }),
  };
}

/** Follows the report (one JSON line per test) and prints each test when it ends. @param {string} folder scratch folder of this run */
export function followReport(folder) {
  const report = reportOf(folder);
  const seen = { lines: 0, passed: 0, failed: 0, skipped: 0, ended: false, failures: [] };
  const read = () => {
    if (!existsSync(report)) return;
    // A line still being written has no line end yet.
    const lines = readFileSync(report, 'utf8').split('\n').slice(0, -1);
    for (const line of lines.slice(seen.lines)) print(JSON.parse(line), seen);
    seen.lines = lines.length;
  };
  const timer = setInterval(read, 200);
  return {
    /** Reads what is left. @returns {{ passed: number, failed: number, skipped: number, ended: boolean, failures: string[] }} */
    finish() {
      clearInterval(timer);
      read();
      return seen;
    },
  };
}

function print(result, seen) {
  if (result.event === 'end') {
    seen.ended = true;
    return;
  }
  if (result.event !== 'figure') seen[result.event] += 1;
  const mark = { passed: '  ✓', failed: '  ✗', skipped: '  - SKIPPED', figure: '  =' }[result.event];
  console.log(`${mark} ${result.title}${result.ms === undefined ? '' : ` (${result.ms} ms)`}`);
  if (result.event === 'failed')
    seen.failures.push(`${result.title}: ${result.error?.split('\n', 1)[0] ?? ''}`);
  if (result.error) console.log(result.error.replace(/^/gm, '      '));
}
