import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';
import type ssh2 from 'ssh2';
import { writeZip } from '../../../demo/zip';
import { lean } from '../../../scripts/lib/lean.mjs';

/** What `source` exports when it is bundled as the product is. */
async function bundled<T>(source: string): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'vms-fleet-lean-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, 'bundle.cjs');
  await build({
    stdin: { contents: source, resolveDir: process.cwd() },
    bundle: true,
    platform: 'node',
    external: ['cpu-features', '*.node'],
    outfile,
    plugins: [lean],
    logLevel: 'error',
  });
  return createRequire(import.meta.url)(outfile) as T;
}

it('keys with a passphrase are read by what the product ships', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vms-fleet-lean-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'a pass phrase', '-f', file]);
  const { utils } = await bundled<typeof ssh2>(`module.exports = require('ssh2');`);
  const key = readFileSync(file);
  expect(utils.parseKey(key, 'a pass phrase')).toMatchObject({ type: 'ssh-ed25519' });
  expect(utils.parseKey(key, 'another')).toBeInstanceOf(Error);
});

it('keeps the code pages of consoles, and only these', async () => {
  const tables = await bundled<Record<string, { chars: string } | undefined>>(
    `module.exports = require('iconv-lite/encodings/sbcs-data-generated');`,
  );
  expect(tables['cp866']?.chars.slice(0, 3)).toBe('АБВ');
  expect(tables['cp437']?.chars).toHaveLength(128);
  expect(tables).not.toHaveProperty('koi8r');
});

it('an inventory in YAML is read, and an archive', async () => {
  const { readYaml, readZip } = await bundled<{
    readYaml: (text: string, file: string) => { hosts: ReadonlyMap<string, unknown> };
    readZip: (path: string, options: object) => Promise<{ path: string; sha256: string }[]>;
  }>(
    `export { readYaml } from './src/updater/fleet/import/inventory-yaml';
     export { readZip } from './src/updater/packages/zip';`,
  );
  const yaml = 'all: { hosts: { srv-01: { ansible_host: 10.0.0.1, token: !vault x, at: 2026-01-02 } } }';
  expect([...readYaml(yaml, 'hosts.yml').hosts.keys()]).toEqual(['srv-01']);
  const folder = mkdtempSync(join(tmpdir(), 'vms-fleet-lean-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'a.zip');
  await writeZip(file, { 'lib/é.jar': randomBytes(3_000_000), 'pom.xml': '<project/>' });
  expect((await readZip(file, { unpackable: true })).map(({ path }) => path)).toEqual([
    'lib/é.jar',
    'pom.xml',
  ]);
});
