import { existsSync } from 'node:fs';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readSettings, troubleInstallers } from '../../demo/windows/installer';
import type { WindowsMachine } from '../lab/windows';
import { until } from '../lab/until';
import { STATE, begins, historyOf, jobsOf, running, useWindowsLab } from './windows-fleet';

const { lab, operators } = useWindowsLab();

const updated = { status: 'installed', version: '4.3.5', rollback: ['4.3.1'] };

const DISK = 8e9;

/** Somebody else fills drive C:, but for so many bytes. */
async function fill(machine: WindowsMachine, left: number): Promise<void> {
  const { blocks, bfree, bsize } = await statfs(machine.driveC);
  await machine.resizeDisk((blocks - bfree) * bsize + left);
}

describe('a Windows server whose disk fills', () => {
  it('in a download, in its backup, in the installer: says so, stays as it was, and takes the update once there is room', async () => {
    const machine = await running(lab(), 'd1', '4.3.1', { smallDisk: { drive: 'C', bytes: DISK } });
    const desk = await operators.at({ lab: lab(), systems: { harbour: { d1: machine } } });
    await desk.updater.library.add(await lab().installer({ version: '4.3.5', payloadBytes: 100_000_000 }));
    const settings = await readSettings(machine.driveC);
    const asBefore = async () => {
      const state = await desk.state('d1');
      expect(state).toMatchObject({ version: '4.3.1', rollback: [] });
      expect(state.facts?.service?.state).toBe('running');
      expect(await historyOf(machine)).toEqual([]);
      expect(await readSettings(machine.driveC)).toEqual(settings);
      expect(existsSync(machine.file(`${STATE}\\lock`))).toBe(false);
    };

    const downloading = desk.act('download', ['d1']);
    await desk.next('progress', ({ step, done }) => step === 'download' && done > 1_000_000);
    await fill(machine, 20_000_000);
    const cut = (await downloading).failures[0]?.error;
    expect(cut).toMatchObject({ code: 'space', step: 'download' });
    await asBefore();
    await machine.resizeDisk(DISK);
    expect(await desk.act('download', ['d1'])).toMatchObject({ outcome: 'done', failures: [] });

    const fills = async (step: string, left: number) => {
      const installing = desk.act('install', ['d1']);
      await until(`${step} begins`, begins(machine, step));
      await fill(machine, left);
      const result = await installing;
      const { status, version, facts } = await desk.state('d1');
      return { error: result.failures[0]?.error, status, version, service: facts?.service?.state };
    };
    // Settings that do not fit a second time.
    const archive = machine.file('C:\\ProgramData\\Eocortex\\archive.db');
    await writeFile(archive, Buffer.alloc(30_000_000, 1));
    const kept = await fills('check-idle', 10_000_000);
    expect(kept.error).toMatchObject({ code: 'job.failed', step: 'backup' });
    await rm(archive);
    await asBefore();
    await machine.resizeDisk(DISK);

    // An installer that reports success over half of its files.
    const half = await fills('run', 1_000_000);
    expect(half).toMatchObject({ status: 'failed', service: 'stopped' });
    expect(half.error).toMatchObject({ code: 'verify.version', step: 'check-version' });
    expect(half.error?.message).toContain('not all of it could be undone');
    expect(existsSync(machine.file(`${STATE}\\lock`))).toBe(false);
    await machine.resizeDisk(DISK);

    expect(await desk.act('install', ['d1'])).toMatchObject({ outcome: 'done', failures: [] });
    expect(await desk.state('d1')).toMatchObject(updated);
  });
});

describe('a Windows server that goes down', () => {
  it('and stays away: it is named with its console, and the rollout goes on when somebody has switched it on', async () => {
    const machine = await running(lab(), 'a1', '4.3.1');
    const desk = await operators.at({ lab: lab(), systems: { harbour: { a1: machine } } });
    await desk.updater.library.add(await lab().installer({ version: '4.3.5' }));
    await desk.act('download', ['a1']);
    await troubleInstallers(machine.driveC, { mode: 'pending' });
    machine.trouble.restart = 'stays-away';
    desk.server('a1').returnMinutes = 0.2;
    const lost = await desk.act('install', ['a1']);
    // On a busy machine the link goes before its journal tells of the restart.
    expect(lost.failures[0]?.error).toMatchObject({ code: 'restart.no-return' });
    expect(['run', 'restart']).toContain(lost.failures[0]?.error.step);
    expect(lost.failures[0]?.error.hint).toContain('the console in the lab');
    machine.trouble.restart = 'works';
    await until('it is off', () => machine.state === 'off', 100_000);
    await machine.start();
    desk.server('a1').returnMinutes = 5;
    expect(await desk.updater.resume(lost.id)).toMatchObject({ outcome: 'done', failures: [] });
    expect(await desk.state('a1')).toMatchObject(updated);
    expect(await jobsOf(machine)).toHaveLength(1);
  });

  it('and returns with another host key in an update: nothing more is said to it, and whoever has looked at the key finds it updated', async () => {
    const machine = await running(lab(), 'k1', '4.3.1');
    const desk = await operators.at({ lab: lab(), systems: { harbour: { k1: machine } } });
    await desk.updater.library.add(await lab().installer({ version: '4.3.5' }));
    await desk.act('download', ['k1']);
    await troubleInstallers(machine.driveC, { mode: 'pending' });
    machine.trouble.restart = 'other-key';
    const other = await desk.act('install', ['k1']);
    expect(other.failures[0]?.error.code).toBe('hostkey.changed');
    expect(await desk.state('k1')).toMatchObject({
      status: 'unreachable',
      error: { code: 'hostkey.changed' },
    });

    // A desk whose known hosts are made now has the new key.
    const trusting = await operators.at({ lab: lab(), systems: { harbour: { k1: machine } } });
    await expect
      .poll(async () => (await trusting.state('k1')).version, { timeout: 60_000, interval: 500 })
      .toBe('4.3.5');
    await expect
      .poll(async () => (await trusting.state('k1')).status, { timeout: 60_000, interval: 500 })
      .toBe('installed');
    expect(await historyOf(machine)).toEqual(['4.3.1', '4.3.5']);
  });
});
