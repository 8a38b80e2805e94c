import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readSettings, troubleInstallers } from '../../demo/windows/installer';
import { historyOf, running, useWindowsLab } from './windows-fleet';

const { lab, operators } = useWindowsLab();

describe('Eocortex on Windows', () => {
  it('three systems: downloaded, installed with a restart, rolled back one version at a time, settings with each', async () => {
    const [pier, gate, yard] = await Promise.all([
      running(lab(), 'pier', '4.3.1'),
      running(lab(), 'gate', '4.3.1'),
      running(lab(), 'yard', '4.3.1'),
    ]);
    const ids = ['pier', 'gate', 'yard'];
    const machines = [pier, gate, yard];
    const desk = await operators.at({
      lab: lab(),
      systems: { harbour: { pier }, border: { gate }, depot: { yard } },
    });
    for (const id of ids)
      expect(await desk.state(id)).toMatchObject({ status: 'installed', version: '4.3.1' });
    await desk.updater.library.add(await lab().installer({ version: '4.3.1' }));
    await desk.updater.library.add(await lab().installer({ version: '4.3.5' }));
    for (const id of ids) expect(await desk.state(id)).toMatchObject({ status: 'not-downloaded' });

    expect(await desk.act('download', ids)).toMatchObject({ outcome: 'done', failures: [] });
    for (const id of ids) expect(await desk.state(id)).toMatchObject({ status: 'loaded', version: '4.3.1' });
    const before = await Promise.all(machines.map(({ driveC }) => readSettings(driveC)));

    // One asks for a restart, one cannot put its program in place before it, one restarts the machine itself.
    await troubleInstallers(pier.driveC, { mode: 'restart-needed' });
    await troubleInstallers(gate.driveC, { mode: 'pending' });
    await troubleInstallers(yard.driveC, { mode: 'restart' });
    const boots = await Promise.all(ids.map(async (id) => (await desk.state(id)).facts?.bootId));
    expect(await desk.act('install', ids)).toMatchObject({ outcome: 'done', failures: [] });
    for (const [index, id] of ids.entries()) {
      const state = await desk.state(id);
      expect(state).toMatchObject({ status: 'installed', version: '4.3.5', rollback: ['4.3.1'] });
      expect(state.facts?.service?.state).toBe('running');
      expect(state.facts?.bootId).not.toBe(boots[index]);
      expect(machines[index]?.boots).toBe(2);
      expect(desk.statuses(id)).toContain('restarting');
      expect(await readSettings(machines[index]!.driveC)).toMatchObject({
        format: '43',
        'saved-by': '4.3.5',
      });
    }
    for (const { driveC } of machines) await troubleInstallers(driveC, undefined);

    await desk.updater.library.add(await lab().installer({ version: '4.4.2' }));
    expect(await desk.act('install', ids)).toMatchObject({ outcome: 'done', failures: [] });
    for (const id of ids)
      expect(await desk.state(id)).toMatchObject({ version: '4.4.2', rollback: ['4.3.5', '4.3.1'] });

    // Straight past one there is no way: what leads to the lowest goes by way of all between.
    const down = await desk.plan('rollback', ['yard'], '4.3.1');
    expect(down.servers[0]).toMatchObject({ verdict: 'ready', path: ['4.3.5', '4.3.1'] });
    expect(down.servers[0]?.reasons.map(({ rule }) => rule)).toContain('eocortex.settings-revert');

    expect(await desk.act('rollback', ['pier', 'gate'])).toMatchObject({ outcome: 'done', failures: [] });
    for (const id of ['pier', 'gate'])
      expect(await desk.state(id)).toMatchObject({ version: '4.3.5', rollback: ['4.3.1'] });
    for (const { driveC } of [pier, gate])
      expect(await readSettings(driveC)).toMatchObject({ 'saved-by': '4.3.5' });

    expect(await desk.act('rollback', ['pier', 'gate'])).toMatchObject({ outcome: 'done', failures: [] });
    expect(await desk.updater.run(down, { confirmed: true })).toMatchObject({
      outcome: 'done',
      failures: [],
    });
    for (const [index, id] of ids.entries()) {
      const state = await desk.state(id);
      expect(state).toMatchObject({ version: '4.3.1', rollback: [] });
      expect(state.facts?.service?.state).toBe('running');
      expect(await readSettings(machines[index]!.driveC)).toEqual(before[index]);
    }
    const log = await readFile(yard.file('C:\\standin\\log.txt'), 'utf8');
    const starts = [...log.matchAll(/(\d+\.\d+\.\d+) started/g)].map(([, version]) => version);
    expect(starts.filter((version, index) => version !== starts[index - 1])).toEqual([
      '4.3.1',
      '4.3.5',
      '4.4.2',
      '4.3.5',
      '4.3.1',
    ]);
    expect(await historyOf(yard)).toEqual(['4.3.1']);
    const none = await desk.plan('rollback', ids);
    expect(none.servers.map(({ verdict }) => verdict)).toEqual(['blocked', 'blocked', 'blocked']);
  });
});
