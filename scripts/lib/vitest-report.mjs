// What a vitest run says in its JSON report.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { inRepo } from './prepare.mjs';

/** Begins each line in which a runner names a test that failed: the end of a long run repeats them. */
export const FAILED_TEST = 'FAILED TEST ';

/**
 * @param {string} report file
 * @param {boolean} good whether the run ended well: a file that cannot even be loaded fails it without a failed test
 * @returns {{ passed: number, failed: number, skipped: number, failures: string[] }} a failure: file, test and the error's first line
 */
export function readVitestReport(report, good) {
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  const failures = testResults
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name, message, assertionResults }) => {
      const file = relative(inRepo(), name);
      const tests = assertionResults.filter(({ status }) => status === 'failed');
      if (tests.length === 0) return [`${file}: ${firstLine(message)}`];
      return tests.map(
        ({ fullName, failureMessages }) => `${file} > ${fullName}: ${firstLine(failureMessages[0])}`,
      );
    });
  return {
    passed: numPassedTests,
    failed: Math.max(numFailedTests, good ? 0 : 1),
    skipped: numPendingTests,
    failures,
  };
}

function firstLine(text = '') {
  return text.split('\n', 1)[0].slice(0, 300);
}
