import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import type { Locator } from 'playwright-core';
import { session, useWorkbench } from './session';
import { until } from '../lab/until';
import { exactly } from './exactly';

const workbench = useWorkbench();
const minutes = 60_000;
const fleetFile = () => session().fleet ?? '';
let before = '';
beforeAll(() => (before = readFileSync(fleetFile(), 'utf8')));

/** The side bar's sections beside the fleet, opened as a person opens them. */
async function open(section: string): Promise<Locator> {
  const header = workbench().section(section).locator('.pane-header');
  await until(`${section} to be open`, async () => {
    if ((await header.getAttribute('aria-expanded')) === 'true') return true;
    await header.click();
    return undefined;
  });
  return workbench().section(section);
}

/** A button in a section's title bar, by its tooltip. */
async function titleAction(section: string, title: string): Promise<void> {
  const pane = workbench().section(section);
  await pane.locator('.pane-header').hover();
  await pane.locator(`.pane-header a.action-label[aria-label^="${title}"]`).click();
}

/** Drags a row onto another, as slowly as VS Code needs to see it. */
async function drag(row: Locator, onto: Locator): Promise<void> {
  const { mouse } = workbench().page;
  const to = await onto.boundingBox();
  if (!to) throw new Error('nothing to drop on');
  await row.hover();
  await mouse.down();
  for (const below of [30, 6, 8, 10]) await mouse.move(to.x + 80, to.y + below, { steps: 5 });
  await mouse.up();
}

it('groups the servers by the menu of the view, and ticks what holds', async () => {
  await workbench().showContainer('VMS Fleet');
  await workbench().treeRow(/pier-1.*1\.4\.1/, 'Fleet');
  const { page } = workbench();
  const entry = (label: string) =>
    page.locator('.context-view .monaco-menu .action-item', { hasText: exactly(label) }).first();
  // A menu takes no click in its first tenth of a second, and goes when it is left.
  await until('the menu entry to be taken', async () => {
    if (!(await entry('Group By').isVisible())) await titleAction('Fleet', 'More Actions');
    await entry('Group By').click({ timeout: 1000 });
    await entry('✓ Group by System').waitFor({ timeout: 1000 });
    await workbench().screenshot('group by');
    await entry('Group by Tag').click({ timeout: 1000 });
    await entry('Group by Tag').waitFor({ state: 'hidden', timeout: 1000 });
    return true;
  });
  for (const tag of ['ptz', 'solar']) await workbench().treeRow(tag, 'Fleet');
  await workbench().screenshot('grouped by tag');
  await workbench().palette('VMS Fleet: Group by Status');
  await workbench().treeRow('Installed', 'Fleet');
  await workbench().screenshot('grouped by status');
  await workbench().palette('VMS Fleet: Group by System');
  await workbench().treeRow('harbour', 'Fleet');
});

it('shows only the servers that were asked for while it is typed, says so, and all again', async () => {
  await titleAction('Fleet', 'Filter Servers…');
  const box = workbench().quick.widget.locator('.quick-input-box input');
  await box.fill('ptz');
  await until('the tree to follow', async () => {
    const labels = await workbench().treeLabels('Fleet');
    return labels.includes('pier-1') && !labels.includes('hall-a');
  });
  await box.press('Enter');
  await until('the message', async () =>
    (await workbench().section('Fleet').innerText()).replace(/\s+/g, ' ').includes('2 of'),
  );
  await workbench().screenshot('filtered');
  await titleAction('Fleet', 'Clear Filter');
  await workbench().treeRow('hall-a', 'Fleet');
});

it('keeps several selected rows selected while their servers are asked', async () => {
  await workbench().showContainer('VMS Fleet');
  const { page } = workbench();
  const names = ['pier-1', 'pier-2', 'lighthouse', 'hall-a'];
  const rows: Locator[] = [];
  for (const name of names) rows.push(await workbench().treeRow(name, 'Fleet'));
  await workbench().select(rows);
  const selected = page.locator('.sidebar .monaco-list-row.selected .label-name');
  for (let round = 0; round < 2; round++) {
    await titleAction('Fleet', 'Refresh All Servers');
    // Their rows are drawn anew a second after they were asked, at the latest.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(await selected.allInnerTexts()).toEqual(names);
  }
  await rows[0]?.click();
});

it(
  'wants the version whose package is dragged onto a system, after asking',
  { timeout: 2 * minutes },
  async () => {
    const harbour = await workbench().treeRow('harbour', 'Fleet');
    await workbench().contextMenu(harbour, 'Load Package…');
    await workbench().quick.pick('From the Repository…');
    const offered = await workbench().quick.labels();
    const core = offered.find((label) => /^core 1\.4\.2$/.test(label)) ?? '';
    await workbench().quick.pickMany([core]);
    await open('Packages');
    const row = await workbench().treeRow(/core 1\.4\.2/, 'Packages');
    await workbench().screenshot('packages');
    await drag(row, await workbench().treeRow('harbour', 'Fleet'));
    const asked = await workbench().modal('Write');
    expect(asked).toContain('harbour: shall it run core 1.4.2?');
    await workbench().notification('harbour: the fleet file wants core 1.4.2 now.');
    await workbench().treeRow(/pier-1.*1\.4\.1 → 1\.4\.2/, 'Fleet');
  },
);

it('leaves the fleet file as it was, for the tests behind it', async () => {
  writeFileSync(fleetFile(), before);
  await workbench().treeRow(/pier-1.*1\.4\.1 → 1\.5\.0/, 'Fleet');
});
