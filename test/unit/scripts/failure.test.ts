import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Job } from '../../../src/updater/targets/platform';
import { zipOf } from '../packages/make';
import { Box, jobOf, step, undo } from './box';
import { core, info, installJob, media, oldHome, packages, rollbackJob, vision, wanted } from './update';

/** The same job with a step that nobody knows before the nth one. */
const failingBefore = (job: Job, index: number): Job => ({
  ...job,
  lines: [...job.lines.slice(0, index), step('break-here'), ...job.lines.slice(index)],
});

/** The first step of each name, up to the one that lets the product swap. */
function breaks(job: Job, until: string): number[] {
  const names = job.lines.map((line) => (line.kind === 'step' ? line.words[0] : ''));
  const last = names.indexOf(until);
  return names.flatMap((name, index) =>
    name !== '' && index <= last && names.indexOf(name) === index ? [index] : [],
  );
}

const empty = (path: string): boolean => path === './modules-upgrade/.keep';
const withoutStaging = (tree: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(tree).filter(([path]) => !empty(path)));

describe('a step that fails', () => {
  it('leaves an install undone wherever it stands', async () => {
    const box = new Box({ system: { modules: wanted, restart: 'service' } });
    oldHome(box);
    const known = await packages(box);
    const before = withoutStaging(box.tree());
    const places = breaks(await installJob(box, 'r-0', known), 'restart-service');
    expect(places.length).toBeGreaterThan(8);
    for (const [nth, index] of places.entries()) {
      const id = `r-${nth + 1}`;
      const job = failingBefore(await installJob(box, id, known), index);
      const end = await box.through(job);
      expect(end).toEqual({
        kind: 'exit',
        state: 'failed',
        step: 'break-here',
        message: 'this runner knows no step break-here',
      });
      expect(withoutStaging(box.tree()), `before ${job.lines[index + 1]?.words[0]}`).toEqual(before);
      expect(box.history(), id).toEqual([]);
      expect(box.has('state/lock')).toBe(false);
    }
    expect(box.has('calls') ? box.read('calls') : '').not.toContain('restart');
  });

  it('leaves a rollback undone wherever it stands, and the service running', async () => {
    const box = new Box({ system: { modules: wanted, restart: 'service' } });
    oldHome(box);
    Object.assign(box.server, { settingsPaths: [join(box.root, 'home', 'config')] });
    const known = await packages(box);
    expect(await box.through(await installJob(box, 'r-0', known))).toMatchObject({ state: 'done' });
    box.write('home/config/box.properties', 'name=box 2.0.0');
    const before = withoutStaging(box.tree());
    const places = breaks(await rollbackJob(box, 'r-1', known), 'start');
    expect(places.length).toBeGreaterThan(8);
    for (const [nth, index] of places.entries()) {
      const job = failingBefore(await rollbackJob(box, `r-${nth + 1}`, known), index);
      expect(await box.through(job)).toMatchObject({ state: 'failed', step: 'break-here' });
      expect(withoutStaging(box.tree()), `before ${job.lines[index + 1]?.words[0]}`).toEqual(before);
      expect(box.history()).toEqual(['1.0.0', '2.0.0']);
      expect(box.has('up'), `before ${job.lines[index + 1]?.words[0]}`).toBe(true);
    }
  });

  it('takes a half-unpacked model back, whichever of several it is', async () => {
    const whole = await zipOf([
      { name: 'sound.bin', text: 'sound 2', compress: false },
      { name: 'more.bin', text: 'AAAABBBB', compress: false },
    ]);
    const broken = Buffer.from(whole.toString('latin1').replace('AAAABBBB', 'AAAACCCC'), 'latin1');
    const box = new Box({ system: { modules: wanted, restart: 'service' } });
    oldHome(box);
    const known = (await packages(box)).filter((one) => one.kind !== 'model' || one.module === vision);
    known.push({ ...info(box, 'model', media, '2.0.0', broken), contents: [] });
    const before = withoutStaging(box.tree());
    const end = await box.through(await installJob(box, 'r-1', known));
    expect(end).toMatchObject({ state: 'failed', step: 'unpack' });
    expect(end.message).toContain('could not be unpacked');
    expect(withoutStaging(box.tree())).toEqual(before);
  });

  it('takes nothing back once the product has swapped, even if the history cannot be written', async () => {
    const box = new Box({ system: { modules: wanted, restart: 'service' } });
    oldHome(box);
    const known = await packages(box);
    const job = await installJob(box, 'r-1', known);
    const record = job.lines.findIndex((line) => line.words[1]?.endsWith('/entry'));
    const end = await box.through(failingBefore(job, record));
    expect(end).toMatchObject({ state: 'failed', step: 'break-here' });
    expect(box.read('home/modules/banalytics-box.jar')).toBe('core 2.0.0');
    expect(box.read('home/models/faces/net.bin')).toBe('faces/net.bin 2.0.0');
    expect(box.history()).toEqual(['1.0.0']);
  });

  it('is not gone on with when the runner dies while it takes things back', async () => {
    const box = new Box();
    const id = 'r-1';
    const [one, two] = [box.write('one', '1'), box.write('two', '2')];
    await box.lay(
      jobOf(id, [
        step('flush', box.root),
        undo('remove', one),
        step('flush', box.root),
        undo('remove', two),
        step('check-space', box.root, '99999999999999'),
        step('place', two, join(box.root, 'late')),
      ]),
    );
    box.write(
      `state/jobs/${id}/journal`,
      [
        '1\tbegin\t1\tflush\t',
        '1\tend\t1\tflush\t',
        '1\tbegin\t2\tflush\t',
        '1\tend\t2\tflush\t',
        '1\tbegin\t3\tcheck-space\t',
        '1\tfail\t3\tcheck-space\tno room then',
        '1\tundo\t0\tremove\t',
        '',
      ].join('\n'),
    );
    // There is room now: the step would pass, on top of what is half undone.
    box.write(`state/jobs/${id}/plan`, box.read(`state/jobs/${id}/plan`).replace('99999999999999', '1'));
    expect(await box.toEnd(id)).toEqual({
      kind: 'exit',
      state: 'failed',
      step: 'check-space',
      message: 'no room then',
    });
    expect([box.has('one'), box.has('two'), box.has('late')]).toEqual([false, false, false]);
  });

  it('says in words what went wrong, and says when something could not be taken back', async () => {
    const box = new Box();
    const missing = join(box.root, 'missing');
    const cases: [ReturnType<typeof step>, RegExp][] = [
      [step('check-package', 'a'.repeat(64), 'x.jar'), /package x\.jar is not on this server/],
      [step('check-space', box.root, '99999999999999'), /^\d+ KiB free at .*, 99999999999999 needed/],
      [step('check-backup', 'none', 'modules'), /the backup none\/modules is missing/],
      [step('restore', 'none', 'modules', join(box.root, 'x')), /could not be written/],
      [step('place', missing, join(box.root, 'x')), /could not be written: .*No such file/],
      [step('place-all', missing, join(box.root, 'x'), 'marker'), /could not be filled/],
      [step('unpack', missing, join(box.root, 'x')), /could not be unpacked/],
      [step('check-sums', missing, box.root), /cannot be read/],
      [step('arm', missing, box.root, missing, missing), /cannot be read/],
      [step('record', missing), /the history could not be written/],
      [step('check-swap', missing, missing, '0'), /has not swapped/],
      [step('check-port', '1', '0'), /nothing listens on port 1/],
      [step('check-command', '0', 'false'), /the health check false still fails/],
    ];
    for (const [nth, [bad, message]] of cases.entries()) {
      const end = await box.through(jobOf(`r-${nth}`, [bad]));
      expect(end).toMatchObject({ state: 'failed', step: bad.words[0] });
      expect(end.message).toMatch(message);
    }
    const end = await box.through(
      jobOf('r-u', [
        step('flush', box.root),
        undo('restore', 'none', 'modules', join(box.root, 'x')),
        step('stop-all'),
      ]),
    );
    expect(end.message).toContain('not all of it could be undone');
    expect(box.history()).toEqual([]);
  });

  it('refuses a job whose plan is gone', async () => {
    const box = new Box();
    await box.lay(jobOf('r-1', [step('flush', box.root)]));
    await box.exec(['rm', join(box.jobDir('r-1'), 'plan')]);
    expect(await box.toEnd('r-1')).toMatchObject({ state: 'failed' });
  });

  it('names the core in the plan', async () => {
    const box = new Box();
    oldHome(box);
    const job = await installJob(box, 'r-1', await packages(box));
    expect(job.files.entry).toContain(`module\t${core}\t2.0.0`);
  });
});
