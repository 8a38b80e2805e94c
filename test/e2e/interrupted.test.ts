import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, expect, it } from 'vitest';
import { makeFolder } from './folders';
import { session, useWorkbench } from './session';
import { until } from '../lab/until';

const workbench = useWorkbench();
const minutes = 60_000;
// Its file wants a newer core in the depot, so that nothing of the harbour is touched.
const folder = makeFolder();
folder.writeFleet((text) => {
  const [harbour, depot] = text.split('"tram-depot"');
  if (depot === undefined) throw new Error('The demo fleet has no depot any more');
  return `${harbour}"tram-depot"${depot.replace('box:core": "1.4.2"', 'box:core": "1.5.0"')}`;
});
afterAll(() => folder.remove());

/** Waits until the row of a server reads so. */
async function shows(id: string, text: RegExp, within = 20_000): Promise<void> {
  await until(
    `${id} to show ${String(text)}`,
    async () => text.test((await (await workbench().treeRow(id, 'Fleet')).innerText()).replace(/\s+/g, ' ')),
    within,
  );
}

async function open(): Promise<void> {
  await workbench().open(folder.url);
  await workbench().showContainer('VMS Fleet');
}

/** With all its processes, as a power cut would; whoever started it starts it again. */
async function killCode(): Promise<void> {
  const { pidFile } = session();
  const group = Number(readFileSync(pidFile, 'utf8'));
  process.kill(-group, 'SIGKILL');
  await until('VS Code to be started again', () => readFileSync(pidFile, 'utf8') !== String(group));
}

it(
  'leaves the server that waits untouched when a rollout is cancelled',
  { timeout: 2 * minutes },
  async () => {
    await open();
    await shows('hall-a', /1\.4\.2 → 1\.5\.0/);
    await shows('hall-b', /1\.4\.2 → 1\.5\.0/);
    const rows = [await workbench().treeRow('hall-a', 'Fleet'), await workbench().treeRow('hall-b', 'Fleet')];
    await workbench().select(rows);
    await workbench().palette('VMS Fleet: Install Version…');
    await workbench().modal('Install');
    await shows('hall-b', /queued/);
    await workbench().palette('VMS Fleet: Cancel Rollout…');
    expect(await workbench().modal('Cancel the Rollout')).toContain('hall-b: waiting: not begun');
    await until(
      'the rollout to end',
      () => /rollout \S+: cancelled/i.test(workbench().outputChannel('VMS Fleet')),
      90_000,
    );
    await workbench().notification(/Install: cancelled/);
    await shows('hall-b', /1\.4\.2 → 1\.5\.0/);
    // The first one was undone, or past its restart and has ended by itself: either way nobody works on it any more.
    await shows('hall-a', /(1\.4\.2 → 1\.5\.0 · (loaded|not downloaded)|1\.5\.0 · installed)/);
  },
);

it(
  'finds the job again after VS Code was killed, and finishes without being asked',
  { timeout: 3 * minutes },
  async () => {
    const row = await workbench().treeRow('hall-b', 'Fleet');
    await row.click();
    await workbench().contextMenu(row, 'Install Version…');
    await workbench().modal('Install');
    await shows('hall-b', /installing|restarting|verifying/, 60_000);
    await killCode();
    await open();
    await shows('hall-b', /1\.5\.0 · installed/, 90_000);
    await workbench().notification(/Install: 1 server installed.*interrupted/);
  },
);

it(
  'goes on with all servers of two systems where VS Code was killed in the middle, and each restarts once',
  { timeout: 4 * minutes },
  async () => {
    const ids = ['pier-1', 'pier-2', 'lighthouse', 'hall-a', 'hall-b'];
    const jobs = (id: string): string[] => {
      const folder = join(dirname(session().fleet ?? ''), 'servers', id, 'vms-fleet', 'jobs');
      return existsSync(folder) ? readdirSync(folder) : [];
    };
    const before = new Map(ids.map((id) => [id, jobs(id).length]));
    const rows: Locator[] = [];
    for (const id of ids) rows.push(await workbench().treeRow(id, 'Fleet'));
    await workbench().select(rows);
    await workbench().palette('VMS Fleet: Restart…');
    const asked = await workbench().modal('Restart');
    for (const id of ids) expect(asked).toContain(id);
    // The canaries are at it, and the others wait.
    await shows('pier-1', /restarting/, 60_000);
    await shows('pier-2', /queued/);
    await workbench().screenshot('killed in a rollout of five');
    await killCode();
    await open();
    await workbench().notification(/Restart: 5 servers.*interrupted/, undefined, 120_000);
    await workbench().screenshot('a rollout of five gone on with');
    for (const id of ids) await shows(id, /installed|loaded|not downloaded/);
    for (const id of ids) expect(jobs(id), id).toHaveLength((before.get(id) ?? 0) + 1);
  },
);
