import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { linux } from '../../../src/updater/targets/linux';
import type { JournalLine } from '../../../src/updater/targets/platform';
import { Box, jobOf, soon, step, undo } from './box';
import { facts, oldHome } from './update';

/** A step that lasts until the file `gate` is there. */
const gate = (box: Box): ReturnType<typeof step> =>
  step('check-command', '20', 'test', '-f', join(box.root, 'gate'));
const begun = (box: Box, id: string, name: string) => (): boolean =>
  existsSync(join(box.jobDir(id), 'journal')) && box.story(id).includes(`begin ${name}`);

describe('the runner', () => {
  it('starts detached, is followed line by line from anywhere, and ends once', async () => {
    const box = new Box();
    await linux.startJob(box.local, jobOf('r-1', [step('flush', box.root), gate(box), step('commit')]));
    const lines: JournalLine[] = [];
    const end = linux.followJob(box.local, 'r-1', 1, (line) => lines.push(line));
    await soon(begun(box, 'r-1', 'check-command'));
    expect((await facts(box, [])).job).toMatchObject({ id: 'r-1', state: 'running', step: 'check-command' });
    await linux.startJob(box.local, jobOf('r-1', [step('never')]));
    box.write('gate', '');
    expect(await end).toEqual({ kind: 'exit', state: 'done', step: null, message: '' });
    expect(lines.map(({ event, number, step: name }) => `${event} ${number} ${name}`)).toEqual([
      'end 1 flush',
      'begin 2 check-command',
      'end 2 check-command',
      'begin 3 commit',
      'end 3 commit',
    ]);
    await linux.startJob(box.local, jobOf('r-1', [step('never')]));
    expect(box.story('r-1')).not.toContain('begin never');
    expect((await facts(box, [])).job).toMatchObject({ state: 'done' });
    await soon(() => !readdirSync(box.state).includes('lock'));
  });

  it.skipIf(!existsSync('/proc/uptime'))(
    'gives a sign of life also while its clock is set back',
    async () => {
      const box = new Box();
      await linux.startJob(box.local, jobOf('r-1', [gate(box)]));
      // Each look at the clock shows an hour less than the one before.
      const hours = join(box.bin, 'hours');
      const clock = `#!/bin/sh\necho >>'${hours}'\necho $((1800000000 - 3600 * $(wc -l <'${hours}')))\n`;
      writeFileSync(join(box.bin, 'date'), clock, { mode: 0o755 });
      const dir = box.jobDir('r-1');
      let said = '';
      const end = box.exec(['sh', join(dir, 'job.sh'), 'follow', dir, '9'], {
        onStdout: (chunk) => (said += chunk.toString()),
      });
      await soon(() => said.includes('beat\n'));
      box.write('gate', '');
      await end;
      expect(said).toMatch(/^exit\tdone/m);
    },
  );

  it('lets one job in, tells the second who works here, and leaves nothing of it', async () => {
    const box = new Box();
    await linux.startJob(box.local, jobOf('r-1', [gate(box)]));
    await expect(linux.startJob(box.local, jobOf('r-2', [step('commit')]))).rejects.toMatchObject({
      code: 'job.busy',
      message: expect.stringContaining('r-1') as string,
    });
    expect((await facts(box, [])).job).toMatchObject({ id: 'r-1' });
    box.write('gate', '');
    await soon(() => box.has('state/jobs/r-1/exit'));
    await linux.startJob(box.local, jobOf('r-2', [step('commit')]));
    await soon(() => box.has('state/jobs/r-2/exit'));
    expect(box.exit('r-2').state).toBe('done');
  });

  it('does not end without saying how: on a full disk the job stays, and ends when there is room', async () => {
    const box = new Box();
    const job = jobOf('r-1', [gate(box)]);
    await linux.startJob(box.local, job);
    symlinkSync('/dev/full', join(box.jobDir('r-1'), 'exit.new'));
    box.write('gate', '');
    await soon(() => !box.has('state/jobs/r-1/running'));
    expect(box.has('state/jobs/r-1/exit')).toBe(false);
    expect((await facts(box, [])).job).toMatchObject({ id: 'r-1', state: 'interrupted' });
    rmSync(join(box.jobDir('r-1'), 'exit.new'));
    await linux.startJob(box.local, job);
    await soon(() => box.has('state/jobs/r-1/exit'));
    expect(box.exit('r-1').state).toBe('done');
    expect(box.has('state/jobs/r-1/reserve')).toBe(false);
  });

  it('takes a stale lock over, visibly, and one of many at once', async () => {
    const box = new Box();
    mkdirSync(box.state, { recursive: true });
    symlinkSync('job:long-gone', join(box.state, 'lock'));
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const started = await Promise.allSettled(
      ids.map((id) => linux.startJob(box.local, jobOf(id, [gate(box)]))),
    );
    expect(started.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const winner = ids[started.findIndex(({ status }) => status === 'fulfilled')] ?? '';
    expect(box.journal(winner)[0]?.slice(1)).toEqual([
      'note',
      '0',
      'lock',
      'the lock of job long-gone, which is gone, was taken over',
    ]);
    box.write('gate', '');
    await soon(() => box.has(`state/jobs/${winner}/exit`));
    await soon(() => !readdirSync(box.state).some((name) => name.startsWith('lock')));
  });

  it('has one runner, however many start it and whatever a dead one left', async () => {
    for (let round = 0; round < 4; round++) {
      const box = new Box();
      const id = 'r-1';
      const count = join(box.root, 'count');
      await box.lay(jobOf(id, [step('check-command', '5', 'sh', '-c', 'echo run >>"$0"; sleep 0.3', count)]));
      mkdirSync(join(box.jobDir(id), 'running'));
      writeFileSync(join(box.jobDir(id), 'running', 'boot'), 'boot-identity-0\n');
      writeFileSync(join(box.jobDir(id), 'running', 'pid'), '1\n');
      await Promise.all(Array.from({ length: 8 }, () => box.runner(id)));
      await box.toEnd(id);
      expect(box.read('count')).toBe('run\n');
    }
  });

  it('does not run again what another runner has just ended', async () => {
    const box = new Box();
    await box.lay(jobOf('r-1', [step('no-such-step')]));
    // Ended between this runner's first look and its turn: the look is what `test` at PATH's front pretends to have missed.
    const script = join(box.jobDir('r-1'), 'job.sh');
    box.write('state/jobs/r-1/exit', 'cancelled\tplace\twas ended\n');
    const blind = box.read('state/jobs/r-1/job.sh').replace('[ -f "$dir/exit" ] && exit 0\n', ':\n');
    expect(blind).toContain('run() {\n  :\n');
    writeFileSync(script, blind);
    await box.runner('r-1');
    expect(box.exit('r-1')).toMatchObject({ state: 'cancelled', message: 'was ended' });
    expect(box.has('state/jobs/r-1/running/pid')).toBe(false);
  });

  it('goes on behind a torn journal line without believing it', async () => {
    const box = new Box();
    const steps = Array.from({ length: 12 }, (_, i) =>
      step('check-command', '5', 'sh', '-c', `echo ${i + 1} >>"$0"`, join(box.root, 'ran')),
    );
    await box.lay(jobOf('r-1', steps));
    const done = Array.from(
      { length: 11 },
      (_, i) => `1\tbegin\t${i + 1}\tcheck-command\t\n1\tend\t${i + 1}\tcheck-command\t\n`,
    ).join('');
    box.write('state/jobs/r-1/journal', `${done}1\tbegin\t12\tcheck-command\t\n1\tend\t1`);
    await box.toEnd('r-1');
    expect(box.read('ran')).toBe('12\n');

    box.write('state/jobs/r-2/plan', 'step\tflush\t/\n');
    box.write('state/jobs/r-2/journal', `1\tbegin\t1\tplace\t\n1\tend\t1\tplace\t\n1\tbegin\t2\tunp`);
    symlinkSync('job:r-2', join(box.state, 'lock'));
    expect((await facts(box, [])).job).toMatchObject({ id: 'r-2', state: 'interrupted', step: 'place' });
  });

  describe('cancelled', () => {
    it('before its restart, takes everything back, also when nobody runs it', async () => {
      for (const running of [true, false]) {
        const box = new Box();
        const made = join(box.root, 'made');
        const lines = [
          step('place', join(box.root, 'boot'), made),
          undo('remove', made),
          gate(box),
          step('restart-service'),
          step('commit'),
        ];
        if (running) {
          await linux.startJob(box.local, jobOf('r-1', lines));
          await soon(begun(box, 'r-1', 'check-command'));
          await linux.cancelJob(box.local, 'r-1');
          box.write('gate', '');
        } else {
          await box.lay(jobOf('r-1', lines));
          box.write('made', 'x');
          box.write('gate', '');
          box.write('state/jobs/r-1/journal', '1\tbegin\t1\tplace\t\n1\tend\t1\tplace\t\n');
          await linux.cancelJob(box.local, 'r-1');
        }
        await soon(() => box.has('state/jobs/r-1/exit'));
        expect(box.exit('r-1')).toMatchObject({
          state: 'cancelled',
          step: running ? 'restart-service' : 'check-command',
        });
        expect([box.has('made'), box.has('calls')]).toEqual([false, false]);
        await linux.cancelJob(box.local, 'r-1');
      }
    });

    it('behind its restart, goes on to its end', async () => {
      const box = new Box();
      const made = join(box.root, 'made');
      const lines = [
        step('place', join(box.root, 'boot'), made),
        undo('remove', made),
        step('restart-service'),
        gate(box),
        step('commit'),
      ];
      await linux.startJob(box.local, jobOf('r-1', lines));
      await soon(begun(box, 'r-1', 'check-command'));
      await linux.cancelJob(box.local, 'r-1');
      box.write('gate', '');
      await soon(() => box.has('state/jobs/r-1/exit'));
      expect(box.exit('r-1').state).toBe('done');
      expect(box.has('made')).toBe(true);
    });

    it('with the service stopped, does not leave it stopped', async () => {
      const box = new Box();
      const lines = [step('stop'), undo('start'), gate(box), step('start'), step('commit')];
      await linux.startJob(box.local, jobOf('r-1', lines));
      await soon(begun(box, 'r-1', 'check-command'));
      expect(box.has('up')).toBe(false);
      await linux.cancelJob(box.local, 'r-1');
      box.write('gate', '');
      await soon(() => box.has('state/jobs/r-1/exit'));
      expect(box.has('up')).toBe(true);
    });

    it('right behind its commit, undoes nothing of before', async () => {
      const box = new Box();
      const made = join(box.root, 'made');
      await box.lay(
        jobOf('r-1', [
          step('place', join(box.root, 'boot'), made),
          undo('remove', made),
          step('commit'),
          step('flush', box.root),
        ]),
      );
      box.write('made', 'x');
      box.write(
        'state/jobs/r-1/journal',
        '1\tbegin\t1\tplace\t\n1\tend\t1\tplace\t\n1\tbegin\t2\tcommit\t\n1\tend\t2\tcommit\t\n',
      );
      await linux.cancelJob(box.local, 'r-1');
      expect(box.exit('r-1').state).toBe('cancelled');
      expect(box.has('made')).toBe(true);
    });
  });
});

describe('a restart', () => {
  it('is not begun where the boot identity cannot be read', async () => {
    for (const boot of ['', '\n', 'short\n']) {
      const box = new Box();
      box.write('boot', boot);
      expect(await box.through(jobOf('r-1', [step('restart')]))).toMatchObject({
        state: 'failed',
        step: 'restart',
        message: expect.stringContaining('cannot be read') as string,
      });
      expect(box.has('calls')).toBe(false);
    }
  });

  it('that is refused says why, and one that does not come has a name', async () => {
    const box = new Box();
    box.write('refuse-reboot', '');
    expect(await box.through(jobOf('r-1', [step('restart')]))).toMatchObject({
      step: 'restart',
      message: 'the restart was refused: no reboot today',
    });
    box.server.commands.reboot = ['true'];
    expect((await box.through(jobOf('r-2', [step('restart')]))).message).toContain(
      'still up 2 seconds later',
    );
  });

  it('is not given up because a shutdown ends the sleep before the shell', async () => {
    const box = new Box();
    const job = jobOf('r-1', [step('restart')]);
    box.server.commands.reboot = ['true'];
    await box.lay({ ...job, settings: { ...job.settings, 'going-down': ['60'] } });
    // Every sleep of the machine is cut off at once, as a shutdown does.
    writeFileSync(join(box.bin, 'sleep'), '#!/bin/sh\n/bin/sleep 0.05\nexit 143\n', { mode: 0o755 });
    let pid = 0;
    const run = box.runner('r-1', { started: (one) => (pid = one) });
    await sleep(700);
    process.kill(pid, 'SIGKILL');
    await run;
    expect(box.has('state/jobs/r-1/exit')).toBe(false);
  });

  it('waits by a clock that does not leap', async () => {
    const box = new Box();
    const leap =
      '#!/bin/sh\n[ "$1" = +%s ] || exec /bin/date "$@"\nn=$(cat "$0.n" 2>/dev/null || echo 0)\necho $((n + 9999)) >"$0.n"\necho $(($(/bin/date +%s) + n))\n';
    writeFileSync(join(box.bin, 'date'), leap, { mode: 0o755 });
    await box.lay(jobOf('r-1', [gate(box)]));
    const run = box.runner('r-1');
    await sleep(600);
    box.write('gate', '');
    await run;
    expect(box.exit('r-1').state).toBe('done');
  });

  it('arms nothing where the product has swapped the set in already', async () => {
    const box = new Box();
    oldHome(box);
    const marker = box.write('marker', 'same');
    box.write('home/modules/marker', 'same');
    rmSync(join(box.home, 'modules-upgrade'), { recursive: true });
    const end = await box.through(
      jobOf('r-1', [
        step(
          'arm',
          marker,
          join(box.home, 'modules-upgrade'),
          join(box.root, 'no-list'),
          join(box.home, 'modules/marker'),
        ),
      ]),
    );
    expect(end.state).toBe('done');
    expect(box.has('home/modules-upgrade')).toBe(false);
  });
});
