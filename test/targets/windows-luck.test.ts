import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { processTable } from '../../demo/processes';
import { readSettings, troubleInstallers } from '../../demo/windows/installer';
import lockScript from '../../src/updater/targets/scripts/lock.bat';
import { batch } from '../../src/updater/targets/windows/kit';
import type { MachineOptions, WindowsMachine } from '../lab/windows';
import { until } from '../lab/until';
import type { Operator } from './fleet-in-lab';
import { atConsole, STATE, begins, historyOf, jobsOf, running, useWindowsLab } from './windows-fleet';

const patience = 100_000;
const { lab, operators } = useWindowsLab();

interface Scene {
  machine: WindowsMachine;
  desk: Operator;
  id: string;
  /** Somebody else, at a workstation of his own, with the same packages. */
  colleague: () => Promise<Operator>;
}

async function scene(id: string, options: MachineOptions = {}, payloadBytes = 100_000): Promise<Scene> {
  const machine = await running(lab(), id, '4.3.1', options);
  const installer = await lab().installer({ version: '4.3.5', payloadBytes });
  const colleague = async () => {
    const one = await operators.at({ lab: lab(), systems: { harbour: { [id]: machine } } });
    await one.updater.library.add(installer);
    return one;
  };
  return { machine, id, desk: await colleague(), colleague };
}

const updated = { status: 'installed', version: '4.3.5', rollback: ['4.3.1'] };

async function isWell({ machine, id }: Scene, desk: Operator): Promise<void> {
  const state = await desk.state(id);
  expect(state).toMatchObject(updated);
  expect(state.facts?.service?.state).toBe('running');
  expect(await historyOf(machine)).toEqual(['4.3.1', '4.3.5']);
  expect(await readSettings(machine.driveC)).toMatchObject({ 'saved-by': '4.3.5' });
}

const jobFile = async (machine: WindowsMachine, name: string): Promise<string> =>
  machine.file(`${STATE}\\jobs\\${(await jobsOf(machine)).at(-1)}\\${name}`);

/** Holds the runner of a machine's job, or lets it go on. */
function signalRunner(machine: WindowsMachine, what: 'SIGSTOP' | 'SIGCONT'): void {
  const own = new Set(machine.processes());
  const runners = processTable().filter(({ pid, command }) => own.has(pid) && /job\.bat\W+run/.test(command));
  if (runners.length === 0) throw new Error('No runner of a job runs there.');
  for (const { pid } of runners) process.kill(pid, what);
}

describe('bad luck on Windows', () => {
  it('a link cut in a transfer, in a job and in a restart: it goes on, and sends only what is missing', async () => {
    const place = await scene('l1', {}, 30_000_000);
    const { machine, desk, id } = place;
    const downloading = desk.act('download', [id]);
    // Of what was under way at the cut nothing is believed, which is the last whole block of 8 MiB and what lies behind it.
    await desk.next('progress', ({ step, done }) => step === 'download' && done > 20_000_000);
    machine.cut();
    const again = desk.next('progress', ({ step }) => step === 'download');
    await machine.mend();
    expect((await again).done).toBeGreaterThan(4_000_000);
    expect(await downloading).toMatchObject({ outcome: 'done', failures: [] });

    await troubleInstallers(machine.driveC, { mode: 'restart-needed', seconds: 2 });
    const installing = desk.act('install', [id]);
    await desk.next('status', ({ step }) => step === 'run');
    machine.cut();
    await until('the restart begins', begins(machine, 'restart'), patience);
    await machine.mend();
    await until('it is up again', () => machine.boots === 2 && machine.state === 'up', patience);
    machine.cut();
    await machine.mend();
    expect(await installing).toMatchObject({ outcome: 'done', failures: [] });
    await isWell(place, desk);
    expect(await jobsOf(machine)).toHaveLength(1);
  });

  it('the plug pulled in the backup and in the installer, and nobody watching: the server ends its job alone', async () => {
    const place = await scene('l2');
    const { machine, desk, id, colleague } = place;
    await desk.act('download', [id]);
    await troubleInstallers(machine.driveC, { mode: 'restart-needed', seconds: 3 });
    void desk.act('install', [id]).catch(() => undefined);
    await until('the backup begins', begins(machine, 'backup'), patience);
    const left = desk.updater.dispose();
    await machine.powerCycle();
    await left;
    await until('the installer begins', begins(machine, 'run'), patience);
    await machine.powerCycle();
    const [job = ''] = await jobsOf(machine);
    await until('the job ends', () => existsSync(machine.file(`${STATE}\\jobs\\${job}\\exit`)), patience);
    await isWell(place, await colleague());
    expect(machine.boots).toBe(4);
    expect(await jobsOf(machine)).toEqual([job]);
    expect(existsSync(machine.file(`${STATE}\\lock`))).toBe(false);
  });

  it('two operators at once: one is told who works there, and nothing is done twice', async () => {
    const place = await scene('l3');
    const { machine, desk, id, colleague } = place;
    const second = await colleague();
    await desk.act('download', [id]);
    await troubleInstallers(machine.driveC, { mode: 'restart-needed', seconds: 10 });
    const plan = await desk.plan('install', [id]);
    const other = await second.plan('install', [id]);
    const started = desk.next('rollout-started', () => true);
    const working = desk.updater.run(plan, { confirmed: true });
    await until('the installer begins', begins(machine, 'run'), patience);
    const refused = await second.updater.run(other, { confirmed: true });
    expect(['job.busy', 'plan.blocked', undefined]).toContain(refused.failures[0]?.error.code);
    const rollout = (await started).rollout ?? '';
    expect(await working).toMatchObject({ outcome: 'done', failures: [] });
    await isWell(place, second);
    expect(await jobsOf(machine)).toEqual([`${rollout}-1`]);
  });

  it('cancelled before the installer all is taken back; behind it the job ends', async () => {
    const place = await scene('l4');
    const { machine, desk, id } = place;
    await desk.act('download', [id]);
    // Its backup takes a moment, in which its runner is held until the cancel is there.
    const archive = machine.file('C:\\ProgramData\\Eocortex\\archive.db');
    await writeFile(archive, '');
    await truncate(archive, 500_000_000);
    const early = new AbortController();
    const cancelled = desk.act('install', [id], null, early.signal);
    await until('the backup begins', begins(machine, 'backup'), patience);
    signalRunner(machine, 'SIGSTOP');
    early.abort();
    await until('it is told', async () => existsSync(await jobFile(machine, 'cancel')), patience);
    signalRunner(machine, 'SIGCONT');
    expect((await cancelled).outcome).toBe('cancelled');
    const state = await desk.state(id);
    expect(state).toMatchObject({ status: 'loaded', version: '4.3.1', rollback: [] });
    expect(state.facts?.service?.state).toBe('running');
    expect(await historyOf(machine)).toEqual([]);
    await rm(archive);

    await troubleInstallers(machine.driveC, { mode: 'restart-needed', seconds: 3 });
    const late = new AbortController();
    const ending = desk.act('install', [id], null, late.signal);
    await desk.next('status', ({ step }) => step === 'run');
    late.abort();
    expect((await ending).outcome).toBe('done');
    await isWell(place, desk);
  });

  it('a restart that is refused, or from which a machine with another host key returns', async () => {
    const { machine, desk, id } = await scene('l5');
    machine.trouble.restart = 'refused';
    const refused = await desk.act('restart', [id]);
    expect(refused.failures[0]?.error).toMatchObject({ code: 'restart.refused', step: 'restart' });
    expect(refused.failures[0]?.error.message).toContain('Access is denied');
    expect((await desk.state(id)).facts?.service?.state).toBe('running');

    machine.trouble.restart = 'other-key';
    const other = await desk.act('restart', [id]);
    expect(other.failures[0]?.error.code).toBe('hostkey.changed');
    machine.trouble.restart = 'works';
    expect(await desk.state(id)).toMatchObject({ status: 'unreachable', error: { code: 'hostkey.changed' } });
  });
});

/** Calls one label of lock.bat for a job, as its runner does, and tells what the label says of the `holder`. */
const caller = `@echo off
setlocal EnableExtensions EnableDelayedExpansion
cd /d "%~dp0"
set "state=..\\.."
set "job=%~1"
set "stale=%~3"
call :%~2
echo holder:!holder!
exit /b 0
:note
exit /b 0
${lockScript}`;

describe('the lock of a Windows server', () => {
  it('goes to one job, and from its holder to nobody who does not know whose it is', async () => {
    const machine = await lab().machine('l6');
    const file = (path: string) => machine.file(`${STATE}\\${path}`);
    const lock = async (text?: string): Promise<string | undefined> => {
      if (text !== undefined) await writeFile(file('lock'), `${text}\r\n`);
      return existsSync(file('lock')) ? (await readFile(file('lock'), 'utf8')).trim() : undefined;
    };
    const call = async (job: string, label: string, stale = ''): Promise<string> => {
      const line = `call ${STATE}\\jobs\\${job}\\call.bat ${job} ${label} ${stale}`;
      return /holder:(\S*)/.exec((await atConsole(lab(), machine, line)).stdout)?.[1] ?? 'nothing was said';
    };
    const jobs = ['job-a', 'job-b', 'job-c', 'job-d', 'gone'];
    for (const job of jobs) {
      await mkdir(file(`jobs\\${job}`), { recursive: true });
      await writeFile(file(`jobs\\${job}\\call.bat`), batch(caller));
      await writeFile(file(`jobs\\${job}\\plan`), '');
    }

    expect([await call('job-a', 'take_lock'), await lock()]).toEqual(['', 'job:job-a']);
    expect([await call('job-b', 'take_lock'), await lock()]).toEqual(['job-a', 'job:job-a']);
    // Between the look at it and the taking away, somebody else has taken it.
    expect([await call('job-b', 'move_lock', 'gone'), await lock()]).toEqual(['job-a', 'job:job-a']);
    expect([await call('job-b', 'drop_lock'), await lock()]).toEqual(['job-a', 'job:job-a']);
    expect([await call('job-a', 'drop_lock'), await lock()]).toEqual(['', undefined]);

    // One that has ended and left it: of several who come for it at once, one gets it, and all know who.
    await writeFile(file('jobs\\gone\\exit'), 'done\r\n');
    for (let round = 0; round < 5; round++) {
      await lock('job:gone');
      const four = jobs.slice(0, 4);
      const holders = await Promise.all(four.map((job) => call(job, 'take_lock')));
      const winners = four.filter((_, index) => holders[index] === '');
      expect(winners, holders.join()).toHaveLength(1);
      expect(await lock()).toBe(`job:${winners[0]}`);
      expect(new Set(holders.filter((holder) => holder !== ''))).toEqual(new Set(winners));
    }
  });
});
