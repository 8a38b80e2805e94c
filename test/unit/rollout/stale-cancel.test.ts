import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cancelRequested, Journal, requestCancel } from '../../../src/updater/rollout/journal';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vms-fleet-cancel-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it('a cancel that its process did not live to see does not cancel the resume', async () => {
  await (await Journal.open(dir, 'r1')).close();
  await requestCancel(dir, 'r1');
  const resumed = await Journal.open(dir, 'r1');
  expect(await cancelRequested(dir, 'r1')).toBe(false);
  await requestCancel(dir, 'r1');
  expect(await cancelRequested(dir, 'r1')).toBe(true);
  await resumed.close();
});
