import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createWindowsLab, type WindowsLab } from '../lab/windows';
import { until } from '../lab/until';
import { begins, desks, historyOf, jobsOf, running, STATE } from './windows-fleet';

// Minutes on a machine that does much else; nothing here is measured.
vi.setConfig({ testTimeout: 300_000 });

let lab: WindowsLab;
const operators = desks();
beforeAll(async () => (lab = await createWindowsLab()));
afterAll(async () => {
  await operators.leave();
  await lab?.dispose();
});

describe('an armed install on Windows', () => {
  it('waits through a restart of the machine, and begins by itself with nobody there', async () => {
    const machine = await running(lab, 'w1', '4.3.1');
    const systems = { harbour: { w1: machine } };
    const installer = await lab.installer({ version: '4.3.5' });
    const [desk, colleague] = [await operators.at({ lab, systems }), await operators.at({ lab, systems })];
    for (const one of [desk, colleague]) await one.updater.library.add(installer);
    await desk.act('download', ['w1']);
    const at = new Date(Date.now() + 40_000);
    await desk.arm(['w1'], at);
    await desk.updater.dispose();
    await machine.powerCycle();
    const waiting = await colleague.state('w1');
    expect(waiting).toMatchObject({ status: 'queued', version: '4.3.1' });
    expect(waiting.detail).toContain('armed by');
    expect((await colleague.plan('install', ['w1'])).servers[0]).toMatchObject({ verdict: 'skip' });
    await until('it begins', begins(machine, 'run'), 120_000);
    expect(Date.now()).toBeGreaterThanOrEqual(at.getTime());
    await until('it ends', async () => (await colleague.state('w1')).status === 'installed', 90_000);
    expect(await historyOf(machine)).toEqual(['4.3.1', '4.3.5']);
  });

  it('is disarmed: nothing has begun, and nothing is left', async () => {
    const machine = await running(lab, 'w2', '4.3.1');
    const desk = await operators.at({ lab, systems: { harbour: { w2: machine } } });
    await desk.updater.library.add(await lab.installer({ version: '4.3.5' }));
    await desk.act('download', ['w2']);
    const cancel = new AbortController();
    const { ended } = await desk.arm(['w2'], new Date(Date.now() + 3_600_000), cancel.signal);
    cancel.abort();
    expect(await ended).toMatchObject({ outcome: 'cancelled' });
    expect(await desk.state('w2')).toMatchObject({ status: 'loaded', version: '4.3.1', rollback: [] });
    const [job = ''] = await jobsOf(machine);
    expect(readFileSync(machine.file(`${STATE}\\jobs\\${job}\\exit`), 'utf8')).toContain('cancelled');
    expect(await desk.act('install', ['w2'])).toMatchObject({ outcome: 'done', failures: [] });
  });
});
