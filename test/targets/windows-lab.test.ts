import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { NodeSSH } from 'node-ssh';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWindowsLab, type WindowsLab, type WindowsMachine } from '../lab/windows';

let lab: WindowsLab;
let machine: WindowsMachine;

beforeAll(async () => {
  lab = await createWindowsLab();
  console.time('machine');
  machine = await lab.machine('srv-01');
  console.timeEnd('machine');
});
afterAll(() => lab.dispose());

async function connect(): Promise<NodeSSH> {
  const ssh = new NodeSSH();
  await ssh.connect({
    host: '127.0.0.1',
    port: machine.port,
    username: machine.user,
    privateKey: await readFile(lab.identityFile, 'utf8'),
  });
  return ssh;
}

async function run(command: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const ssh = await connect();
  const result = await ssh.execCommand(command);
  ssh.dispose();
  return result;
}

test('a command line runs in cmd and its exit code arrives whole', async () => {
  console.time('x');
  expect(await run('echo %COMPUTERNAME% & hostname & exit 3010')).toMatchObject({
    code: 3010,
    stdout: 'SRV-01 \r\nSRV-01',
  });
  console.timeEnd('x');
  for (const c of [
    'ver',
    'path',
    'whoami',
    'set',
    'wmic os get LastBootUpTime',
    'schtasks /query',
    'powershell',
    'reg query "HKLM\\Software\\Microsoft\\Windows NT\\CurrentVersion"',
    'dir C:\\',
    'dir D:\\',
    'dir Z:\\',
  ])
    console.log(c, await run(c));
});

test('certutil hashes', async () => {
  const bytes = randomBytes(3_000_000);
  await writeFile(machine.file('C:\\тест 1.bin'), bytes);
  const sha = createHash('sha256').update(bytes).digest('hex');
  const said = await run('chcp 65001 >nul & certutil -hashfile "C:\\тест 1.bin" SHA256');
  expect(said.stdout).toContain(sha);
  expect(await run('certutil -hashfile C:\\nothing SHA256')).toMatchObject({ code: 0x80070002 });
});

test('a task outlives its session, and one for the boot runs after a restart', async () => {
  expect(
    await run(
      'schtasks /create /tn Job /tr "cmd /c ping -n 3 127.0.0.1 >nul & echo done>C:\\job.txt" /sc once /st 00:00 /ru SYSTEM /rl HIGHEST /f',
    ),
  ).toMatchObject({ code: 0 });
  expect(await run('schtasks /run /tn Job')).toMatchObject({ code: 0 });
  console.log(await run('schtasks /query /tn Job /fo LIST /v'));
  while (!existsSync(machine.file('C:\\job.txt'))) await delay(50);
  console.log(await run('schtasks /query /tn Job'));
  expect(await run('schtasks /query /tn Nope')).toMatchObject({ code: 1 });
  await run('schtasks /create /tn Boot /tr "cmd /c echo up>C:\\boot.txt" /sc onstart /ru SYSTEM /f');
  const before = await run('wmic os get LastBootUpTime');
  expect(await run('shutdown /r /t 1 /c "an update" /d p:4:2')).toMatchObject({ code: 0 });
  console.time('reboot');
  while (machine.boots < 2 || machine.state !== 'up') await delay(20);
  console.timeEnd('reboot');
  const after = await run('wmic os get LastBootUpTime');
  console.log(before, after);
  expect(after.stdout).not.toBe(before.stdout);
  while (!existsSync(machine.file('C:\\boot.txt'))) await delay(50);
  console.log(machine.log, readFileSync(machine.file('C:\\boot.txt'), 'utf8'));
});
