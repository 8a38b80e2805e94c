import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import type { Ask } from '../../src/updater/targets/answers';
import type { Link } from '../../src/updater/targets/link';
import type { JournalLine } from '../../src/updater/targets/platform';
import checksScript from '../../src/updater/targets/scripts/checks.bat';
import jobScript from '../../src/updater/targets/scripts/job.bat';
import libScript from '../../src/updater/targets/scripts/lib.bat';
import lockScript from '../../src/updater/targets/scripts/lock.bat';
import stepsScript from '../../src/updater/targets/scripts/steps.bat';
import { windows } from '../../src/updater/targets/windows';
import { batch } from '../../src/updater/targets/windows/kit';
import { Desk, localServer } from '../lab/links';
import type { WindowsMachine } from '../lab/windows';
import { atConsole, STATE, useWindowsLab } from './windows-fleet';

/** What the batch scripts do where something was cut off, on machines on which nothing else runs: each takes seconds. */

const { lab } = useWindowsLab();
const desk = new Desk();
afterAll(() => desk.leave());

async function bare(id: string): Promise<{ machine: WindowsMachine; link: Link }> {
  const machine = await lab().machine(id);
  const server = localServer(id, machine.port, {
    ...{ os: 'windows', user: 'Administrator', identityFile: lab().identityFile },
  });
  return { machine, link: await desk.links().get(server) };
}

describe('the script of a Windows server', () => {
  it('has laid anew what was cut off while it was laid: its state folder, its questions, a word', async () => {
    const { machine, link } = await bare('s1');
    const asks: Ask[] = [{ ask: 'service', name: 'Rpc Ss' }];
    const state = async () => (await windows.ask(link, asks)).service;
    expect(await state()).toBe('missing');
    const temporary = machine.file('C:\\users\\Administrator\\AppData\\Local\\Temp');
    const [name = ''] = (await readdir(temporary)).filter((one) => one.startsWith('vms-fleet-'));
    const kit = async () => {
      const files = (await readdir(join(temporary, name))).filter((one) => /^(@|asks-|server)/.test(one));
      const read = async (file: string) =>
        [file, await readFile(join(temporary, name, file), 'utf8')] as const;
      return new Map(await Promise.all(files.map(read)));
    };
    const whole = await kit();
    expect(whole.size).toBe(4);
    const [questions = ''] = [...whole.keys()].filter((file) => file.startsWith('asks-'));
    const cut = (file: string, length: number) =>
      writeFile(join(temporary, name, file), whole.get(file)?.slice(0, length) ?? '');
    for (const file of whole.keys()) if (file !== 'server.bat') await cut(file, 0);
    expect(await state()).toBe('missing');
    expect(await kit()).toEqual(whole);
    await cut(questions, 9);
    expect(await state()).toBe('missing');
    expect(await kit()).toEqual(whole);
  });

  it('hashes the package that was sent, whatever a colleague calls his part of it', async () => {
    const { machine, link } = await bare('s2');
    await windows.prepare(link);
    const sha256 = createHash('sha256').update('whole').digest('hex');
    const folder = machine.file(`${STATE}\\packages\\${sha256}`);
    await mkdir(folder);
    await writeFile(join(folder, 'a (1) & co.exe.part'), 'half');
    await writeFile(join(folder, 'Сервер.exe.part'), 'whole');
    const place = { sha256, file: 'Сервер.exe', size: 5 };
    const options = { deadline: 60_000, signal: new AbortController().signal };
    expect(await windows.provePackage(link, place, Readable.from([]), options)).toBe(sha256);
    expect((await readdir(folder)).sort()).toEqual(['a (1) & co.exe.part', 'Сервер.exe']);
    // Somebody else has given it its name meanwhile.
    expect(await windows.provePackage(link, place, Readable.from([]), options)).toBe(sha256);
  });

  it('keeps others out of the state folder, or says why it cannot', async () => {
    const { machine, link } = await bare('s3');
    const icacls = machine.file('C:\\windows\\system32\\icacls.exe');
    await rename(icacls, `${icacls}.away`);
    await expect(windows.prepare(link)).rejects.toMatchObject({
      code: 'server.privileges',
      message: expect.stringMatching(/keep others out of it on s3: .*icacls/) as string,
    });
    await rename(`${icacls}.away`, icacls);
    await windows.prepare(link);
    await windows.prepare(link);
    const known = await atConsole(lab(), machine, 'reg query HKLM\\SOFTWARE\\vms-fleet');
    expect(known.stdout).toContain(STATE);
    expect((await readdir(machine.file(STATE))).sort()).toEqual(['backups', 'history', 'jobs', 'packages']);
  });
});

/** Runs a label of the job's scripts by itself, or some lines, in the folder of a job that is laid so far as it needs. */
async function inJob(machine: WindowsMachine, ...lines: string[]): Promise<string> {
  const folder = machine.file(`${STATE}\\jobs\\x-1`);
  await mkdir(folder, { recursive: true });
  const head = ['@echo off', 'setlocal EnableExtensions EnableDelayedExpansion', 'cd /d "%~dp0"'];
  const known = ['set "here=%cd%"', 'set "job=x-1"', 'set "task=vms-fleet-x-1"', 'set "state=..\\.."'];
  const scripts = [jobScript, lockScript, stepsScript, checksScript, libScript];
  const text = [...head, ...known, ...lines, 'exit /b 0', ...scripts].join('\n');
  await writeFile(join(folder, 'call.bat'), batch(text));
  await writeFile(join(folder, 'job.bat'), batch([jobScript, lockScript].join('\n')));
  return (await atConsole(lab(), machine, `call ${STATE}\\jobs\\x-1\\call.bat`)).stdout;
}

describe('a job of a Windows server', () => {
  const job = (id: string, steps: number) => ({
    ...{ id, settings: {}, files: {} },
    lines: Array.from({ length: steps }, () => ({ kind: 'step' as const, words: ['commit'] as [string] })),
  });
  const follow = async (link: Link, id: string) => {
    const begun: number[] = [];
    const onLine = (line: JournalLine) => void (line.event === 'begin' && begun.push(line.number));
    return { end: await windows.followJob(link, id, 0, onLine), begun };
  };

  it('without a step is not done; a torn journal skips none; the one that worked last is the one that is told of', async () => {
    const { machine, link } = await bare('s4');
    await windows.prepare(link);
    await windows.startJob(link, job('r-10', 0));
    const { end } = await follow(link, 'r-10');
    expect(end).toEqual({ kind: 'exit', state: 'failed', step: null, message: 'its plan has no step' });

    const folder = machine.file(`${STATE}\\jobs\\r-9`);
    await windows.startJob(link, job('r-9', 11));
    expect(await follow(link, 'r-9')).toMatchObject({ end: { state: 'done' } });
    expect((await windows.ask(link, [])).job).toMatchObject({ id: 'r-9', state: 'done' });
    await rm(join(folder, 'exit'));
    await writeFile(join(folder, 'journal'), '0\tend\t1\tcommit\t\r\n0\tend\t1');
    await windows.continueJob(link, 'r-9');
    const again = await follow(link, 'r-9');
    expect(again).toMatchObject({ end: { state: 'done' }, begun: [2, 3, 4, 5, 6, 7, 8, 9, 10, 11] });
    // Cut once more in the same place, where the rest of it has been written by a version that knew no better.
    await rm(join(folder, 'exit'));
    await writeFile(join(folder, 'journal'), '0\tend\t1\tcommit\t\r\n0\tend\t9');
    await windows.continueJob(link, 'r-9');
    expect((await follow(link, 'r-9')).begun).toContain(2);
  });

  it('that did not start does not start with the next boot either', async () => {
    const { machine } = await bare('s5');
    const task = 'schtasks /create /tn vms-fleet-x-1 /tr cmd /sc onstart /f';
    const said = await inJob(machine, task, 'type nul >start.out', 'call :start_refused');
    expect(said).toContain('@@refused');
    expect((await atConsole(lab(), machine, 'schtasks /query /tn vms-fleet-x-1')).code).toBe(1);
  });

  it('takes no failure of certutil for a hash, and waits a while for a file that somebody holds', async () => {
    const { machine } = await bare('s6');
    const said = await inJob(
      machine,
      '>held.txt echo data',
      'set "file=held.txt"',
      'call :hash >>held.txt',
      'echo held [!hash!]',
      'call :hash',
      'echo free [!hash!]',
    );
    expect(said).toMatch(/^held \[\]\r?\nfree \[[0-9a-f]{64}\]/);
  });

  it('starts no health check beside one that has not ended, and takes no late code for its own', async () => {
    const { machine } = await bare('s7');
    await writeFile(
      machine.file('C:\\slow.bat'),
      '@echo begin>>C:\\log.txt\r\n@ping -n %1 127.0.0.1 >nul\r\n@echo end>>C:\\log.txt\r\n@exit %2\r\n',
    );
    const look = (seconds: number, code: number, patience: number) => [
      `set "line=cmd.exe /d /c C:\\slow.bat ${seconds} ${code}"`,
      `set "left=${patience}"`,
      'call :limited',
      'echo code [!code!]',
    ];
    const said = await inJob(machine, ...look(6, 5, 2), ...look(1, 7, 1), ...look(1, 7, 30));
    expect(said.match(/\[\d*\]/g)).toEqual(['[]', '[]', '[7]']);
    const log = (await readFile(machine.file('C:\\log.txt'), 'utf8')).trim().split(/\s+/);
    expect(log).toEqual(['begin', 'end', 'begin', 'end']);
  });
});
