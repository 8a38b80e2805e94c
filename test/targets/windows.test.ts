import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readSettings } from '../../demo/windows/installer';
import { createWindowsLab, type WindowsLab } from '../lab/windows';
import { Operator, scratch } from './fleet-in-lab';
import { running, windowsFleet, type WindowsRecipe } from './windows-fleet';

let lab: WindowsLab;
beforeAll(async () => (lab = await createWindowsLab()));
afterAll(() => lab.dispose());

async function operator(recipe: Omit<WindowsRecipe, 'folder' | 'lab'>): Promise<Operator> {
  const { folder, remove } = await scratch();
  const fleet = await windowsFleet({ folder, lab, ...recipe });
  const one = await Operator.at(folder, fleet, await readFile(await lab.knownHostsFile(), 'utf8'));
  onTestFinished(async () => {
    await one.updater.dispose();
    await remove();
  });
  return one;
}

describe('Eocortex on Windows', () => {
  it('is loaded, downloaded, installed and rolled back step by step, settings included', async () => {
    const machine = await running(lab, 'srv-01', '4.3.1');
    const desk = await operator({ systems: { harbour: { 'srv-01': machine } } });
    expect(await desk.state('srv-01')).toMatchObject({ status: 'installed', version: '4.3.1' });
    await desk.updater.library.add(await lab.installer({ version: '4.3.5' }));
    expect(await desk.state('srv-01')).toMatchObject({ status: 'not-downloaded' });
    expect((await desk.act('download', ['srv-01'])).failures).toEqual([]);
    expect(await desk.state('srv-01')).toMatchObject({ status: 'loaded' });
    expect((await desk.act('install', ['srv-01'])).failures).toEqual([]);
    expect(await desk.state('srv-01')).toMatchObject({
      status: 'installed',
      version: '4.3.5',
      rollback: ['4.3.1'],
    });
    console.log(JSON.stringify(await readSettings(machine.driveC)));
    const result = await desk.act('rollback', ['srv-01']);
    console.log(JSON.stringify(result));
    expect(await desk.state('srv-01')).toMatchObject({ version: '4.3.1', rollback: [] });
    console.log(JSON.stringify(await readSettings(machine.driveC)), desk.statuses('srv-01'));
  });
});
