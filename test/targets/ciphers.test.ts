import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { asProduct } from '../../scripts/lib/bundling.mjs';
import type { TransferJob } from '../../bench/clients/transfer';
import { makeKey, startSshd } from '../lab/sshd';

const folder = mkdtempSync(join(os.tmpdir(), 'vms-fleet-ciphers-'));
const client = join(folder, 'transfer.cjs');

beforeAll(async () => {
  // As the product is built, so with what it has instead of parts of its libraries.
  await build({
    ...asProduct,
    entryPoints: ['bench/clients/transfer.ts'],
    outfile: client,
    logLevel: 'error',
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  ['chacha20-poly1305@openssh.com', 'hmac-sha2-256'],
  ['aes128-gcm@openssh.com', 'hmac-sha2-256'],
  ['aes256-gcm@openssh.com', 'hmac-sha2-256'],
  ['aes128-ctr', 'hmac-sha2-256-etm@openssh.com'],
  ['aes256-ctr', 'hmac-sha2-512'],
])('a package arrives over %s with %s', async (cipher, mac) => {
  const home = mkdtempSync(join(folder, 'home-'));
  mkdirSync(join(home, '.ssh'), { mode: 0o700 });
  const authorized = [await makeKey(join(home, '.ssh', 'id_ed25519'))];
  const sshd = await startSshd({ authorized, config: [`Ciphers ${cipher}`, `MACs ${mac}`] });
  onTestFinished(() => sshd.stop());
  writeFileSync(join(home, '.ssh', 'known_hosts'), `[127.0.0.1]:${sshd.port} ${sshd.hostKeys[0] ?? ''}\n`);

  const content = randomBytes(20_000_001);
  const source = {
    path: join(home, 'package.bin'),
    file: 'package.bin',
    size: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
  };
  writeFileSync(source.path, content);
  const job: TransferJob = {
    home,
    ownKnownHosts: join(home, 'known_hosts'),
    user: os.userInfo().username,
    port: sshd.port,
    stateDir: join(home, 'state'),
    source,
  };
  await promisify(execFile)(process.execPath, [client, JSON.stringify(job)]);
  const arrived = readFileSync(join(job.stateDir, 'packages', source.sha256, source.file));
  expect(arrived.equals(content)).toBe(true);
});
