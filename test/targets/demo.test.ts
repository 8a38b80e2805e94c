import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startDemo, type Demo } from '../../demo/fleet';
import { BASIC_MEDIA, CORE, makeHome } from '../../demo/modules';
import { processTable } from '../../demo/processes';
import type { DemoServer } from '../../demo/server';
import { texts } from '../../scripts/lib/text-files.mjs';
import { until } from '../lab/until';

interface Outcome {
  code: number | string | null | undefined;
  stdout: string;
  stderr: string;
}

let folder: string;
let demo: Demo;
let pier: DemoServer;
let hall: DemoServer;

// A blank and a percent sign in the path: people have them.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo 100% '));
  demo = await startDemo(join(folder, 'demo'), {
    servers: ['pier-1', 'hall-a'],
    downSeconds: 2,
    restartSeconds: 3,
  });
  pier = demo.server('pier-1');
  hall = demo.server('hall-a');
});

afterAll(async () => {
  await demo.stop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(() => running(pier));

/** OpenSSH's own client, with nothing but the demo's key and host keys. */
function ssh(server: DemoServer, words: string[]): Promise<Outcome> {
  const options = [
    ['BatchMode', 'yes'],
    ['IdentitiesOnly', 'yes'],
    ['StrictHostKeyChecking', 'yes'],
    ['GlobalKnownHostsFile', 'none'],
    ['UserKnownHostsFile', `"${demo.knownHosts.replaceAll('%', '%%')}"`],
    ['IdentityFile', `"${demo.identityFile.replaceAll('%', '%%')}"`],
    ['ConnectTimeout', '3'],
  ].flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const login = ['-F', 'none', '-p', `${server.port}`];
  const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return new Promise((resolve) => {
    const where = [...login, `${userInfo().username}@127.0.0.1`, line];
    execFile('ssh', ['-n', ...options, ...where], { timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    );
  });
}

const text = async (file: string) => (existsSync(file) ? (await readFile(file, 'utf8')).trim() : '');
const version = (server: DemoServer) => text(join(server.home, 'data/version'));
const bootId = async (server: DemoServer) => (await ssh(server, ['cat', server.bootIdFile])).stdout.trim();
const running = (server: DemoServer) =>
  until(`${server.id} running`, async () => server.state === 'up' && (await version(server)) !== '');

/** Seconds of the longest hole in the recording. */
async function gap(server: DemoServer): Promise<number> {
  const seconds = (await text(join(server.home, 'data/recording.log'))).split('\n').map(Number);
  return Math.max(...seconds.slice(1).map((second, index) => second - (seconds[index] ?? 0)));
}

async function stage(server: DemoServer, modules: Record<string, string>): Promise<void> {
  const other = join(folder, 'staged');
  await makeHome(other, { repository: demo.repository, modules });
  await rm(join(server.home, 'modules-upgrade'), { recursive: true, force: true });
  await rename(join(other, 'modules'), join(server.home, 'modules-upgrade'));
  await rm(other, { recursive: true, force: true });
}

describe('a demo server', () => {
  it('lets its key in without a question, over a host key known beforehand', async () => {
    expect(await ssh(pier, ['id', '-un'])).toEqual({
      code: 0,
      stdout: `${userInfo().username}\n`,
      stderr: '',
    });
    expect((await ssh(pier, [...pier.commands.serviceStatus])).stdout).toBe('active\n');
  });

  it('refuses to command the computer it runs on', async () => {
    for (const command of ['systemctl', 'shutdown', 'sudo', 'systemd-run', 'poweroff']) {
      const { code, stderr } = await ssh(pier, [command, '--version']);
      expect([code, stderr]).toEqual([1, expect.stringContaining('never touches')]);
    }
    expect((await ssh(pier, ['which', 'reboot'])).stdout).toBe(`${pier.commands.reboot[0]}\n`);
  });

  it('restarts: sessions and jobs end, it is away, the boot identity is new, staged modules are active', async () => {
    await stage(pier, { [CORE]: '1.5.0', [BASIC_MEDIA]: '1.5.0' });
    const before = await bootId(pier);
    const begun = join(pier.root, 'begun');
    const session = ssh(pier, ['sh', '-c', 'echo >"$1"; exec sleep 60', 'sh', begun]);
    await until('the session', () => existsSync(begun));
    await rm(begun);
    const job = join(pier.stateDir, 'jobs', 'j1');
    await ssh(pier, [
      'sh',
      '-c',
      `mkdir -p "$1"; setsid sleep 300 </dev/null >/dev/null 2>&1 & echo $! >"$1/pid"`,
      'sh',
      job,
    ]);
    const pid = Number(await text(join(job, 'pid')));
    expect(processTable().some((each) => each.pid === pid)).toBe(true);

    const asked = Date.now();
    expect((await ssh(pier, pier.commands.reboot)).code).toBe(0);
    expect((await session).code).toBe(255);
    await until('the restart', () => pier.state === 'away');
    expect((await ssh(pier, ['true'])).stderr).toContain('refused');
    await running(pier);
    expect(Date.now() - asked).toBeGreaterThan(2000);

    expect(processTable().some((each) => each.pid === pid)).toBe(false);
    expect(await bootId(pier)).toMatch(/^[0-9a-f-]{36}$/);
    expect(await bootId(pier)).not.toBe(before);
    expect(await version(pier)).toBe('1.5.0');
    await until('a hole in the recording', async () => (await gap(pier)) >= 2);
  });

  it('swaps at a restart of the service alone, with the boot identity as it was', async () => {
    await running(hall);
    await stage(hall, { [CORE]: '1.5.0' });
    const before = await bootId(hall);
    expect((await ssh(hall, hall.commands.serviceRestart)).code).toBe(0);
    await until('the new version', async () => (await version(hall)) === '1.5.0');
    expect(await bootId(hall)).toBe(before);
  });

  it('runs one product, however many ask at once', async () => {
    const asked = await Promise.all([1, 2, 3].map(() => ssh(hall, hall.commands.serviceRestart)));
    expect(asked.map(({ code }) => code)).toEqual([0, 0, 0]);
    await running(hall);
    const products = processTable().filter(
      (each) => each.command.includes(`${hall.home}/box.sh`) && each.pid === each.group,
    );
    expect(products).toHaveLength(1);
  });

  it('says that a broken release does not run, and tries it again after its time', async () => {
    await stage(hall, { [CORE]: '1.5.1' });
    await ssh(hall, hall.commands.serviceRestart);
    await until('a status of failure', async () => (await ssh(hall, hall.commands.serviceStatus)).code === 3);
    const starts = async () => (await text(join(hall.home, 'logs/box.log'))).split('refused to start').length;
    const before = await starts();
    await until('another try', async () => (await starts()) > before);
    await stage(hall, { [CORE]: '1.4.2' });
    await ssh(hall, hall.commands.serviceStop);
    expect((await ssh(hall, hall.commands.serviceStatus)).stdout).toBe('inactive\n');
    await ssh(hall, hall.commands.serviceStart);
    await until('the good version', async () => (await version(hall)) === '1.4.2');
  });

  it('loses its link while its product and its jobs run on', async () => {
    const begun = join(pier.root, 'begun');
    const done = join(pier.root, 'done');
    const session = ssh(pier, ['sh', '-c', 'echo >"$1"; sleep 2; echo >"$2"', 'sh', begun, done]);
    await until('the session', () => existsSync(begun));
    pier.cut();
    expect((await session).code).toBe(255);
    expect((await ssh(pier, ['true'])).stderr).toContain('refused');
    await until('the end of what ran', () => existsSync(done));
    await pier.mend();
    expect((await ssh(pier, pier.commands.serviceStatus)).code).toBe(0);
  });

  it('hangs while frozen and answers again', async () => {
    pier.freeze();
    const { code } = await ssh(pier, ['true']);
    pier.thaw();
    expect(code).toBe(255);
    expect((await ssh(pier, ['true'])).code).toBe(0);
  });

  it('comes back from a power cut', async () => {
    const before = await bootId(pier);
    await pier.powerCycle();
    expect(await bootId(pier)).not.toBe(before);
  });
});

describe('the demo from a terminal', () => {
  it('is ready with one line, keeps its state and ports, and leaves no process behind', async () => {
    const { build } = await import('esbuild');
    const program = join(folder, 'demo.cjs');
    await build({
      entryPoints: ['demo/main.ts'],
      outfile: program,
      bundle: true,
      platform: 'node',
      mainFields: ['module', 'main'],
      plugins: [texts],
      external: ['cpu-features', '*.node'],
      logLevel: 'silent',
    });
    const dir = join(folder, 'from a terminal');
    const up = async (verb: string) => {
      const child = spawn(process.execPath, [program, verb, dir], { stdio: ['pipe', 'pipe', 'ignore'] });
      const line = await new Promise<string>((resolve, reject) => {
        child.stdout.once('data', (data: Buffer) => resolve(data.toString()));
        child.once('exit', (code) => reject(new Error(`demo ${verb} ended with ${code}`)));
      });
      const ready = JSON.parse(line) as {
        ready: boolean;
        fleet: string;
        servers: { id: string; port: number }[];
      };
      return { child, ready, end: new Promise<number | null>((resolve) => child.once('exit', resolve)) };
    };
    const left = () => processTable().filter((each) => each.command.includes(`${dir}/servers/`));

    const first = await up('up');
    expect(first.ready.servers.map(({ id }) => id)).toEqual([
      'pier-1',
      'pier-2',
      'lighthouse',
      'hall-a',
      'hall-b',
    ]);
    expect(left().length).toBeGreaterThan(9);
    await expect(up('reset')).rejects.toThrow('ended with 2');
    await writeFile(
      first.ready.fleet,
      (await readFile(first.ready.fleet, 'utf8')).replace('Demo city', 'Mine'),
    );
    first.child.kill('SIGKILL');
    await first.end;
    expect(left().length).toBeGreaterThan(0);

    const second = await up('up');
    expect(second.ready.servers).toEqual(first.ready.servers);
    expect(await readFile(second.ready.fleet, 'utf8')).toContain('Mine');
    second.child.stdin.end();
    expect(await second.end).toBe(0);
    expect(left()).toEqual([]);

    const third = await up('reset');
    expect(await readFile(third.ready.fleet, 'utf8')).toContain('Demo city');
    third.child.kill('SIGTERM');
    expect(await third.end).toBe(0);
    expect(left()).toEqual([]);
  });
});
