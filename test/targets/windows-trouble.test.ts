import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readSettings, troubleInstallers, type InstallerTrouble } from '../../demo/windows/installer';
import type { RolloutResult } from '../../src/updater/updater';
import type { WindowsMachine } from '../lab/windows';
import { until } from '../lab/until';
import type { Operator } from './fleet-in-lab';
import { STATE, historyOf, jobsOf, running, useWindowsLab } from './windows-fleet';

const { lab, operators } = useWindowsLab();

/** A server with 4.3.1, 4.3.5 downloaded to it, and whoever updates it. */
async function scene(id: string, more: Record<string, unknown> = {}) {
  const machine = await running(lab(), id, '4.3.1');
  const desk = await operators.at({ lab: lab(), systems: { harbour: { [id]: machine } }, more });
  await desk.updater.library.add(await lab().installer({ version: '4.3.1' }));
  await desk.updater.library.add(await lab().installer({ version: '4.3.5' }));
  expect((await desk.act('download', [id])).failures).toEqual([]);
  return { machine, desk, id };
}

const failure = (result: RolloutResult) => {
  const [first] = result.failures;
  const { code, step, hint, message } = first?.error ?? {};
  return { outcome: result.outcome, code, step, hint, message };
};

async function install(desk: Operator, machine: WindowsMachine, id: string, trouble: InstallerTrouble) {
  await troubleInstallers(machine.driveC, trouble);
  const result = await desk.act('install', [id]);
  await troubleInstallers(machine.driveC, undefined);
  return result;
}

describe('an installer of Eocortex', () => {
  it('that fails, or does nothing: the service is up again, nothing is on record, and installing again ends well', async () => {
    const { machine, desk, id } = await scene('t1');
    const settings = await readSettings(machine.driveC);
    const unchanged = async () => {
      const state = await desk.state(id);
      expect(state).toMatchObject({ status: 'failed', version: '4.3.1', rollback: [] });
      expect(state.facts?.service?.state).toBe('running');
      expect(await historyOf(machine)).toEqual([]);
      expect(await readSettings(machine.driveC)).toEqual(settings);
      expect(existsSync(machine.file(`${STATE}\\lock`))).toBe(false);
    };
    const failed = failure(await install(desk, machine, id, { mode: 'fail', exit: 1603 }));
    expect(failed).toMatchObject({ outcome: 'failed', code: 'job.failed', step: 'run' });
    expect(failed.message).toContain('exit code 1603');
    expect(failed.hint).toContain('by hand');
    await unchanged();

    const idle = failure(await install(desk, machine, id, { mode: 'nothing' }));
    expect(idle).toMatchObject({ outcome: 'failed', code: 'verify.version', step: 'check-version' });
    expect(idle.message).toContain('4.3.1 is installed, not 4.3.5');
    await unchanged();

    // One that leaves the service stopped has done its work; it is started.
    expect(await install(desk, machine, id, { mode: 'stopped' })).toMatchObject({
      outcome: 'done',
      failures: [],
    });
    const state = await desk.state(id);
    expect(state).toMatchObject({ status: 'installed', version: '4.3.5', rollback: ['4.3.1'] });
    expect(state.facts?.service?.state).toBe('running');
  });

  it('that never ends is stopped; one that breaks the new version leaves the way back open', async () => {
    const { machine, desk, id } = await scene('t2', { installer: { args: ['/S'], timeoutMinutes: 1 } });
    const hung = failure(await install(desk, machine, id, { mode: 'hang' }));
    expect(hung).toMatchObject({ code: 'job.failed', step: 'run' });
    expect(hung.message).toContain('had not ended after 1 minutes');
    const state = await desk.state(id);
    expect(state).toMatchObject({ status: 'failed', version: '4.3.1', rollback: [] });
    expect(state.facts?.service?.state).toBe('running');

    const broken = failure(await install(desk, machine, id, { mode: 'broken' }));
    expect(broken).toMatchObject({ code: 'verify.service', step: 'start' });
    expect(broken.hint).toContain('Roll back');
    expect(await desk.state(id)).toMatchObject({ status: 'failed', version: '4.3.5', rollback: ['4.3.1'] });
    expect(await desk.act('rollback', [id])).toMatchObject({ outcome: 'done', failures: [] });
    const back = await desk.state(id);
    expect(back).toMatchObject({ version: '4.3.1', rollback: [] });
    expect(back.facts?.service?.state).toBe('running');
  });

  it('that restarts the machine unasked: the job goes on by itself, and gives up where it happens again', async () => {
    const { machine, desk, id } = await scene('t3');
    await troubleInstallers(machine.driveC, { mode: 'restart-midway' });
    const twice = failure(await desk.act('install', [id]));
    expect(twice).toMatchObject({ code: 'job.failed', step: 'run' });
    expect(twice.message).toContain('went down twice');
    expect(machine.boots).toBe(3);

    // Once is no trouble: what it left half done is done anew.
    const acting = desk.act('install', [id]);
    await until('it is away', () => machine.state === 'away', 100_000);
    await troubleInstallers(machine.driveC, undefined);
    expect(await acting).toMatchObject({ outcome: 'done', failures: [] });
    expect(machine.boots).toBe(4);
    expect(existsSync(machine.file('C:\\Program Files\\Eocortex\\half.txt'))).toBe(false);
    const state = await desk.state(id);
    expect(state).toMatchObject({ status: 'installed', version: '4.3.5' });
    expect(await historyOf(machine)).toContain('4.3.5');
  });

  it('of 32 bits is not sent where nothing of 32 bits starts', async () => {
    const machine = await running(lab(), 't4', '4.3.1');
    const desk = await operators.at({ lab: lab(), systems: { harbour: { t4: machine } } });
    await desk.updater.library.add(await lab().installer({ version: '4.3.5', bits: 32 }));
    const plan = await desk.plan('install', ['t4']);
    expect(plan.servers[0]?.reasons.map(({ rule }) => rule)).toContain('package.not-loaded');
    const result = await desk.updater.run(plan, { confirmed: true });
    expect(failure(result)).toMatchObject({ code: 'package.not-loaded' });
    const state = await desk.state('t4');
    expect(state).toMatchObject({ version: '4.3.1', rollback: [] });
    expect(state.facts?.service?.state).toBe('running');
  });
});

describe('a rollback', () => {
  it('whose backup is missing or damaged is refused before anything is stopped', async () => {
    const { machine, desk, id } = await scene('t5');
    expect(await desk.act('install', [id])).toMatchObject({ outcome: 'done' });
    const [job = ''] = await jobsOf(machine);
    const kept = machine.file(`${STATE}\\backups\\${job}\\settings-0`);
    const refused = async (why: string) => {
      const before = await readSettings(machine.driveC);
      const said = failure(await desk.act('rollback', [id]));
      expect(said).toMatchObject({ outcome: 'failed', step: 'check-backup' });
      expect(said.message).toContain(why);
      const state = await desk.state(id);
      expect(state).toMatchObject({ status: 'rollback-failed', version: '4.3.5', rollback: ['4.3.1'] });
      expect(state.facts?.service?.state).toBe('running');
      expect(await readSettings(machine.driveC)).toEqual(before);
    };
    await rename(kept, `${kept}.away`);
    await refused('is missing');
    await rename(`${kept}.away`, kept);
    const settings = `${kept}/settings.ini`;
    await rename(settings, `${kept}.whole`);
    await writeFile(settings, 'channels=0\r\n');
    await refused('is damaged');
    await rename(`${kept}.whole`, settings);
    expect(await desk.act('rollback', [id])).toMatchObject({ outcome: 'done', failures: [] });
    expect(await desk.state(id)).toMatchObject({ version: '4.3.1', rollback: [] });
  });
});
