import { appendFileSync } from 'node:fs';

type Line =
  | { event: 'passed'; title: string; ms: number }
  | { event: 'failed'; title: string; error: string }
  | { event: 'skipped'; title: string }
  | { event: 'figure'; title: string; ms: number }
  | { event: 'end' };

/** Tells whoever started the tests: nobody reads the console of an extension host. */
export function report(line: Line): void {
  const file = process.env['VMS_FLEET_TEST_REPORT'];
  if (file === undefined)
    throw new Error('VMS_FLEET_TEST_REPORT is not set: start the tests by npm run host');
  appendFileSync(file, `${JSON.stringify(line)}\n`);
}
