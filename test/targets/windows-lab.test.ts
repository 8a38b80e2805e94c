import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { NodeSSH } from 'node-ssh';
import type { SFTPWrapper } from 'ssh2';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readSettings, seedSettings, troubleInstallers } from '../../demo/windows/installer';
import { freePort } from '../lab/sshd';
import { until as seen } from '../lab/until';
import { createWindowsLab, type WindowsLab, type WindowsMachine } from '../lab/windows';

/** Proves the Windows-like machines that other tests stand on: what they claim to do they must really do. */

let lab: WindowsLab;
let machine: WindowsMachine;
const open: NodeSSH[] = [];

beforeAll(async () => {
  lab = await createWindowsLab();
  machine = await lab.machine('srv-01');
});
afterEach(async () => {
  for (const ssh of open.splice(0)) ssh.dispose();
  Object.assign(machine.trouble, { restart: 'works', plainUser: false, codePage: 437 });
  await troubleInstallers(machine.driveC, undefined);
});
afterAll(() => lab.dispose());

async function connect(to = machine): Promise<NodeSSH> {
  const ssh = new NodeSSH();
  await ssh.connect({
    host: '127.0.0.1',
    port: to.port,
    username: to.user,
    privateKey: await readFile(lab.identityFile, 'utf8'),
  });
  ssh.connection?.on('error', () => undefined); // machines go down in these tests
  open.push(ssh);
  return ssh;
}

interface Result {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function run(command: string, to = machine): Promise<Result> {
  const ssh = await connect(to);
  const { code, stdout, stderr } = await ssh.execCommand(command);
  ssh.dispose();
  return { code, stdout, stderr };
}

const until = (what: string, holds: () => boolean | Promise<boolean>) => seen(what, holds, 60_000);

const isThere = (path: string) => existsSync(machine.file(path));
const bootTime = async (to = machine) =>
  (await run('powershell -NoProfile -Command LastBootUpTime', to)).stdout.trim();
const isBack = (boots: number) => machine.boots === boots && machine.state === 'up';

describe('sessions', () => {
  test('a command line runs in cmd: quotes, input, both outputs, the whole exit code', async () => {
    const line = 'echo "a b" %COMPUTERNAME%& echo oh>&2& exit 3010';
    expect(await run(line)).toEqual({ code: 3010, stdout: '"a b" SRV-01', stderr: 'oh' });
    expect(await run('cmd /c exit 0x80070002 & exit /b 5')).toMatchObject({ code: 5 });
    const ssh = await connect();
    const { stdout } = await ssh.execCommand('find "cd"', { stdin: 'abc\r\nbcd\r\n' });
    expect(stdout).toBe('bcd');
  });

  test('it greets as OpenSSH for Windows and takes only the key that it knows', async () => {
    const ssh = await connect();
    const ident = (ssh.connection as unknown as { _remoteVer?: string } | null)?._remoteVer;
    expect(ident).toBe('OpenSSH_for_Windows_9.5');
    const stranger = new NodeSSH();
    const login = { host: '127.0.0.1', port: machine.port, username: machine.user, password: 'guess' };
    await expect(stranger.connect(login)).rejects.toThrow(/authentication/i);
  });

  test('the output is in the code page of the console', async () => {
    machine.trouble.codePage = 866;
    const bytes = await rawOutput('echo Привет', machine);
    expect(bytes.subarray(0, 6)).toEqual(Buffer.from([0x8f, 0xe0, 0xa8, 0xa2, 0xa5, 0xe2]));
    expect((await run('chcp 65001 >nul & echo Привет')).stdout).toBe('Привет');
    machine.trouble.codePage = 437;
    expect((await run('echo Привет')).stdout).toBe('??????');
  });

  test('what a session started dies with its connection', async () => {
    const ssh = await connect();
    const ticking = 'for /l %i in (1,1,1000) do @(echo x>>C:\\ticks.txt & ping -n 2 127.0.0.1 >nul)';
    void ssh.execCommand(ticking).catch(() => undefined);
    await until('it ticks', () => isThere('C:\\ticks.txt'));
    ssh.dispose();
    const alive = () => machine.processes().filter((pid) => commandOf(pid).includes('ping')).length;
    await until('its processes are gone', () => alive() === 0);
    const size = readFileSync(machine.file('C:\\ticks.txt')).length;
    await delay(2500);
    expect(readFileSync(machine.file('C:\\ticks.txt')).length).toBe(size);
  });

  test('several at once on one connection', async () => {
    const ssh = await connect();
    const results = await Promise.all([1, 2, 3, 4].map((n) => ssh.execCommand(`echo ${n}& exit ${n}000`)));
    expect(results.map(({ code, stdout }) => [code, stdout])).toEqual(
      [1, 2, 3, 4].map((n) => [n * 1000, String(n)]),
    );
  });

  test('a line that cmd.exe would not take is refused', async () => {
    const { code, stderr } = await run(`echo ${'x'.repeat(8200)}`);
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'The command line is too long.' });
  });

  test('bash as default shell: words of POSIX paths are converted, exit codes have 8 bits', async () => {
    const other = await lab.machine('srv-bash', { shell: 'bash' });
    expect(await run('echo $((6*7)); cmd //c "echo %COMPUTERNAME%"; cmd //c exit 3010', other)).toMatchObject(
      {
        code: 3010 % 256,
        stdout: '42\nSRV-BASH',
      },
    );
    expect((await run('cmd /c echo no', other)).stdout).not.toBe('no');
    await other.stop();
    expect(other.processes()).toEqual([]);
  });
});

describe('SFTP', () => {
  let sftp: SFTPWrapper;
  const call = <T>(work: (done: (error?: Error | null, value?: T) => void) => void) =>
    new Promise<T>((resolve, reject) =>
      work((error, value) => (error instanceof Error ? reject(error) : resolve(value as T))),
    );

  test('a file is written from an offset, whatever the case of its path; cmd reads it', async () => {
    sftp = await (await connect()).requestSFTP();
    const bytes = randomBytes(100_000);
    await call((done) => sftp.mkdir('/C:/Folder Ж', done));
    await call((done) => sftp.writeFile('/C:/Folder Ж/part.bin', bytes.subarray(0, 40_000), done));
    const handle = await call<Buffer>((done) => sftp.open('/c:/FOLDER ж/PART.bin', 'r+', done));
    await call((done) => sftp.write(handle, bytes, 40_000, 60_000, 40_000, done));
    await call((done) => sftp.close(handle, done));
    const stats = await call<{ size: number }>((done) => sftp.stat('C:\\Folder Ж\\part.bin', done));
    expect(stats.size).toBe(100_000);
    const { stdout } = await run('chcp 65001 >nul & certutil -hashfile "C:\\Folder Ж\\part.bin" SHA256');
    expect(stdout.split('\r\n')).toEqual([
      'SHA256 hash of C:\\Folder Ж\\part.bin:',
      createHash('sha256').update(bytes).digest('hex'),
      'CertUtil: -hashfile command completed successfully.',
    ]);
  });

  test('names and errors', async () => {
    sftp = await (await connect()).requestSFTP();
    await call((done) => sftp.writeFile('/C:/one.txt', 'one', done));
    await call((done) => sftp.writeFile('/C:/two.txt', 'two', done));
    await expect(call((done) => sftp.rename('/C:/one.txt', '/C:/TWO.txt', done))).rejects.toMatchObject({
      code: 4,
    });
    await call((done) => sftp.rename('/C:/one.txt', '/C:/three.txt', done));
    const names = await call<{ filename: string }[]>((done) => sftp.readdir('/C:/', done));
    expect(names.map(({ filename }) => filename)).toEqual(
      expect.arrayContaining(['three.txt', 'two.txt', 'windows']),
    );
    await expect(call((done) => sftp.stat('/C:/one.txt', done))).rejects.toMatchObject({ code: 2 });
    await expect(call((done) => sftp.stat('/E:/x', done))).rejects.toMatchObject({ code: 2 });
    await expect(call((done) => sftp.stat('/C:/../../etc/passwd', done))).rejects.toMatchObject({ code: 2 });
    expect(await call((done) => sftp.realpath('.', done))).toBe('/C:/users/Administrator');
    expect(await call((done) => sftp.realpath('C:\\windows\\..\\x', done))).toBe('/C:/x');
  });
});

describe('stand-ins', () => {
  test('certutil fails as the real one', async () => {
    const { code, stdout } = await run('certutil -hashfile C:\\nothing SHA256');
    expect(code).toBe(0x80070002);
    expect(stdout).toContain('The system cannot find the file specified.');
  });

  test('the registry, wmic and powershell say what the machine is', async () => {
    const other = await lab.machine('srv-2012', {
      identity: {
        productName: 'Windows Server 2012 R2 Standard',
        build: 9600,
        hotfixes: ['KB1', 'KB2'],
        dotnetRelease: undefined,
        accounts: [{ name: 'CORP\\vms', sid: 'S-1-5-21-1-2-3-1104', profile: true }],
      },
    });
    const key = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion';
    expect((await run(`reg query "${key}" /v ProductName`, other)).stdout).toContain('2012 R2 Standard');
    expect(
      (await run('reg query "HKLM\\SOFTWARE\\Microsoft\\NET Framework Setup\\NDP\\v4\\Full"', other)).code,
    ).toBe(1);
    const wmic = async (words: string) => utf16(await rawOutput(`wmic ${words}`, other));
    expect(await wmic('qfe get HotFixID')).toMatch(/^HotFixID\s+KB1\s+KB2\s+$/);
    expect(await wmic('os get BuildNumber,Caption /value')).toContain('BuildNumber=9600');
    const sid = 'set VF_ACCOUNT=corp\\vms& powershell -Command SecurityIdentifier';
    expect(await run(sid, other)).toMatchObject({ code: 0, stdout: 'S-1-5-21-1-2-3-1104' });
    expect((await run(`reg query "${key}\\ProfileList\\S-1-5-21-1-2-3-1104"`, other)).stdout).toContain(
      'C:\\Users\\vms',
    );
    expect(
      await run('set VF_ACCOUNT=corp\\who& powershell -Command SecurityIdentifier', other),
    ).toMatchObject({ code: 1 });
    expect(await run('powershell -Command "Get-Process"', other)).toMatchObject({ code: 1, stdout: '' });
    const seconds = Number(await bootTime(other));
    expect(await wmic('os get LastBootUpTime')).toContain(
      new Date(seconds * 1000).toISOString().replace(/\D/g, '').slice(0, 14),
    );
    await other.removeProgram('wmic');
    expect((await run('wmic os get Caption', other)).code).not.toBe(0);
    await other.removeProgram('wmic', false);
    expect((await run('wmic os get Caption', other)).code).toBe(0);
    await other.stop();
  });

  test('a task outlives its session, is not started twice, and can be ended', async () => {
    const script = '@echo x>>C:\\job.txt\r\n@ping -n 60 127.0.0.1 >nul\r\n';
    await writeFile(machine.file('C:\\job.bat'), script);
    const task = 'schtasks /create /tn Job /tr C:\\job.bat /sc once /st 00:00 /ru SYSTEM /f';
    expect(await run(task)).toMatchObject({ code: 0 });
    expect(await run('schtasks /run /tn job')).toMatchObject({ code: 0 });
    await until('it runs', () => isThere('C:\\job.txt'));
    expect((await run('schtasks /query /tn Job /fo LIST')).stdout).toMatch(/^Status: +Running$/m);
    expect((await run('schtasks /run /tn Job')).stdout).toContain('currently running');
    expect(readFileSync(machine.file('C:\\job.txt'), 'utf8').trim()).toBe('x');
    expect(await run('schtasks /end /tn Job')).toMatchObject({ code: 0 });
    await until('it is ready', async () =>
      /"Ready"\s*$/.test((await run('schtasks /query /tn Job /fo CSV /nh')).stdout),
    );
    expect(await run('schtasks /delete /tn Job /f')).toMatchObject({ code: 0 });
    const missing = 'ERROR: The system cannot find the file specified.';
    for (const verb of ['query', 'run', 'end', 'delete /f'])
      expect(await run(`schtasks /${verb} /tn Job`)).toMatchObject({ code: 1, stderr: missing });
  });

  test('a task from XML: references, a folder of its own, UTF-16 or plain', async () => {
    const xml = (encoding: string) =>
      [
        `<?xml version="1.0"${encoding}?>`,
        '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">',
        '<Triggers><BootTrigger><Enabled>true</Enabled></BootTrigger></Triggers>',
        '<Settings><MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy></Settings>',
        '<Actions><Exec><Command>C:\\&#x41F; b\\go &amp; on.bat</Command><Arguments>"one two"</Arguments>',
        '<WorkingDirectory>C:\\&#x41F; b</WorkingDirectory></Exec></Actions></Task>',
      ].join('\r\n');
    await run('chcp 65001 >nul & md "C:\\П b"');
    await writeFile(machine.file('C:\\П b\\go & on.bat'), '@echo [%~1]>said.txt\r\n@whoami>>said.txt\r\n');
    await writeFile(machine.file('C:\\task.xml'), xml(' encoding="UTF-8"'));
    const create = 'schtasks /create /tn \\VMS\\Boot /xml C:\\task.xml /ru SYSTEM /f';
    expect(await run(create)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('encoding') as string,
    });
    await writeFile(machine.file('C:\\task.xml'), xml(''));
    expect(await run(create)).toMatchObject({ code: 0 });
    await writeFile(
      machine.file('C:\\task.xml'),
      Buffer.from(`\ufeff${xml(' encoding="UTF-16"')}`, 'utf16le'),
    );
    expect(await run(create)).toMatchObject({ code: 0 });
    const boots = machine.boots;
    await machine.powerCycle();
    await until('the task said something', () => isThere('C:\\П b\\said.txt'));
    expect(machine.boots).toBe(boots + 1);
    await until('it said all', () =>
      readFileSync(machine.file('C:\\П b\\said.txt'), 'utf8').includes('system'),
    );
    expect(readFileSync(machine.file('C:\\П b\\said.txt'), 'utf8')).toBe(
      '[one two]\r\nnt authority\\system\r\n',
    );
    await run('schtasks /delete /tn \\VMS\\Boot /f');
  });

  test('shutdown keeps its delay, can be taken back, and restarts the machine', async () => {
    expect(await run('shutdown /a')).toMatchObject({ code: 1116 });
    expect(await run('shutdown /r /t 15 /c "not yet" /d p:4:2')).toMatchObject({ code: 0 });
    expect(await run('shutdown /r /t 0')).toMatchObject({ code: 1190 });
    expect(await run('shutdown /a')).toMatchObject({ code: 0 });
    const [boots, before] = [machine.boots, await bootTime()];
    expect(await run('shutdown /r /t 4 /c "an update" /d p:4:2')).toMatchObject({ code: 0 });
    expect(machine.log.at(-1)).toBe('restart in 4 s, reason p:4:2: an update');
    expect(machine.state).toBe('up');
    await until('it is back', () => isBack(boots + 1));
    const after = await bootTime();
    expect(Number(after)).toBeGreaterThan(Number(before));
    expect((await run('shutdown /r /t x')).code).toBe(1);
  });
});

describe('trouble', () => {
  test('a restart that is refused, and an account without rights', async () => {
    const boots = machine.boots;
    machine.trouble.restart = 'refused';
    expect(await run('shutdown /r /t 0')).toMatchObject({ code: 5, stderr: 'Access is denied.(5)' });
    machine.trouble.restart = 'works';
    expect((await run('whoami /groups')).stdout).toContain('S-1-16-12288');
    machine.trouble.plainUser = true;
    const { stdout } = await run('whoami /groups');
    expect(stdout).toContain('S-1-16-8192');
    expect(stdout).not.toContain('S-1-5-32-544');
    expect(await run('shutdown /r /t 0')).toMatchObject({ code: 5 });
    expect(await run('sc stop RpcSs')).toMatchObject({ code: 5 });
    expect(await run('net stop RpcSs')).toMatchObject({ code: 2 });
    expect(await run('sc query RpcSs')).toMatchObject({ code: 0 });
    expect(await run('schtasks /create /tn X /tr cmd /sc onstart /f')).toMatchObject({
      code: 1,
      stderr: 'ERROR: Access is denied.',
    });
    expect(machine.boots).toBe(boots);
  });

  test('another host key, and a machine that does not return', async () => {
    const other = await lab.machine('srv-odd');
    const key = other.hostKey();
    await other.reboot();
    expect(other.hostKey()).toBe(key);
    other.trouble.restart = 'other-key';
    await other.reboot();
    expect(other.hostKey()).not.toBe(key);
    other.trouble.restart = 'stays-away';
    await run('shutdown /r /t 0', other);
    await until('it is off', () => other.state === 'off');
    expect(other.processes()).toEqual([]);
    await expect(connect(other)).rejects.toThrow('ECONNREFUSED');
  });

  test('a link that is cut and a machine that hangs', async () => {
    const ssh = await connect();
    machine.cut();
    await until('the connection is gone', () => !ssh.isConnected());
    await expect(connect()).rejects.toThrow('ECONNREFUSED');
    await machine.mend();
    expect((await run('echo back')).stdout).toBe('back');
    machine.freeze();
    const hanging = new NodeSSH();
    const login = {
      host: '127.0.0.1',
      port: machine.port,
      username: machine.user,
      password: 'x',
      readyTimeout: 800,
    };
    await expect(hanging.connect(login)).rejects.toThrow(/timed out/i);
    machine.thaw();
    expect((await run('echo thawed')).stdout).toBe('thawed');
  });

  test('a small disk fills up', async () => {
    const other = await lab.machine('srv-small', { smallDisk: { drive: 'C', bytes: 20_000_000 } });
    const free = utf16(await rawOutput(`wmic logicaldisk where "DeviceID='C:'" get FreeSpace /value`, other));
    expect(Number(/FreeSpace=(\d+)/.exec(free)?.[1])).toBeLessThan(20_000_000);
    const sftp = await (await connect(other)).requestSFTP();
    const write = (bytes: number) =>
      new Promise<unknown>((resolve) => sftp.writeFile('/C:/big.bin', Buffer.alloc(bytes), resolve));
    expect(await write(30_000_000)).toMatchObject({ code: 4 });
    await other.resizeDisk(60_000_000);
    expect(await write(30_000_000)).toBeFalsy();
    await other.reboot();
    expect(readFileSync(other.file('C:\\big.bin')).length).toBe(30_000_000);
    await other.stop();
  });
});

describe('the stand-in VMS', () => {
  let port: number;
  const version = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/configex?login=a`).catch(() => undefined);
    return ((await response?.json()) as { ServerVersion?: string } | undefined)?.ServerVersion;
  };
  const service = async () => /STATE +: \d+ +(\w+)/.exec((await run('sc query EocortexServer')).stdout)?.[1];
  const install = async (version: string) => {
    await writeFile(machine.file('C:\\setup.exe'), await readFile(await lab.installer({ version })));
    return (await run('C:\\setup.exe /S')).code;
  };

  beforeAll(async () => {
    port = await freePort();
    await seedSettings(machine.driveC, { port, channels: 2 });
  });

  test('it is installed as a service that answers, and comes back by itself after a restart', async () => {
    expect(await install('4.2.1')).toBe(0);
    await until('it answers', async () => (await version()) === '4.2.1');
    const { stdout } = await run(
      'reg query HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\Eocortex',
    );
    expect(stdout).toMatch(/DisplayVersion +REG_SZ +4\.2\.1/);
    const product =
      'set VF_FILE=C:\\Program Files\\Eocortex\\EocortexServer.exe& powershell -Command VersionInfo';
    expect((await run(product)).stdout).toBe('4.2.1');
    await machine.powerCycle();
    await until('it answers again', async () => (await version()) === '4.2.1');
  });

  test('nobody reads its settings while it runs', async () => {
    expect((await run('type C:\\ProgramData\\Eocortex\\settings.ini')).code).not.toBe(0);
    const sftp = await (await connect()).requestSFTP();
    const read = () =>
      new Promise<unknown>((resolve) => sftp.readFile('/C:/ProgramData/Eocortex/settings.ini', resolve));
    expect(await read()).toMatchObject({ code: 4 });
    expect(await run('net stop EocortexServer')).toMatchObject({ code: 0 });
    expect(await read()).toBeFalsy();
    expect(await readSettings(machine.driveC)).toMatchObject({
      format: '40',
      'saved-by': '4.2.1',
      channels: '2',
    });
    expect(await run('net start EocortexServer')).toMatchObject({ code: 0 });
  });

  test('it is updated, and the older version refuses the newer settings until they are put back', async () => {
    await run('net stop EocortexServer');
    const before = await readFile(machine.file('C:\\ProgramData\\Eocortex\\settings.ini'));
    expect(await install('4.3.1')).toBe(0);
    await until('it answers', async () => (await version()) === '4.3.1');
    expect(await install('4.2.1')).toBe(0);
    await until('it failed', () =>
      readFileSync(machine.file('C:\\standin\\log.txt'), 'utf8').includes('4.2.1 cannot start: error 1610'),
    );
    expect(await service()).toBe('STOPPED');
    expect(await readSettings(machine.driveC)).toMatchObject({ format: '43', 'saved-by': '4.3.1' });
    await writeFile(machine.file('C:\\ProgramData\\Eocortex\\settings.ini'), before);
    await run('net start EocortexServer');
    await until('it answers', async () => (await version()) === '4.2.1');
  });

  test('installers with something wrong', async () => {
    await troubleInstallers(machine.driveC, { mode: 'fail', exit: 1603 });
    expect(await install('4.3.1')).toBe(1603);
    await troubleInstallers(machine.driveC, { mode: 'nothing' });
    expect(await install('4.3.1')).toBe(0);
    expect(await version()).toBe('4.2.1');
    await troubleInstallers(machine.driveC, { mode: 'stopped', version: '4.3.1' });
    expect(await install('4.3.1')).toBe(0);
    expect(await service()).toBe('STOPPED');
    await troubleInstallers(machine.driveC, { mode: 'broken' });
    expect(await install('4.3.5')).toBe(0);
    await until('it is stopped', async () => (await service()) === 'STOPPED');
    await troubleInstallers(machine.driveC, { mode: 'restart-needed', version: '4.3.5' });
    expect(await install('4.3.5')).toBe(3010);
    await until('it answers', async () => (await version()) === '4.3.5');
  });

  test('installers that restart, or want a restart', async () => {
    await troubleInstallers(machine.driveC, { mode: 'pending' });
    expect(await install('4.4.2')).toBe(3010);
    await until('the old one answers', async () => (await version()) === '4.3.5');
    await machine.reboot();
    await until('the new one answers', async () => (await version()) === '4.4.2');
    let boots = machine.boots;
    await troubleInstallers(machine.driveC, { mode: 'restart' });
    expect(await install('4.4.3')).toBe(1641);
    await until('it is back', () => isBack(boots + 1));
    await until('it answers', async () => (await version()) === '4.4.3');
    boots = machine.boots;
    await troubleInstallers(machine.driveC, { mode: 'restart-midway' });
    await install('4.4.4').catch(() => undefined); // the connection goes with the machine
    await until('it is back', () => isBack(boots + 1));
    expect(isThere('C:\\Program Files\\Eocortex\\EocortexServer.exe')).toBe(false);
    await troubleInstallers(machine.driveC, undefined);
    expect(await install('4.4.4')).toBe(0);
    await until('it answers', async () => (await version()) === '4.4.4');
  });

  test('one that never ends is ended with its task', async () => {
    await troubleInstallers(machine.driveC, { mode: 'hang' });
    await run('schtasks /create /tn Setup /tr "C:\\setup.exe /S" /sc once /st 00:00 /ru SYSTEM /f');
    await run('schtasks /run /tn Setup');
    const setups = () => machine.processes().filter((pid) => commandOf(pid).includes('setup.exe')).length;
    await until('it runs', () => setups() > 0);
    await run('schtasks /end /tn Setup');
    await until('it is gone', () => setups() === 0);
    expect(await version()).toBe('4.4.4');
  });

  /** Wine has no 32-bit part here, and says that all went well; a real server would run it. */
  test('one of 32 bits changes nothing', async () => {
    const file = await lab.installer({ version: '4.4.2', bits: 32 });
    await writeFile(machine.file('C:\\setup32.exe'), await readFile(file));
    await run('C:\\setup32.exe /S');
    expect(await version()).toBe('4.4.4');
  });

  test('an .msi', async () => {
    const other = await lab.machine('srv-msi');
    const own = await freePort();
    await seedSettings(other.driveC, { port: own });
    await writeFile(
      other.file('C:\\setup.msi'),
      await readFile(await lab.installer({ version: '4.3.1', format: 'msi' })),
    );
    expect((await run('msiexec /i C:\\setup.msi /qn', other)).code).toBe(0);
    await until('it answers', async () => {
      const response = await fetch(`http://127.0.0.1:${own}/configex`).catch(() => undefined);
      return (await response?.text())?.includes('4.3.1') === true;
    });
    await other.stop();
  });
});

test('nothing of a machine is left when it was stopped', async () => {
  const other = await lab.machine('srv-end');
  expect(other.processes().length).toBeGreaterThan(3);
  await other.stop();
  expect(other.processes()).toEqual([]);
  await other.start();
  other.kill();
  expect(other.processes()).toEqual([]);
});

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

/** Bytes, for programs that write UTF-16. */
async function rawOutput(command: string, to: WindowsMachine): Promise<Buffer> {
  const ssh = await connect(to);
  const bytes: Buffer[] = [];
  await ssh.exec(command, [], { onStdout: (chunk) => bytes.push(chunk) });
  return Buffer.concat(bytes);
}

function utf16(bytes: Buffer): string {
  return bytes.toString('utf16le').replace(/^\ufeff/, '');
}
