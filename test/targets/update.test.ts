import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BASIC_MEDIA, CORE, makeDemoRepository, TELEGRAM_BOT, YOLO } from '../../demo/modules';
import { createLab, HOME, type Box, type Lab } from '../lab/box';
import { fleetOf, knownHosts, Operator, scratch } from './fleet-in-lab';

const before = { [CORE]: '1.4.1', [BASIC_MEDIA]: '1.4.0', [YOLO]: '2.0.0' };
const after = { [CORE]: '1.5.0', [BASIC_MEDIA]: '1.5.0', [YOLO]: '2.1.0', [TELEGRAM_BOT]: '1.1.0' };

describe('a Banalytics server on real Linux, from download to rollback', () => {
  let lab: Lab;
  let box: Box;
  let place: Awaited<ReturnType<typeof scratch>>;
  let repository: string;
  let operator: Operator;

  beforeAll(async () => {
    place = await scratch();
    repository = join(place.folder, 'repository');
    await makeDemoRepository(repository);
    lab = await createLab();
    box = await lab.box('pier', { product: { repository, modules: before } });
    const boxes = { pier: box };
    const fleet = await fleetOf({
      folder: place.folder,
      lab,
      boxes,
      repository,
      modules: after,
      more: { settingsPaths: [`${HOME}/config`] },
    });
    operator = await Operator.at(place.folder, fleet, knownHosts(boxes));
  });
  afterAll(async () => {
    await operator?.updater.dispose();
    await lab?.dispose();
    await place?.remove();
  });

  it('asks the server in one go and says what it is', async () => {
    const state = await operator.state('pier');
    expect(state).toMatchObject({ status: 'not-downloaded', version: '1.4.1', rollback: [], error: null });
    expect(state.facts).toMatchObject({
      os: { family: 'linux' },
      arch: 'x64',
      modules: before,
      firstRun: false,
      service: { state: 'running' },
      user: { root: true },
    });
    expect(state.facts?.bootId).toBe(await box.bootId());
  });

  it('plans without writing anything on the server', async () => {
    const plan = await operator.plan('install', ['pier']);
    expect(plan.servers[0]).toMatchObject({ verdict: 'ready', from: '1.4.1', to: '1.5.0', path: ['1.5.0'] });
    expect((await box.run('test -e /var/lib/vms-fleet')).code).toBe(1);
  });

  it('downloads, and each package lies there under the SHA-256 that the server computed', async () => {
    expect((await operator.act('download', ['pier'])).outcome).toBe('done');
    const state = await operator.state('pier');
    expect(state.status).toBe('loaded');
    const sums = await box.run('cd /var/lib/vms-fleet/packages && for f in */*; do sha256sum "$f"; done');
    const lines = sums.stdout.trim().split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(4);
    for (const line of lines) {
      const [hash, path] = line.split(/\s+/);
      expect(path?.startsWith(`${hash}/`)).toBe(true);
    }
    expect(await box.readFile(`${HOME}/modules/modules-info.properties`)).toContain('1.4.1');
  });

  it('installs: the product swaps at a restart that the boot identity proves', async () => {
    await box.run(`echo 'cameras=12' >> ${HOME}/config/box.properties; echo old > ${HOME}/config/legacy.txt`);
    const bootId = await box.bootId();
    const result = await operator.act('install', ['pier']);
    expect(result).toMatchObject({ outcome: 'done', failures: [] });
    expect(await box.bootId()).not.toBe(bootId);
    const state = await operator.state('pier');
    expect(state).toMatchObject({ status: 'installed', version: '1.5.0', rollback: ['1.4.1'] });
    expect(state.facts?.modules).toEqual(after);
    expect(operator.statuses('pier')).toEqual(
      expect.arrayContaining(['downloading', 'installing', 'restarting', 'verifying']),
    );
    // The user's settings and the records went through the update untouched.
    expect(await box.readFile(`${HOME}/config/box.properties`)).toContain('cameras=12');
    // The job took its scaffolding along: no unit waits for the next boot, nobody holds the lock.
    expect(
      (await box.run('ls /etc/systemd/system | grep vms-fleet; readlink /var/lib/vms-fleet/lock')).stdout,
    ).toBe('');
  });

  it('does nothing where nothing is to do', async () => {
    const plan = await operator.plan('install', ['pier']);
    expect(plan.servers[0]).toMatchObject({ verdict: 'skip', path: [] });
    expect(plan.servers[0]?.reasons.map((reason) => reason.rule)).toContain('version.same');
    const bootId = await box.bootId();
    expect((await operator.updater.run(plan, { confirmed: true })).outcome).toBe('done');
    expect(await box.bootId()).toBe(bootId);
  });

  it('rolls back one step, settings included, and keeps what it replaced', async () => {
    await box.run(
      `echo 'cameras=99' >> ${HOME}/config/box.properties; rm ${HOME}/config/legacy.txt; echo new > ${HOME}/config/new.txt`,
    );
    expect((await operator.act('rollback', ['pier'])).outcome).toBe('done');
    const state = await operator.state('pier');
    expect(state).toMatchObject({ status: 'loaded', version: '1.4.1', rollback: [] });
    expect(state.facts?.modules).toEqual(before);
    const config = await box.readFile(`${HOME}/config/box.properties`);
    expect(config).toContain('cameras=12');
    expect(config).not.toContain('cameras=99');
    expect(await box.readFile(`${HOME}/config/legacy.txt`)).toBe('old\n');
    expect((await box.run(`test -e ${HOME}/config/new.txt`)).code).toBe(1);
    // Nothing is lost: what the rollback replaced lies in its own backup.
    expect((await box.run(`cat /var/lib/vms-fleet/backups/*/settings-0/new.txt`)).stdout).toBe('new\n');
    const further = await operator.plan('rollback', ['pier']);
    expect(further.servers[0]?.verdict).toBe('blocked');
    expect(further.servers[0]?.reasons.map((reason) => reason.rule)).toContain('history.empty');
  });

  it('restarts a machine and sees it return', async () => {
    const bootId = await box.bootId();
    expect((await operator.act('restart', ['pier'])).outcome).toBe('done');
    expect(await box.bootId()).not.toBe(bootId);
  });

  it('tells that a release is sick, and rolls it back', async () => {
    const result = await operator.act('install', ['pier'], '1.5.1');
    expect(result.outcome).toBe('failed');
    expect(result.failures[0]?.error).toMatchObject({ code: 'verify.service', step: 'check-service' });
    const sick = await operator.state('pier');
    expect(sick).toMatchObject({ status: 'failed', version: '1.5.1', rollback: ['1.4.1'] });
    expect((await operator.act('rollback', ['pier'])).outcome).toBe('done');
    expect(await operator.state('pier')).toMatchObject({ status: 'loaded', version: '1.4.1' });
    expect((await box.run('systemctl is-active banalytics-box.service')).stdout.trim()).toBe('active');
  });

  it('rolls back an update that changed modules and not the version', async () => {
    const more = { [CORE]: '1.4.1', [BASIC_MEDIA]: '1.4.1', [YOLO]: '2.0.0' };
    const recipe = { folder: join(place.folder, 'modules'), lab, boxes: { pier: box }, repository };
    await mkdir(recipe.folder);
    const fleet = await fleetOf({ ...recipe, modules: more, restart: 'service' });
    const other = await Operator.at(recipe.folder, fleet, knownHosts(recipe.boxes));
    try {
      expect(await other.act('install', ['pier'])).toMatchObject({ outcome: 'done', failures: [] });
      const updated = await other.state('pier');
      expect(updated).toMatchObject({ status: 'installed', version: '1.4.1', rollback: ['1.4.1'] });
      expect(updated.facts?.modules).toEqual(more);
      expect(await other.act('rollback', ['pier'])).toMatchObject({ outcome: 'done', failures: [] });
      const back = await other.state('pier');
      expect(back).toMatchObject({ version: '1.4.1', rollback: [] });
      expect(back.facts?.modules).toEqual(before);
    } finally {
      await other.updater.dispose();
    }
  });
});
