import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../demo/windows/installer';
import { until } from '../lab/until';
import type { MachineOptions, WindowsMachine } from '../lab/windows';
import { Operator } from './fleet-in-lab';
import { STATE, begins, historyOf, jobsOf, running, setClock, useWindowsLab } from './windows-fleet';

const patience = 120_000;
const { lab, operators } = useWindowsLab();

interface Scene {
  machine: WindowsMachine;
  id: string;
  /** Somebody at a workstation of his own, with the package. */
  someone: () => Promise<Operator>;
}

async function scene(id: string, options: MachineOptions = {}): Promise<Scene> {
  const machine = await running(lab(), id, '4.3.1', options);
  const installer = await lab().installer({ version: '4.3.5' });
  const someone = async () => {
    const one = await operators.at({ lab: lab(), systems: { harbour: { [id]: machine } } });
    await one.updater.library.add(installer);
    return one;
  };
  return { machine, id, someone };
}

/** Resolves when it waits there. @param lateSeconds by which it may begin later */
async function arm({ machine, id }: Scene, operator: Operator, seconds: number, lateSeconds?: number) {
  const plan = await operator.updater.plan({
    ...{ action: 'install', servers: [operator.server(id)], to: null },
    arming: { at: new Date(Date.now() + seconds * 1000) },
  });
  const [server] = plan.servers;
  expect(server).toMatchObject({ path: ['4.3.5'] });
  if (server?.startsAt === undefined) throw new Error('it is not armed');
  const startsAt = Date.parse(server.startsAt);
  if (lateSeconds !== undefined) server.startsBy = new Date(startsAt + lateSeconds * 1000).toISOString();
  const started = operator.next('rollout-started', () => true);
  void operator.updater.run(plan, { confirmed: true }).catch(() => undefined);
  await until('it waits', begins(machine, 'wait'), patience);
  return { rollout: (await started).rollout ?? '', startsAt };
}

async function exitOf(machine: WindowsMachine): Promise<string> {
  const job = (await jobsOf(machine)).at(-1) ?? '';
  const file = machine.file(`${STATE}\\jobs\\${job}\\exit`);
  await until('the job ends', () => existsSync(file), patience);
  return readFile(file, 'utf8');
}

describe('an armed install on Windows', () => {
  it('begins at its time with nobody there, although the machine restarted while it waited', async () => {
    const place = await scene('w1');
    const { machine, id, someone } = place;
    const anna = await someone();
    const { rollout, startsAt } = await arm(place, anna, 60);
    await anna.updater.dispose();
    expect(existsSync(machine.file(`${STATE}\\lock`))).toBe(true);

    const bert = await someone();
    const seen = await bert.state(id);
    expect(seen).toMatchObject({ status: 'queued', version: '4.3.1' });
    expect(seen.detail).toContain('armed');
    expect(seen.facts?.job).toMatchObject({
      id: `${rollout}-1`,
      step: 'wait',
      startsAt: new Date(startsAt).toISOString(),
    });
    expect((await bert.plan('install', [id])).servers[0]).toMatchObject({ verdict: 'skip' });

    const { boots } = machine;
    await machine.powerCycle();
    expect(await exitOf(machine)).toMatch(/^done\t/);
    expect(Date.now()).toBeGreaterThan(startsAt);
    expect(machine.boots).toBeGreaterThan(boots);
    expect(await bert.state(id)).toMatchObject({
      status: 'installed',
      version: '4.3.5',
      rollback: ['4.3.1'],
    });
    expect(await historyOf(machine)).toEqual(['4.3.1', '4.3.5']);
    expect(await readSettings(machine.driveC)).toMatchObject({ 'saved-by': '4.3.5' });
    expect(existsSync(machine.file(`${STATE}\\lock`))).toBe(false);

    const later = await Operator.at(
      join(anna.dataDir, '..'),
      anna.updater.fleet,
      await readFile(await lab().knownHostsFile(), 'utf8'),
    );
    expect(await later.updater.resume(rollout)).toMatchObject({ outcome: 'done', failures: [] });
    await later.updater.dispose();
    expect(await jobsOf(machine)).toEqual([`${rollout}-1`]);
  });

  it('is disarmed by a colleague, and nothing has happened', async () => {
    const place = await scene('w2');
    const { machine, id, someone } = place;
    const anna = await someone();
    const { rollout } = await arm(place, anna, 900);
    await anna.updater.dispose();
    const bert = await someone();
    await bert.updater.cancel(rollout);
    expect(await exitOf(machine)).toMatch(/^cancelled\t/);
    await until('nobody holds it', () => !existsSync(machine.file(`${STATE}\\lock`)), patience);
    expect(await bert.state(id)).toMatchObject({ version: '4.3.1', rollback: [] });
    expect((await bert.plan('install', [id])).servers[0]?.path).toEqual(['4.3.5']);
  });

  it('does not begin behind its time: the machine was off, and says so', async () => {
    const place = await scene('w3', { downMs: 50_000 });
    const { machine, id, someone } = place;
    const anna = await someone();
    const { startsAt } = await arm(place, anna, 35, 5);
    await anna.updater.dispose();
    await machine.powerCycle();
    expect(Date.now()).toBeGreaterThan(startsAt + 5_000);
    expect(await exitOf(machine)).toMatch(/^failed\twait\t.*had passed/);
    const state = await (await someone()).state(id);
    expect(state).toMatchObject({ version: '4.3.1', rollback: [] });
    expect(state.facts?.service?.state).toBe('running');
  });

  it('does not begin where the clock was wrong and is set while it waits', async () => {
    const place = await scene('w4');
    const { machine, id, someone } = place;
    await setClock(lab(), machine, 86_400);
    const anna = await someone();
    const { rollout } = await arm(place, anna, 900);
    expect(
      anna.events.some((event) => event.type === 'log' && /clock is 86\d{3} s ahead/.test(event.message)),
    ).toBe(true);
    const seen = machine.file(`${STATE}\\jobs\\${rollout}-1\\clock.seen`);
    await until('it has looked at its clock', () => existsSync(seen), patience);
    await setClock(lab(), machine, 0);
    expect(await exitOf(machine)).toMatch(/^failed\twait\tits clock was wrong .* moved by -86\d{3} seconds/);
    await anna.updater.dispose();
    expect(await (await someone()).state(id)).toMatchObject({ version: '4.3.1', rollback: [] });
  });
});
