import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { linux } from '../../../src/updater/targets/linux';
import type { Job } from '../../../src/updater/targets/platform';
import { Box, jobOf, soon, step, undo } from './box';
import { facts } from './update';

const shells = ['dash', 'bash', 'bash --posix', 'busybox sh'].filter(
  (shell) => spawnSync(shell.split(' ')[0] ?? '', ['-c', 'true']).error === undefined,
);

const now = (): number => Math.floor(Date.now() / 1000);

/** Waits for `begin`, may be `late` seconds late, and leaves a file where it went on to. */
function armed(box: Box, begin: number, late = 60, ...wrong: 'wrong'[]): Job {
  const job = jobOf('r-1', [
    step('wait', String(begin), String(begin + late), ...wrong),
    step('check-command', '5', 'touch', join(box.root, 'went-on')),
    undo('check-command', '5', 'touch', join(box.root, 'undone')),
  ]);
  return {
    ...job,
    settings: { ...job.settings, 'starts-at': [new Date(begin * 1000).toISOString()] },
  };
}

const waits = (box: Box) => (): boolean =>
  existsSync(join(box.jobDir('r-1'), 'journal')) && box.story('r-1').includes('begin wait');

describe('a job that is armed', () => {
  it.each(shells)('waits for its time and goes on by itself (%s)', async (shell) => {
    const box = new Box({ shell });
    const begin = now() + 2;
    await box.lay(armed(box, begin));
    await box.runner('r-1');
    expect(box.exit('r-1')).toMatchObject({ state: 'done' });
    const ended = box.journal('r-1').find(([, event, , name]) => event === 'end' && name === 'wait');
    expect(Number(ended?.[0])).toBeGreaterThanOrEqual(begin);
    expect(box.has('went-on')).toBe(true);
  });

  it('takes the lock at once, says who armed it for when, and lets nobody else in', async () => {
    const box = new Box();
    const begin = now() + 3600;
    await linux.startJob(box.local, armed(box, begin));
    await soon(waits(box));
    expect((await facts(box, [])).job).toMatchObject({
      id: 'r-1',
      by: 'tester@desk',
      to: '2.0.0',
      state: 'running',
      step: 'wait',
      startsAt: new Date(begin * 1000).toISOString(),
    });
    await expect(linux.startJob(box.local, jobOf('s-1', [step('commit')]))).rejects.toMatchObject({
      code: 'job.busy',
    });
  });

  it('is disarmed while it waits, and leaves everything as it was', async () => {
    const box = new Box();
    const before = box.tree();
    await linux.startJob(box.local, armed(box, now() + 3600));
    await soon(waits(box));
    await linux.cancelJob(box.local, 'r-1');
    await soon(() => box.has('state/jobs/r-1/exit'));
    expect(box.exit('r-1').state).toBe('cancelled');
    await soon(() => !box.has('state/lock'));
    expect(box.has('went-on') || box.has('undone')).toBe(false);
    expect(box.tree()).toEqual(before);
    await linux.startJob(box.local, jobOf('s-1', [step('commit')]));
    await soon(() => box.has('state/jobs/s-1/exit'));
  });

  it('is disarmed where the power was cut and nobody runs it', async () => {
    const box = new Box();
    await linux.startJob(box.local, armed(box, now() + 3600));
    await soon(waits(box));
    box.killRunners();
    box.write('boot', 'boot-identity-2\n');
    expect((await facts(box, [])).job).toMatchObject({ state: 'interrupted', step: 'wait' });
    await linux.cancelJob(box.local, 'r-1');
    expect(box.exit('r-1').state).toBe('cancelled');
    expect(box.has('went-on')).toBe(false);
  });

  it.each([
    { gone: 'a moment', late: 60, state: 'done' },
    { gone: 'more than it may be late', late: 0, state: 'failed' },
  ])('whose machine was off when its time came, $gone ago: $state', async ({ late, state }) => {
    const box = new Box();
    await box.lay(armed(box, now() - 5, late));
    await box.runner('r-1');
    const end = box.exit('r-1');
    expect(end.state).toBe(state);
    expect(box.has('went-on')).toBe(state === 'done');
    // Nothing had begun: there is nothing to take back.
    expect(box.has('undone')).toBe(false);
    if (state === 'failed') expect(end).toMatchObject({ step: 'wait', message: /had passed/ });
  });

  it('waits on after a power cut', async () => {
    const box = new Box();
    await box.lay(armed(box, now() + 3));
    const run = box.runner('r-1');
    await soon(waits(box));
    box.killRunners();
    await run;
    box.write('boot', 'boot-identity-2\n');
    expect(box.has('state/jobs/r-1/exit')).toBe(false);
    await box.runner('r-1');
    expect(box.exit('r-1')).toMatchObject({ state: 'done' });
    expect(box.story('r-1').filter((line) => line === 'begin wait')).toHaveLength(2);
  });

  describe('on a server whose clock is set while it waits', () => {
    const begin = now() + 3600;

    /** @param first what the clock shows until somebody sets it to `later` */
    async function ends(first: number, later: number, wrong: 'wrong'[] = [], between?: (box: Box) => void) {
      const box = new Box();
      box.write('clock', String(first));
      const program = (name: string, line: string): void =>
        writeFileSync(join(box.bin, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
      program('date', '[ "$1" = +%s ] && exec cat "$CLOCK"\nexec /bin/date "$@"');
      // Its time passes only as the clock is set.
      program('sleep', 'exec /bin/sleep 0.1');
      const env = { CLOCK: join(box.root, 'clock') };
      await box.lay(armed(box, begin, 60, ...wrong));
      const run = box.runner('r-1', { env });
      await soon(waits(box));
      await sleep(500);
      expect(box.has('went-on')).toBe(false);
      between?.(box);
      box.write('clock', String(later));
      await run;
      if (between) await box.runner('r-1', { env });
      return { box, end: box.exit('r-1'), journal: readFileSync(join(box.jobDir('r-1'), 'journal'), 'utf8') };
    }

    const powerCut = (box: Box): void => {
      box.killRunners();
      box.write('boot', 'boot-identity-2\n');
    };

    it('goes by what it shows then, where it was right', async () => {
      const { end, journal } = await ends(begin - 3600, begin + 1);
      expect(end).toMatchObject({ state: 'done' });
      expect(journal).toContain(String(begin + 1));
    });

    it.each([
      { by: 3600, from: begin - 3600 },
      { by: -3600, from: begin - 1000 },
    ])('does not begin where it was wrong: set by $by s', async ({ by, from }) => {
      const { box, end } = await ends(from, from + by, ['wrong']);
      expect(end).toMatchObject({ state: 'failed', step: 'wait' });
      expect(end.message).toContain(`has moved by ${by} seconds at once`);
      expect(box.has('went-on')).toBe(false);
    });

    it.each([
      { by: -3600, state: 'failed' },
      { by: 1000, state: 'failed' },
      { by: 800, state: 'done' },
    ])('sees over a restart that a wrong one was set by $by s: $state', async ({ by, state }) => {
      const from = begin - 799;
      const { box, end } = await ends(from, from + by, ['wrong'], powerCut);
      expect(end.state).toBe(state);
      expect(box.has('went-on')).toBe(state === 'done');
    });
  });
});
