import { stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Journal } from '../../../src/updater/rollout/journal';
import { scratch } from './fixtures';

describe('whoever lost a rollout to another process', () => {
  it('gives no sign of life for the other', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const dir = await scratch();
    const file = join(dir, 'r.owner');
    const old = new Date(Date.now() - 30_000);
    const one = await Journal.open(dir, 'r');
    const seen = async (owner: number) => {
      await writeFile(file, String(owner));
      await utimes(file, old, old);
      vi.advanceTimersByTime(6_000);
      await new Promise((next) => setTimeout(next, 100));
      return (await stat(file)).mtimeMs > old.getTime();
    };
    expect(await seen(process.pid)).toBe(true);
    expect(await seen(process.ppid)).toBe(false);
    await one.close();
  });
});
