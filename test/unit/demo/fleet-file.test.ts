import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DEMO_SYSTEMS, fleetFileText } from '../../../demo/fleet-file';
import { removeDemo } from '../../../demo/fleet';
import { makeDemoRepository, makeHome, TELEGRAM_BOT } from '../../../demo/modules';
import { DemoServer } from '../../../demo/server';
import { findSshd } from '../../../demo/sshd';
import { servers } from '../../../src/updater/fleet/model';
import { parseFleet } from '../../../src/updater/fleet/read';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'demo fleet '));
});

afterEach(() => rm(dir, { recursive: true, force: true }));

function server(id: string): DemoServer {
  const none = { sshd: '/none', authorizedKeys: '/none', downMs: 0, restartMs: 0 };
  return new DemoServer({ id, root: join(dir, 'servers', id), port: 20_022, ...none });
}

function fleetOf(ids: string[]) {
  const text = fleetFileText({
    systems: DEMO_SYSTEMS,
    servers: ids.map(server),
    user: 'someone',
    identityFile: join(dir, 'key'),
    repository: join(dir, 'repository'),
  });
  const { fleet, problems } = parseFleet(text, join(dir, 'demo.fleet.jsonc'));
  expect(problems).toEqual([]);
  if (!fleet) throw new Error('The fleet file was not read.');
  return fleet;
}

const everyId = Object.values(DEMO_SYSTEMS).flatMap((system) => Object.keys(system.servers));

it('writes a fleet file that the product reads without a problem', () => {
  const fleet = fleetOf(everyId);
  expect(fleet.systems.map((system) => [system.id, system.servers.length])).toEqual([
    ['harbour', 3],
    ['tram-depot', 2],
  ]);
  const hall = servers(fleet).find(({ id }) => id === 'hall-b');
  expect(hall?.banalytics?.modules[TELEGRAM_BOT]).toBeNull();
  expect(hall?.banalytics?.restart).toBe('service');
  expect(hall?.commands.reboot).toEqual([join(dir, 'servers/hall-b/bin/reboot')]);
  expect(servers(fleet).filter(({ outOfBand }) => outOfBand === undefined)).toHaveLength(1);
});

it('leaves out systems without a server', () => {
  expect(fleetOf(['hall-a']).systems.map(({ id }) => id)).toEqual(['tram-depot']);
});

it('has every installed and every wanted module in its repository, and an update to do', async () => {
  const repository = join(dir, 'repository');
  await makeDemoRepository(repository);
  const behind: string[] = [];
  for (const system of Object.values(DEMO_SYSTEMS))
    for (const [id, plan] of Object.entries(system.servers)) {
      const wanted = Object.entries({ ...system.modules, ...plan.modules });
      const set = Object.fromEntries(
        wanted.flatMap(([module, version]) => (version ? [[module, version]] : [])),
      );
      await makeHome(join(dir, id, 'installed'), { repository, modules: plan.installed });
      await makeHome(join(dir, id, 'wanted'), { repository, modules: set });
      if (JSON.stringify(set) !== JSON.stringify(plan.installed)) behind.push(id);
    }
  expect(behind).toEqual(['pier-1', 'pier-2']);
});

it('throws away only what is a demo', async () => {
  await makeHome(join(dir, 'mine'), { repository: dir, modules: {} });
  await expect(removeDemo(join(dir, 'mine'))).rejects.toMatchObject({ code: 'usage' });
});

it('says how to install sshd where it is missing', () => {
  expect(() => findSshd([dir])).toThrow(
    expect.objectContaining({
      code: 'server.unsupported',
      hint: expect.stringContaining('apt install') as string,
    }),
  );
});
