/**
 * The test module that VS Code loads (`extensionTestsPath`): runs every `*.test.js` beside it with mocha and
 * writes one JSON line per test to VMS_FLEET_TEST_REPORT. The same module runs in code-server and in VS Code desktop.
 */
import Mocha from 'mocha';
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

type Line =
  | { event: 'passed'; title: string; ms: number }
  | { event: 'failed'; title: string; error: string }
  | { event: 'skipped'; title: string }
  | { event: 'end' };

/** Resolves when every test passed, rejects when one failed. */
export function run(): Promise<void> {
  // The base of mocha's reporters prints nothing; nobody reads this process's console.
  const mocha = new Mocha({ ui: 'bdd', timeout: 30_000, reporter: Mocha.reporters.Base });
  const grep = process.env['VMS_FLEET_TEST_GREP'];
  if (grep !== undefined) mocha.fgrep(grep);
  readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js'))
    .sort()
    .forEach((name) => mocha.addFile(join(__dirname, name)));
  return new Promise((resolve, reject) => {
    const runner = mocha.run((failures) => {
      write({ event: 'end' });
      if (failures === 0) resolve();
      else reject(new Error(`${failures} failed`));
    });
    runner.on('pass', (test) => write({ event: 'passed', title: title(test), ms: test.duration ?? 0 }));
    runner.on('pending', (test) => write({ event: 'skipped', title: title(test) }));
    runner.on('fail', (test, error: Error) => {
      write({ event: 'failed', title: title(test), error: error.stack ?? error.message });
    });
  });
}

const title = (test: Mocha.Runnable): string => test.titlePath().join(' › ');

function write(line: Line): void {
  const report = process.env['VMS_FLEET_TEST_REPORT'];
  if (report === undefined)
    throw new Error('VMS_FLEET_TEST_REPORT is not set: start the tests by npm run host');
  appendFileSync(report, `${JSON.stringify(line)}\n`);
}
