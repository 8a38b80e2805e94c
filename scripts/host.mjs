// Runs test/host inside the extension host of a real VS Code (code-server, opened by a headless Chromium).
// Options: --folder DIR to open, --demo to open the demo fleet, --grep TEXT, --extension DIR to test instead of this one,
// --deadline SECONDS for everything after the build, --keep for looking at what VS Code left behind.
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { startCodeServer } from './code-server.mjs';
import { launchBrowser } from './lib/browser.mjs';
import { startDemo } from './lib/demo.mjs';
import { buildTests, followReport, scratch, testEnvironment } from './lib/host-tests.mjs';
import { readOptions, wrongUsage } from './lib/options.mjs';
import { ensureBuilt, inRepo } from './lib/prepare.mjs';
import { FAILED_TEST } from './lib/vitest-report.mjs';

const { values: options } = readOptions({
  options: {
    folder: { type: 'string' },
    demo: { type: 'boolean', default: false },
    grep: { type: 'string' },
    extension: { type: 'string' },
    deadline: { type: 'string', default: '180' },
    keep: { type: 'boolean', default: false },
  },
});
const deadline = Number(options.deadline) * 1000;
if (!(deadline > 0)) wrongUsage('--deadline: seconds, a number above 0');

if (options.extension === undefined) await ensureBuilt();
const testModule = await buildTests();

const folder = scratch({ keep: options.keep });
const userDataDir = join(folder, 'user');
const workspace = resolve(options.folder ?? join(folder, 'workspace'));
mkdirSync(workspace, { recursive: true });
const closing = [];
const results = followReport(folder);
let problem;
try {
  await runTests();
} catch (error) {
  problem = error instanceof Error ? error.message : String(error);
} finally {
  for (const close of closing.reverse()) await close();
}
const { passed, failed, skipped, ended, failures } = results.finish();
if (problem === undefined && !ended) problem = 'The tests ended without a complete report';
if (problem === undefined && passed + failed === 0) problem = 'No test ran';
if (problem !== undefined) console.error(`\n${problem}`);
if (problem !== undefined || failed > 0) printLog(join(userDataDir, 'logs'));
for (const failure of failures) console.log(`${FAILED_TEST}${failure}`);
if (skipped > 0) console.log(`SKIPPED: ${skipped} in the extension host`);
console.log(`${passed} passed, ${failed + (problem === undefined ? 0 : 1)} failed`);
process.exitCode = problem === undefined && failed === 0 ? 0 : 1;

async function runTests() {
  const environment = testEnvironment(folder, options.grep);
  let opened = workspace;
  if (options.demo) {
    const demo = await startDemo(join(folder, 'demo'));
    closing.push(demo.stop);
    opened = dirname(demo.fleet);
    Object.assign(environment, { VMS_FLEET_HOME: demo.dataDir, VMS_FLEET_TEST_FLEET: demo.fleet });
  }
  const server = await startCodeServer({
    userDataDir,
    extensionsDir: join(folder, 'extensions'),
    env: environment,
    smokeTestDriver: true,
  });
  closing.push(server.stop);
  const browser = await launchBrowser();
  closing.push(() => browser.close());
  const page = await browser.newPage();
  const said = [];
  const exit = new Promise((done) => void page.exposeFunction('codeAutomationExit', done));
  await page.exposeFunction('codeAutomationLog', (_type, args) => said.push(String(args)));
  const remote = (path) => `vscode-remote://127.0.0.1:${server.port}${path}`;
  const payload = [
    ['extensionDevelopmentPath', remote(resolve(options.extension ?? inRepo()))],
    ['extensionTestsPath', remote(testModule)],
    ['skipWelcome', 'true'],
  ];
  const query = new URLSearchParams({ folder: opened, payload: JSON.stringify(payload) });
  await page.goto(`${server.url}/?${query}`, { timeout: deadline });
  let timer;
  const late = new Promise((done) => (timer = setTimeout(done, deadline, 'late')));
  const gone = server.ended.then((code) => `code-server ended with code ${code}`);
  const code = await Promise.race([exit, late, gone]);
  clearTimeout(timer);
  if (code === 0) return;
  if (code === 'late') {
    const picture = inRepo('out', 'screenshots', 'host-deadline.png');
    await page.screenshot({ path: picture, timeout: 10_000 }).catch(() => undefined);
    throw new Error(`The tests did not end within ${options.deadline} s. Screenshot: ${picture}`);
  }
  if (typeof code === 'string') throw new Error(code);
  // Failed tests are in the report; without one the browser's last words say why nothing ran.
  if (!results.finish().ended) throw new Error(`The tests could not run:\n${said.slice(-10).join('\n')}`);
}

/** The end of what the extension host and the extension wrote; VS Code's own extensions are left out. */
function printLog(logs) {
  if (!existsSync(logs)) return;
  for (const name of readdirSync(logs, { recursive: true }).sort()) {
    if (!/exthost\d*\/(remoteexthost|vms-fleet\.[^/]*\/.*)\.log$/.test(name)) continue;
    const lines = readFileSync(join(logs, name), 'utf8').trim().split('\n');
    const tail = lines.filter((line) => !line.includes(' -> ')).slice(-40);
    console.error(`\n--- ${name}\n${tail.join('\n')}`);
  }
}
