// Drives the packaged extension in a real VS Code (code-server and a headless Chromium), against the demo fleet.
// Options: test files as arguments, --grep TEXT, --folder DIR instead of the demo fleet, --extension DIR to pack instead of
// this one, --unpacked to place it without packing, --deadline SECONDS for the tests, --keep for looking at what is left.
import { writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { installVsix, placeExtension, startCodeServer } from './code-server.mjs';
import { ensureChromium } from './lib/browser.mjs';
import { startDemo } from './lib/demo.mjs';
import { scratch } from './lib/host-tests.mjs';
import { readOptions, wrongUsage } from './lib/options.mjs';
import { bin, ensureBuilt, inRepo, run } from './lib/prepare.mjs';
import { FAILED_TEST, readVitestReport } from './lib/vitest-report.mjs';
import { packageVsix } from './lib/vsix.mjs';

const { values: options, positionals: files } = readOptions({
  allowPositionals: true,
  options: {
    grep: { type: 'string' },
    folder: { type: 'string' },
    extension: { type: 'string' },
    unpacked: { type: 'boolean', default: false },
    deadline: { type: 'string', default: '600' },
    keep: { type: 'boolean', default: false },
  },
});
const deadline = Number(options.deadline) * 1000;
if (!(deadline > 0)) wrongUsage('--deadline: seconds, a number above 0');

const chromium = await ensureChromium();
if (options.extension === undefined) await ensureBuilt();
const folder = scratch({ keep: options.keep });
const report = join(folder, 'report.json');
const pidFile = join(folder, 'code-server.pid');
const folders = { userDataDir: join(folder, 'user'), extensionsDir: join(folder, 'extensions') };
const closing = [];
let results;
try {
  process.exitCode = await runTests();
  results = readVitestReport(report, process.exitCode === 0);
} finally {
  for (const close of closing.reverse()) await close();
}
const { passed, failed, skipped, failures } = results;
for (const failure of failures) console.log(`${FAILED_TEST}${failure}`);
if (skipped > 0) console.log(`SKIPPED: ${skipped} in e2e`);
console.log(`${passed} passed, ${failed} failed`);

async function runTests() {
  const extension = options.extension === undefined ? inRepo() : resolve(options.extension);
  if (options.unpacked) placeExtension(folders.extensionsDir, extension);
  else await installVsix((await packageVsix({ from: extension, into: folder })).file, folders);
  const session = await fleet();
  const server = await keepUp({
    ...folders,
    env: { VMS_FLEET_HOME: session.dataDir },
    // Its copies of parent rows lie over the rows that a test means.
    settings: { 'workbench.tree.enableStickyScroll': false },
  });
  const page = `${server.url}/?${new URLSearchParams({ folder: session.folder })}`;
  const env = {
    ...process.env,
    CHROME_PATH: chromium,
    VMS_FLEET_E2E: JSON.stringify({ ...session, url: page, logs: server.logsDir, pidFile }),
  };
  const { code } = await run(
    bin('vitest'),
    [
      ...['run', '--config', 'test/e2e/vitest.config.mts', ...files],
      ...['--reporter=verbose', '--reporter=json', `--outputFile.json=${report}`],
      ...(options.grep === undefined ? [] : ['--testNamePattern', options.grep]),
    ],
    { deadline, cwd: inRepo(), env },
  );
  return code;
}

/** Starts VS Code, and again at the same port when a test has killed it; `pidFile` names the one that runs. */
async function keepUp(options) {
  let closed = false;
  let stop;
  let again;
  const begin = async (port) => {
    const server = await startCodeServer({ ...options, port });
    stop = server.stop;
    writeFileSync(pidFile, String(server.pid));
    void server.ended.then(() => {
      if (closed) return;
      again = begin(server.port).catch((error) =>
        console.error('VS Code could not be started again:', error),
      );
    });
    return server;
  };
  closing.push(async () => {
    closed = true;
    await again;
    await stop();
  });
  return begin(0);
}

/** What the tests open, and where the extension keeps its data. */
async function fleet() {
  if (options.folder !== undefined)
    return { folder: resolve(options.folder), fleet: null, dataDir: join(folder, 'data'), servers: [] };
  const { fleet, dataDir, servers, stop } = await startDemo(join(folder, 'demo'), {
    windows: inRepo('.cache', 'windows'),
    deadline: 300_000,
  });
  closing.push(stop);
  return { folder: dirname(fleet), fleet, dataDir, servers };
}
