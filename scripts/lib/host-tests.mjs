// What is the same for the tests inside the extension host, whichever VS Code runs them.
import { build } from 'esbuild';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inRepo, manifest } from './prepare.mjs';

/** The test module, as VS Code's `extensionTestsPath` wants it. */
export const testModule = inRepo('out', 'host', 'index.js');

/** One JSON line per finished test; the last run's lines stay for reading. */
export const report = inRepo('out', 'reports', 'host.ndjson');

/** Bundles every `test/host/**\/*.test.ts` by itself, and the mocha that runs them. */
export async function buildTests() {
  const source = inRepo('test', 'host');
  const tests = readdirSync(source, { recursive: true }).filter((name) => name.endsWith('.test.ts'));
  rmSync(dirname(testModule), { recursive: true, force: true });
  await build({
    entryPoints: ['index.ts', ...tests].map((name) => join(source, name)),
    outbase: source,
    outdir: dirname(testModule),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    loader: { '.sh': 'text' },
    logLevel: 'warning',
  });
  rmSync(report, { force: true });
  mkdirSync(dirname(report), { recursive: true });
}

/** A folder for one run, in the system's temporary folder. */
export const scratch = () => mkdtempSync(join(tmpdir(), 'vms-fleet-test-'));

/**
 * What the tests see in `process.env`. A data folder of the caller's (`VMS_FLEET_HOME`) is passed on; a person's own is never used.
 * @param {string} folder scratch folder of this run
 * @param {string | undefined} grep only tests whose full title contains this
 */
export function testEnvironment(folder, grep) {
  const { publisher, name } = manifest();
  return {
    VMS_FLEET_HOME: process.env['VMS_FLEET_HOME'] ?? join(folder, 'data'),
    VMS_FLEET_EXTENSION: `${publisher}.${name}`,
    VMS_FLEET_TEST_REPORT: report,
    VMS_FLEET_TEST_LOGS: join(folder, 'user', 'logs'),
    ...(grep === undefined ? {} : { VMS_FLEET_TEST_GREP: grep }),
  };
}

/** Follows the report and prints each test when it ends. */
export function followReport() {
  const seen = { lines: 0, passed: 0, failed: 0, skipped: 0, ended: false };
  const read = () => {
    if (!existsSync(report)) return;
    // A line still being written has no line end yet.
    const lines = readFileSync(report, 'utf8').split('\n').slice(0, -1);
    for (const line of lines.slice(seen.lines)) print(JSON.parse(line), seen);
    seen.lines = lines.length;
  };
  const timer = setInterval(read, 200);
  return {
    /** Reads what is left. @returns {{ passed: number, failed: number, skipped: number, ended: boolean }} */
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
  seen[result.event] += 1;
  const mark = { passed: '  ✓', failed: '  ✗', skipped: '  - SKIPPED' }[result.event];
  console.log(`${mark} ${result.title}${result.ms === undefined ? '' : ` (${result.ms} ms)`}`);
  if (result.error) console.log(result.error.replace(/^/gm, '      '));
}
