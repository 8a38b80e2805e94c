/**
 * The test module that VS Code loads (`extensionTestsPath`): runs every `*.test.js` beside it with mocha and
 * writes one JSON line per test to VMS_FLEET_TEST_REPORT. The same module runs in code-server and in VS Code desktop.
 */
import Mocha from 'mocha';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { report } from './report';

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
      report({ event: 'end' });
      if (failures === 0) resolve();
      else reject(new Error(`${failures} failed`));
    });
    runner.on('pass', (test) => report({ event: 'passed', title: title(test), ms: test.duration ?? 0 }));
    runner.on('pending', (test) => report({ event: 'skipped', title: title(test) }));
    runner.on('fail', (test, error: Error) => {
      report({ event: 'failed', title: title(test), error: error.stack ?? error.message });
    });
  });
}

const title = (test: Mocha.Runnable): string => test.titlePath().join(' › ');
