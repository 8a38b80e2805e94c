import { expect, it } from 'vitest';
import { useWorkbench } from './session';
import { until } from '../lab/until';

const workbench = useWorkbench();
const minutes = 60_000;

const log = (): string => workbench().outputChannel('VMS Fleet');

/** Waits until the row of a server reads so. */
async function shows(id: string, text: string, within: number): Promise<void> {
  await until(
    `${id} to show "${text}"`,
    async () =>
      (await (await workbench().treeRow(id, 'Fleet')).innerText()).replace(/\s+/g, ' ').includes(text)
        ? true
        : undefined,
    within,
  );
}

/** The whole job by mouse and keyboard, on real SSH servers: the order of the tests is the order of a night's work. */
it('shows systems, servers and their versions', async () => {
  await workbench().showContainer('VMS Fleet');
  await workbench().treeRow(/pier-1.*1\.4\.1/, 'Fleet');
  await workbench().treeRow(/lighthouse.*1\.5\.0/, 'Fleet');
  const labels = await workbench().treeLabels('Fleet');
  expect(labels).toEqual(
    expect.arrayContaining(['harbour', 'tram-depot', 'pier-1', 'pier-2', 'lighthouse', 'hall-a']),
  );
  const row = await workbench().treeRow('pier-1', 'Fleet');
  await workbench().expand(row);
  await workbench().treeRow(/com\.banalytics\.box:core|core/, 'Fleet');
  await workbench().collapse(row);
  await workbench().screenshot('tree');
});

it(
  'installs on a server from its context menu, and the machine goes and returns',
  { timeout: 3 * minutes },
  async () => {
    const row = await workbench().treeRow('pier-1', 'Fleet');
    await workbench().contextMenu(row, 'Install Version…');
    const asked = await workbench().modal('Install');
    expect(asked).toContain('pier-1');
    expect(asked).toContain('1.5.0');
    expect(asked.toLowerCase()).toContain('recording');
    await workbench().treeRow(/pier-1.*(download|install|restart)/i, 'Fleet');
    await until('pier-1 to restart', () => /\[pier-1\] restart/.test(log()) || undefined, 90_000);
    await workbench().screenshot('installing');
    expect(await workbench().statusBar('VMS Fleet')).toMatch(/VMS Fleet/);
    await until('the rollout to end', () => /Rollout \S+ done|1 done/.test(log()) || undefined, 90_000);
    await workbench().treeRow(/pier-1.*1\.5\.0/, 'Fleet');
    await workbench().screenshot('installed');
  },
);

it('writes server and step on each line of the output channel', () => {
  const lines = log().split('\n');
  for (const step of ['backup', 'arm', 'restart', 'check-swap', 'record', 'check-service'])
    expect(
      lines.some((line) => line.includes(`[pier-1] ${step}`)),
      step,
    ).toBe(true);
});

it('rolls it back by the palette', { timeout: 3 * minutes }, async () => {
  await (await workbench().treeRow('pier-1', 'Fleet')).click();
  await workbench().palette('VMS Fleet: Roll Back to Earlier Version…');
  const asked = await workbench().modal('Roll Back');
  expect(asked).toContain('1.4.1');
  await shows('pier-1', '1.4.1 → 1.5.0 · loaded', 90_000);
});

it('updates several servers at once, and asks once', { timeout: 4 * minutes }, async () => {
  const rows = [await workbench().treeRow('pier-1', 'Fleet'), await workbench().treeRow('pier-2', 'Fleet')];
  await workbench().select(rows);
  const last = rows[1];
  if (last === undefined) throw new Error('no row');
  await workbench().contextMenu(last, 'Install Version…');
  const asked = await workbench().modal('Install');
  expect(asked).toContain('pier-1');
  expect(asked).toContain('pier-2');
  for (const id of ['pier-1', 'pier-2']) await shows(id, '1.5.0 · installed', 120_000);
  const lines = log();
  // The canary was proven before the second one was touched.
  expect(lines.lastIndexOf('[pier-1] check-service: done')).toBeLessThan(lines.indexOf('[pier-2] start'));
});
