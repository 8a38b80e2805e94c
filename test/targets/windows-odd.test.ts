import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../lab/until';
import { readSettings, troubleInstallers } from '../../demo/windows/installer';
import {
  STATE,
  atConsole,
  begins,
  historyOf,
  jobsOf,
  running,
  setClock,
  useWindowsLab,
} from './windows-fleet';

const { lab, operators } = useWindowsLab();

const rules = (plan: {
  servers: { reasons: { rule: string; severity: string }[] }[];
}): Record<string, string> =>
  Object.fromEntries(plan.servers[0]?.reasons.map(({ rule, severity }) => [rule, severity]) ?? []);

describe('a Windows server', () => {
  it('whose login shell is bash is updated like any other', async () => {
    const machine = await running(lab(), 'o1', '4.3.1', { shell: 'bash' });
    const desk = await operators.at({ lab: lab(), systems: { harbour: { o1: machine } } });
    await desk.updater.library.add(await lab().installer({ version: '4.3.5' }));
    expect(await desk.state('o1')).toMatchObject({ version: '4.3.1' });
    expect(await desk.act('install', ['o1'])).toMatchObject({ outcome: 'done', failures: [] });
    expect(await desk.state('o1')).toMatchObject({
      status: 'installed',
      version: '4.3.5',
      rollback: ['4.3.1'],
    });
  });

  it('without wmic, without PowerShell, without an entry in the list of programs says all the same, each by its second way', async () => {
    const machine = await running(lab(), 'o2', '4.3.1');
    const desk = await operators.at({ lab: lab(), systems: { harbour: { o2: machine } } });
    await desk.updater.library.add(await lab().installer({ version: '4.3.5' }));
    const whole = await desk.state('o2');
    await machine.removeProgram('wmic');
    expect((await desk.state('o2')).facts?.bootId).toBe(whole.facts?.bootId);
    const key = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\Eocortex';
    expect((await atConsole(lab(), machine, `reg delete ${key} /f`)).code).toBe(0);
    expect(await desk.state('o2')).toMatchObject({ version: '4.3.1' });

    // Neither: no boot time, and the job's own mark proves the restart.
    await atConsole(lab(), machine, `reg add ${key} /v DisplayName /d Eocortex /f`);
    await atConsole(lab(), machine, `reg add ${key} /v DisplayVersion /d 4.3.1 /f`);
    await machine.removeProgram('powershell');
    const bare = await desk.state('o2');
    expect(bare).toMatchObject({ version: '4.3.1', facts: { bootId: null } });
    await troubleInstallers(machine.driveC, { mode: 'pending' });
    expect(await desk.act('install', ['o2'])).toMatchObject({ outcome: 'done', failures: [] });
    expect(machine.boots).toBe(2);
    expect(await desk.state('o2')).toMatchObject({
      status: 'installed',
      version: '4.3.5',
      rollback: ['4.3.1'],
    });
  });

  it('whose clock is wrong, and is set just when it is to restart, is seen to have restarted once it has', async () => {
    const machine = await running(lab(), 'o6', '4.3.1');
    await setClock(lab(), machine, -400 * 86_400);
    const desk = await operators.at({
      lab: lab(),
      systems: { harbour: { o6: machine } },
      more: { restartDelaySeconds: 15 },
    });
    await desk.updater.library.add(await lab().installer({ version: '4.3.5' }));
    const bootTime = async () => (await desk.state('o6')).facts?.bootId;
    const before = await bootTime();
    await setClock(lab(), machine, -399 * 86_400);
    // By its boot time alone it would have restarted.
    expect(await bootTime()).not.toBe(before);
    await troubleInstallers(machine.driveC, { mode: 'pending' });
    const updated = desk.act('install', ['o6']);
    await until('it is to restart', begins(machine, 'restart'), 120_000);
    await setClock(lab(), machine, 0);
    expect(machine.state).toBe('up');
    expect(machine.boots).toBe(1);
    expect(await updated).toMatchObject({ outcome: 'done', failures: [] });
    expect(machine.boots).toBe(2);
    expect(await desk.state('o6')).toMatchObject({ status: 'installed', version: '4.3.5' });
    expect(await jobsOf(machine)).toHaveLength(1);
  });

  // A ! in a path, and a % in that of the state folder, cannot be shown here: wine reads the value of a variable once more,
  // which Windows does not.
  it('whose folders and installer have names with everything that a path may hold, and whose console speaks code page 866', async () => {
    const machine = await running(lab(), 'o3', '4.3.1');
    machine.trouble.codePage = 866;
    const stateDir = "C:\\ProgramData\\VMS (флот) & co's ^x";
    const deep = `C:\\ProgramData\\Настройки сервера & co's 50% ^y\\${'д'.repeat(90)}\\${'e'.repeat(60)}`;
    const settings = join(machine.file(deep), 'каналы (1).ini');
    await mkdir(machine.file(deep), { recursive: true });
    await writeFile(settings, 'before');
    await writeFile(join(machine.file(deep), 'empty.ini'), '');
    const desk = await operators.at({
      lab: lab(),
      systems: { harbour: { o3: machine } },
      more: { stateDir, settingsPaths: ['C:\\ProgramData\\Eocortex', deep] },
    });
    for (const version of ['4.3.1', '4.3.5']) {
      const file = join(desk.dataDir, `Сервер Eocortex ${version} (полный) & co.exe`);
      await copyFile(await lab().installer({ version }), file);
      await desk.updater.library.add(file);
    }
    expect(await desk.act('install', ['o3'])).toMatchObject({ outcome: 'done', failures: [] });
    const state = await desk.state('o3');
    expect(state).toMatchObject({ status: 'installed', version: '4.3.5', rollback: ['4.3.1'] });
    expect(state.loaded[0]?.file).toContain('Сервер Eocortex 4.3.5 (полный) & co.exe');
    expect(await historyOf(machine, stateDir)).toEqual(['4.3.1', '4.3.5']);
    const [backup = ''] = await readdir(machine.file(`${stateDir}\\backups`));
    const sums = await readFile(machine.file(`${stateDir}\\backups\\${backup}\\settings-1.sums`), 'utf8');
    expect(sums).toContain('каналы (1).ini');
    expect(sums).toContain('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');

    await writeFile(settings, 'after');
    await writeFile(join(machine.file(deep), 'new.ini'), 'new');
    expect(await desk.act('rollback', ['o3'])).toMatchObject({ outcome: 'done', failures: [] });
    expect(await desk.state('o3')).toMatchObject({ version: '4.3.1', rollback: [] });
    expect(await readFile(settings, 'utf8')).toBe('before');
    expect((await readdir(machine.file(deep))).sort()).toEqual(['empty.ini', 'каналы (1).ini']);
    expect(await readSettings(machine.driveC)).toMatchObject({ 'saved-by': '4.3.1' });
  });

  it('that a rule keeps out says which: .NET of old, an account that was never there', async () => {
    const account = (name: string, profile: boolean, end: number) => ({
      name,
      profile,
      sid: `S-1-5-21-1-2-3-${end}`,
    });
    const machine = await running(lab(), 'o4', '3.6.60', {
      identity: {
        hotfixes: [],
        dotnetRelease: 461_814,
        accounts: [account('CORP\\vms', false, 1104), account('CORP\\seen', true, 1105)],
      },
    });
    const desk = await operators.at({ lab: lab(), systems: { harbour: { o4: machine } } });
    await desk.updater.library.add(await lab().installer({ version: '4.3.5' }));
    expect(rules(await desk.plan('install', ['o4']))).toEqual({ 'eocortex.kb4486129': 'block' });
    await expect(desk.state('o4')).resolves.toMatchObject({
      facts: { hotfixes: [], dotnetRelease: 461_814 },
    });

    const framework = 'HKLM\\SOFTWARE\\Microsoft\\NET Framework Setup\\NDP\\v4\\Full';
    await atConsole(lab(), machine, `reg add "${framework}" /v Release /t REG_DWORD /d 528040 /f`);
    expect(rules(await desk.plan('install', ['o4']))).toEqual({});

    const service = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\EocortexServer';
    const runAs = (name: string) =>
      atConsole(lab(), machine, `reg add ${service} /v ObjectName /d ${name} /f`);
    await runAs('CORP\\vms');
    const barred = await desk.plan('install', ['o4']);
    expect(rules(barred)).toEqual({ 'eocortex.service-account': 'block' });
    expect(barred.servers[0]?.reasons[0]?.message).toContain('CORP\\vms has no profile there');
    await runAs('CORP\\seen');
    expect(rules(await desk.plan('install', ['o4']))).toEqual({});
    await runAs('.\\local');
    expect(rules(await desk.plan('install', ['o4']))).toEqual({});
  });

  it('on which we have no rights, or no scheduler, says so by name, and nothing is changed', async () => {
    const machine = await running(lab(), 'o5', '4.3.1');
    const desk = await operators.at({ lab: lab(), systems: { harbour: { o5: machine } } });
    await desk.updater.library.add(await lab().installer({ version: '4.3.5' }));
    await desk.act('download', ['o5']);
    machine.trouble.plainUser = true;
    expect((await desk.state('o5')).facts?.user?.root).toBe(false);
    const barred = await desk.plan('install', ['o5']);
    expect(barred.servers[0]?.verdict).toBe('blocked');
    const right = barred.servers[0]?.reasons.find(({ rule }) => rule === 'server.privileges');
    expect(right?.message).toContain('may not');
    // The right goes between the plan and the work.
    machine.trouble.plainUser = false;
    const planned = await desk.plan('install', ['o5']);
    machine.trouble.plainUser = true;
    const refused = (await desk.updater.run(planned, { confirmed: true })).failures[0]?.error;
    expect(['server.privileges', 'plan.blocked']).toContain(refused?.code);
    expect(refused?.message).toContain('may not');
    machine.trouble.plainUser = false;
    await machine.removeProgram('schtasks');
    const left = await desk.act('install', ['o5']);
    const none = left.failures[0]?.error;
    expect(none).toMatchObject({ code: 'remote.failed', step: 'start' });
    expect(none?.hint).toContain('Task Scheduler');
    await machine.removeProgram('schtasks', false);
    const state = await desk.state('o5');
    expect(state).toMatchObject({ version: '4.3.1', rollback: [] });
    expect(state.facts?.service?.state).toBe('running');
    expect(existsSync(machine.file(`${STATE}\\lock`))).toBe(false);

    // What others left behind: a lock of a job that is gone, a job half laid, a runner that went down with its machine.
    await writeFile(machine.file(`${STATE}\\lock`), 'job:gone-1\r\n');
    await mkdir(machine.file(`${STATE}\\jobs\\00000000T000000-half-1\\words`), { recursive: true });
    await writeFile(machine.file(`${STATE}\\jobs\\00000000T000000-half-1\\running`), '');
    const temporary = machine.file('C:\\users\\Administrator\\AppData\\Local\\Temp');
    for (const name of await readdir(temporary))
      if (name.startsWith('vms-fleet-')) await rm(join(temporary, name), { recursive: true });
    // The job lies there and has not begun: it is gone on with.
    expect(await desk.state('o5')).toMatchObject({ status: 'stalled' });
    expect(await desk.updater.resume(left.id)).toMatchObject({ outcome: 'done', failures: [] });
    expect(await desk.state('o5')).toMatchObject({
      status: 'installed',
      version: '4.3.5',
      rollback: ['4.3.1'],
    });
    expect(existsSync(machine.file(`${STATE}\\lock`))).toBe(false);
  });
});
