import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { buildInParts } from '../../../scripts/lib/parts.mjs';

const sources = {
  'first.ts': `#!/usr/bin/env node
    import * as path from 'node:path';
    import fs, { existsSync } from 'node:fs';
    import { count, raise } from './shared';
    import { told } from './telling';
    raise();
    void import('./later').then(({ default: later, again }) => {
      console.log([count, later, again(), path.sep.length, fs.existsSync === existsSync, told].join());
    });`,
  'later.ts': `
    import * as path from 'node:path';
    import { existsSync as there } from 'node:fs';
    import { count, raise } from './shared';
    export default path.posix.join('a', 'b');
    export const again = () => { raise(); return count + Number(there('/nowhere/at/all')); };`,
  'shared.ts': `export let count = 0; export const raise = () => { count++; };`,
  'telling.ts': `export const told = 'told';`,
};

it.each([true, false])('parts see each other as modules do (minified: %s)', async (minify) => {
  const folder = mkdtempSync(join(tmpdir(), 'vms-fleet-parts-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(folder, name), text);
  const outdir = join(folder, 'out');
  const entryPoints = ['first.ts', 'later.ts'].map((name) => join(folder, name));
  await buildInParts({ entryPoints, outdir, bundle: true, platform: 'node', target: 'node20', minify });

  const program = join(outdir, 'first.js');
  expect(execFileSync(process.execPath, [program], { encoding: 'utf8' })).toBe('1,a/b,2,1,true,told\n');
  expect(readFileSync(program, 'utf8')).toMatch(/^#!/);
  const all = readdirSync(outdir).map((name) => readFileSync(join(outdir, name), 'utf8'));
  expect(all.length).toBeGreaterThan(2);
  for (const text of all) expect(text.match(/require\("node:path"\)/g)?.length ?? 0).toBeLessThan(2);
});
