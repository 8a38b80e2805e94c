import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDemo, type Demo } from '../../demo/fleet';
import { asProduct } from '../../scripts/lib/bundling.mjs';

let folder: string;
let demo: Demo;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli 100% '));
  await build({
    ...asProduct,
    entryPoints: ['src/cli.ts'],
    outfile: join(folder, 'cli.js'),
    logLevel: 'error',
  });
  demo = await startDemo(join(folder, 'demo'), {
    servers: ['pier-1', 'hall-a'],
    downSeconds: 2,
    restartSeconds: 3,
  });
});

afterAll(async () => {
  await demo.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the bundled command line as a person would; `during` sees the process and its output as it grows. */
function cli(words: string[], during?: (child: ChildProcess, stdout: string) => void): Promise<Ran> {
  const env: NodeJS.ProcessEnv = { ...process.env, VMS_FLEET_HOME: demo.dataDir };
  delete env.SSH_AUTH_SOCK;
  const child = spawn(process.execPath, [join(folder, 'cli.js'), '-f', demo.fleetFile, ...words], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 100_000,
  });
  const ran: Ran = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    ran.stdout += chunk.toString();
    during?.(child, ran.stdout);
  });
  child.stderr.on('data', (chunk: Buffer) => (ran.stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ ...ran, code }));
  });
}

interface Status {
  servers: { id: string; version: string; status: string; rollback: string[]; loaded: unknown[] }[];
}
const statusOf = async (id: string) => {
  const { stdout } = await cli(['status', '--json', '--server', id]);
  return (JSON.parse(stdout) as Status).servers[0];
};
const eventsOf = ({ stdout }: Ran) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; outcome?: string; rollout?: string; server?: string });

describe('the command line against real servers', () => {
  it('status asks them, records their facts, and plan --facts says the same without them', async () => {
    const facts = join(folder, 'facts.json');
    const status = await cli(['status', '--json', '--facts-out', facts]);
    expect(status).toMatchObject({ code: 0, stderr: '' });
    expect((JSON.parse(status.stdout) as Status).servers).toMatchObject([
      { id: 'pier-1', version: '1.4.1', status: 'not-downloaded' },
      { id: 'hall-a', version: '1.4.2', status: 'installed' },
    ]);
    const [asked, recorded] = [
      await cli(['plan', '--json']),
      await cli(['plan', '--json', '--facts', facts]),
    ];
    expect(asked.code).toBe(0);
    expect(JSON.parse(recorded.stdout)).toEqual(JSON.parse(asked.stdout));
  });

  it('refuses to install unasked where nobody can answer, and changes nothing', async () => {
    const refused = await cli(['install', '--server', 'pier-1']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('--yes');
    expect(await statusOf('pier-1')).toMatchObject({ version: '1.4.1', loaded: [] });
  });

  it('an install is not armed where the server would not go on alone', async () => {
    const words = ['--server', 'pier-1', '--arm', '--at', '2099-11-28T22:00'];
    const plan = await cli(['plan', ...words]);
    expect(plan.code).toBe(3);
    expect(plan.stdout).toContain('arm.no-boot');
    const install = await cli(['install', '--yes', ...words]);
    expect(install.code).toBe(3);
    expect(`${install.stdout}${install.stderr}`).toContain('arm.no-boot');
  });

  it('loads, downloads, installs and rolls back, every event a line', async () => {
    expect((await cli(['load'])).code).toBe(0);
    const download = await cli(['download', '--json', '--server', 'pier-1']);
    expect(download.code).toBe(0);
    expect(eventsOf(download).at(-1)).toMatchObject({ type: 'rollout-finished', outcome: 'done' });
    expect(await statusOf('pier-1')).toMatchObject({ status: 'loaded', version: '1.4.1' });

    const install = await cli(['install', '--json', '--yes', '--server', 'pier-1']);
    expect(install.code, install.stderr).toBe(0);
    const events = eventsOf(install);
    expect(events[0]).toMatchObject({ type: 'rollout-started' });
    expect(events.at(-1)).toMatchObject({ type: 'rollout-finished', outcome: 'done' });
    expect(await statusOf('pier-1')).toMatchObject({
      status: 'installed',
      version: '1.5.0',
      rollback: ['1.4.1'],
    });

    const back = await cli(['rollback', '--yes', '--server', 'pier-1']);
    expect(back.code, back.stderr).toBe(0);
    expect(back.stdout).toContain('pier-1: done');
    expect(await statusOf('pier-1')).toMatchObject({ version: '1.4.1' });
    const listed = await cli(['rollouts', '--json']);
    const { rollouts } = JSON.parse(listed.stdout) as { rollouts: { action: string; state: string }[] };
    expect(rollouts.map(({ action, state }) => [action, state])).toEqual([
      ['rollback', 'done'],
      ['install', 'done'],
      ['download', 'done'],
    ]);
  });

  it('Ctrl-C stops safely with 130; resume goes on', async () => {
    let pressed = false;
    const stopped = await cli(['install', '--json', '--yes', '--server', 'pier-1'], (child, stdout) => {
      if (pressed || !stdout.includes('"type":"rollout-started"')) return;
      pressed = true;
      child.kill('SIGINT');
    });
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain('Ctrl-C again leaves at once');
    const last = eventsOf(stopped).at(-1);
    expect(last).toMatchObject({ type: 'rollout-finished', outcome: 'cancelled' });
    expect(await statusOf('pier-1')).toMatchObject({ version: '1.4.1' });
    const resumed = await cli(['resume', last?.rollout ?? '', '--json']);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(await statusOf('pier-1')).toMatchObject({ version: '1.5.0' });
    const told = await cli(['rollouts', last?.rollout ?? '']);
    expect(told.stdout).toMatch(/, resumed\n[^]*pier-1: done\n[^]*Rollout done: 1 done\n$/);
    expect((await cli(['rollouts', 'no-such-rollout'])).code).toBe(2);
  });

  it('a second process cancels what the first one does', async () => {
    let cancelled: Promise<Ran> | undefined;
    const first = await cli(['restart', '--json', '--yes', '--server', 'pier-1'], (_child, stdout) => {
      const id = /"rollout":"([^"]+)"/.exec(stdout)?.[1];
      if (id !== undefined) cancelled ??= cli(['cancel', id]);
    });
    expect(await cancelled).toMatchObject({ code: 0 });
    expect([0, 130]).toContain(first.code);
    expect(eventsOf(first).at(-1)?.type).toBe('rollout-finished');
  });

  it('an unreachable server is said with its hint: 1 for status, 3 for plan', async () => {
    const file = join(folder, 'gone.fleet.jsonc');
    const servers = { gone: { host: '127.0.0.1', port: 1, user: 'nobody', os: 'linux', environment: 'e' } };
    const modules = { 'com.banalytics.box:core': '1.4.2' };
    const boxes = { product: 'banalytics', home: '/opt/box', modules, servers };
    await writeFile(file, JSON.stringify({ name: 'Gone', systems: { boxes } }));
    const status = await cli(['status', '-f', file, '--json']);
    expect(status.code).toBe(1);
    expect(JSON.parse(status.stdout)).toMatchObject({
      servers: [{ status: 'unreachable', error: { code: 'host.refused' } }],
    });
    const plan = await cli(['plan', '-f', file]);
    expect(plan.code).toBe(3);
    expect(plan.stdout).toContain('server.unreachable');
  });

  it('a new host key is refused where nobody can compare it, and accepted with --trust-new-host-keys', async () => {
    const known = join(demo.dataDir, 'known_hosts');
    await rm(known);
    const refused = await cli(['status', '--server', 'hall-a']);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('--trust-new-host-keys');
    expect((await cli(['status', '--server', 'hall-a', '--trust-new-host-keys'])).code).toBe(0);
    expect((await cli(['status', '--server', 'hall-a'])).code).toBe(0);
  });
});
