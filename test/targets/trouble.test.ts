import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, HOME, type Box, type Lab } from '../lab/box';
import { startProxy, type Proxy } from '../lab/proxy';
import {
  after,
  before,
  fleetOf,
  knownHosts,
  Operator,
  repositoryOf,
  scratch,
  type SystemRecipe,
} from './fleet-in-lab';
import { asProduct } from '../../scripts/lib/bundling.mjs';

/** What can happen on the way: each ends in a state with a name, and going on later finishes the job once. */
describe('bad luck', () => {
  let lab: Lab;
  let place: Awaited<ReturnType<typeof scratch>>;
  let repository: string;
  let count = 0;
  const proxies: Proxy[] = [];
  const operators: Operator[] = [];

  beforeAll(async () => {
    place = await scratch();
    // Big enough that something can happen on its way.
    repository = await repositoryOf(place.folder, 60_000_000);
    lab = await createLab();
  });
  afterAll(async () => {
    for (const operator of operators) await operator.updater.dispose();
    for (const proxy of proxies) await proxy.close();
    await lab?.dispose();
    await place?.remove();
  });

  /** A new box with the product, and an operator in front of it, by a proxy where asked for. */
  async function scene(
    options: { proxy?: boolean; more?: Record<string, unknown>; smallDisk?: number } = {},
  ): Promise<{
    box: Box;
    operator: Operator;
    proxy: Proxy;
    recipe: SystemRecipe;
  }> {
    const name = `b${++count}`;
    const box = await lab.box(name, {
      product: { repository, modules: before },
      ...(options.smallDisk && { smallDisk: { path: '/var/lib/vms-fleet', bytes: options.smallDisk } }),
    });
    const proxy = await startProxy({ host: box.host, port: 22 });
    proxies.push(proxy);
    const folder = (await scratch()).folder;
    const boxes = { [name]: options.proxy ? { box, host: proxy.host, port: proxy.port } : box };
    const recipe: SystemRecipe = {
      folder,
      lab,
      boxes,
      repository,
      modules: after,
      ...(options.more && { more: options.more }),
    };
    const operator = await Operator.at(folder, await fleetOf(recipe), knownHosts(boxes));
    operators.push(operator);
    return { box, operator, proxy, recipe };
  }
  const idOf = (recipe: SystemRecipe): string => Object.keys(recipe.boxes)[0] ?? '';

  it('a link cut in the middle of a transfer: goes on by itself, and sends only what is missing', async () => {
    const { operator, proxy, recipe } = await scene({ proxy: true });
    const id = idOf(recipe);
    void proxy.cutAfter(30_000_000);
    const result = await operator.act('download', [id]);
    expect(result.outcome).toBe('done');
    expect(
      operator.events.some((event) => event.type === 'log' && event.message.includes('Trying again')),
    ).toBe(true);
    expect(await operator.state(id)).toMatchObject({ status: 'loaded' });
    // Whole blocks that were there are not sent again.
    expect(proxy.stats.up).toBeLessThan(61_500_000 + 45_000_000);
  });

  it('a link cut in the middle of a job and in the middle of a restart: the job goes on and is found again', async () => {
    const { box, operator, proxy, recipe } = await scene({ proxy: true });
    const id = idOf(recipe);
    const acting = operator.act('install', [id]);
    await operator.next('status', (event) => event.status === 'installing' && event.step !== 'start');
    proxy.cut();
    await operator.next('status', (event) => event.status === 'restarting');
    proxy.refuse(true);
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    proxy.refuse(false);
    expect((await acting).outcome).toBe('done');
    expect(await operator.state(id)).toMatchObject({ status: 'installed', version: '1.5.0' });
    expect((await box.run('ls /var/lib/vms-fleet/jobs')).stdout.trim().split('\n')).toHaveLength(1);
    const boots = await box.run(
      'cat /var/lib/vms-fleet/jobs/*/boot-before; cat /proc/sys/kernel/random/boot_id',
    );
    expect(new Set(boots.stdout.trim().split('\n')).size).toBe(2);
    expect(await box.bootId()).toBe(boots.stdout.trim().split('\n').at(-1));
  });

  it('the plug pulled in the middle of a job: the server goes on, and nothing is done twice', async () => {
    const { box, operator, recipe } = await scene();
    const id = idOf(recipe);
    const acting = operator.act('install', [id]);
    await operator.next('status', (event) => event.step === 'backup');
    await box.powerCycle();
    expect((await acting).outcome).toBe('done');
    expect(await operator.state(id)).toMatchObject({
      status: 'installed',
      version: '1.5.0',
      rollback: ['1.4.1'],
    });
    expect((await box.run('ls /var/lib/vms-fleet/history')).stdout.trim().split('\n')).toHaveLength(2);
  });

  it('a server that does not return: says so with the way in, and the rollout goes on when it is back', async () => {
    const { box, operator, recipe } = await scene();
    const id = idOf(recipe);
    operator.server(id).returnMinutes = 0.25;
    box.neverReturn();
    const result = await operator.act('install', [id]);
    expect(result.outcome).toBe('failed');
    expect(result.failures[0]?.error).toMatchObject({ code: 'restart.no-return', step: 'restart' });
    expect(result.failures[0]?.error.hint).toContain('the console in the lab');
    expect(operator.updater.state().get(id)?.status).toBe('failed');
    box.powerOn();
    await box.waitForSsh();
    expect((await operator.updater.resume(result.id)).outcome).toBe('done');
    expect(await operator.state(id)).toMatchObject({ status: 'installed', version: '1.5.0' });
    expect((await box.run('ls /var/lib/vms-fleet/jobs')).stdout.trim().split('\n')).toHaveLength(1);
  });

  it('another host key after the restart: stops there and asks nobody', async () => {
    const { box, operator, recipe } = await scene();
    const id = idOf(recipe);
    box.neverReturn();
    const acting = operator.act('install', [id]);
    await operator.next('status', (event) => event.status === 'restarting' && event.detail === 'away');
    while (box.on) await new Promise((resolve) => setTimeout(resolve, 50));
    await box.regenerateHostKey();
    box.powerOn();
    const result = await acting;
    expect(result.failures[0]?.error.code).toBe('hostkey.changed');
    expect(await operator.state(id)).toMatchObject({
      status: 'unreachable',
      error: { code: 'hostkey.changed' },
    });
  });

  it('two operators at once: one works, the other is told who', async () => {
    const { operator, recipe } = await scene();
    const id = idOf(recipe);
    const folder = (await scratch()).folder;
    const second = await Operator.at(folder, await fleetOf({ ...recipe, folder }), knownHosts(recipe.boxes));
    operators.push(second);
    await operator.act('download', [id]);
    await second.act('download', [id]);
    const plans = await Promise.all([operator.plan('install', [id]), second.plan('install', [id])]);
    const results = await Promise.all([
      operator.updater.run(plans[0], { confirmed: true }),
      second.updater.run(plans[1], { confirmed: true }),
    ]);
    const outcomes = results.map((result) => result.outcome).sort();
    // The slower one is refused by the lock, or finds the work done if it came when all was over.
    expect(outcomes).toContain('done');
    const refused = results.flatMap((result) => result.failures.map((failure) => failure.error.code));
    for (const code of refused) expect(['job.busy', 'plan.blocked']).toContain(code);
    expect(await operator.state(id)).toMatchObject({ status: 'installed', rollback: ['1.4.1'] });
    const busy = await second.plan('restart', [id]);
    expect(busy.servers[0]?.verdict).toBe('ready');
  });

  it('no room on the server: the plan says so in figures, and a disk that fills on the way is `space`', async () => {
    const small = await scene({ smallDisk: 20_000_000 });
    const id = idOf(small.recipe);
    const plan = await small.operator.plan('install', [id]);
    expect(plan.servers[0]).toMatchObject({ verdict: 'blocked' });
    expect(plan.servers[0]?.reasons.map((reason) => reason.rule)).toContain('banalytics.free-space');

    const filling = await scene({ smallDisk: 400_000_000 });
    const other = idOf(filling.recipe);
    const planned = await filling.operator.plan('download', [other]);
    expect(planned.servers[0]?.verdict).toBe('ready');
    await filling.box.run('dd if=/dev/zero of=/var/lib/vms-fleet/recordings bs=1M count=350', {
      deadline: 60_000,
    });
    const result = await filling.operator.updater.run(planned, { confirmed: true });
    expect(['space', 'plan.blocked']).toContain(result.failures[0]?.error.code);
    await filling.box.run('rm /var/lib/vms-fleet/recordings');
    expect((await filling.operator.updater.resume(result.id)).outcome).toBe('done');
  });

  it('cancel in a download keeps the part; cancel in a job takes back what was staged; behind the restart it ends well', async () => {
    const { box, operator, recipe } = await scene();
    const id = idOf(recipe);
    const bootId = await box.bootId();
    const stop = new AbortController();
    const downloading = operator.act('install', [id], null, stop.signal);
    await operator.next('progress', (event) => event.step === 'download' && event.done > 0);
    stop.abort();
    expect((await downloading).outcome).toBe('cancelled');
    expect(await operator.state(id)).toMatchObject({ status: 'not-downloaded', version: '1.4.1' });

    await operator.act('download', [id]);
    const again = new AbortController();
    const installing = operator.act('install', [id], null, again.signal);
    await operator.next('status', (event) => event.step === 'backup');
    again.abort();
    expect((await installing).outcome).toBe('cancelled');
    expect(await operator.state(id)).toMatchObject({ status: 'loaded', version: '1.4.1', rollback: [] });
    expect((await box.run(`ls ${HOME}/modules-upgrade`)).stdout).toBe('');
    expect(await box.bootId()).toBe(bootId);

    const late = new AbortController();
    const restarting = operator.act('install', [id], null, late.signal);
    await operator.next('status', (event) => event.status === 'restarting');
    late.abort();
    expect((await restarting).outcome).toBe('done');
    expect(await operator.state(id)).toMatchObject({ status: 'installed', version: '1.5.0' });
  });

  it('the client killed in the middle: the server finishes, and a resume finds the end', async () => {
    const { box, operator, recipe } = await scene();
    const id = idOf(recipe);
    const cli = join(recipe.folder, 'cli.cjs');
    await esbuild.build({
      ...asProduct,
      entryPoints: ['src/cli.ts'],
      outfile: cli,
      logLevel: 'error',
    });
    const env = { ...process.env, VMS_FLEET_HOME: operator.dataDir, HOME: recipe.folder };
    const run = (...args: string[]) =>
      spawn(process.execPath, [cli, ...args, '-f', operator.fleetFile, '--json'], { env });
    const first = run('install', '--yes');
    let seen = '';
    await new Promise<void>((resolve) => {
      first.stdout.on('data', (chunk: Buffer) => {
        seen += chunk.toString();
        if (/"status":"restarting"/.test(seen)) resolve();
      });
    });
    first.kill('SIGKILL');
    await once(first, 'exit');
    const rollout = /"rollout":"([^"]+)"/.exec(seen)?.[1] ?? '';
    expect((await operator.updater.rollouts()).find((one) => one.id === rollout)?.state).toBe('interrupted');

    const second = run('resume', rollout);
    let said = '';
    second.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(second, 'exit')) as [number];
    expect(code, said).toBe(0);
    expect(said.trim().split('\n').at(-1)).toContain('"type":"rollout-finished"');
    expect(await operator.state(id)).toMatchObject({
      status: 'installed',
      version: '1.5.0',
      rollback: ['1.4.1'],
    });
    expect((await box.run('ls /var/lib/vms-fleet/jobs')).stdout.trim().split('\n')).toHaveLength(1);
    await writeFile(join(recipe.folder, 'seen.ndjson'), seen);
  });

  it('a colleague without the journal goes on with what an operator left', async () => {
    const { operator, recipe, box } = await scene();
    const id = idOf(recipe);
    operator.server(id).returnMinutes = 0.1;
    box.neverReturn();
    const left = await operator.act('install', [id]);
    expect(left.failures[0]?.error.code).toBe('restart.no-return');
    const folder = (await scratch()).folder;
    const colleague = await Operator.at(
      folder,
      await fleetOf({ ...recipe, folder }),
      knownHosts(recipe.boxes),
    );
    operators.push(colleague);
    box.powerOn();
    await box.waitForSsh();
    const resumed = await colleague.updater.resume(left.id).catch((error: unknown) => error);
    // The server may have ended the job by itself before the colleague came; then there is nothing left to go on with.
    if (resumed instanceof Error) expect(resumed).toMatchObject({ code: 'rollout.unknown' });
    else expect(resumed).toMatchObject({ outcome: 'done' });
    expect(await colleague.state(id)).toMatchObject({ status: 'installed', version: '1.5.0' });
  });
});
