import axe from 'axe-core';
import type { FrameLocator, Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { session, useWorkbench } from './session';
import { until } from '../lab/until';
import { exactly } from './exactly';

const workbench = useWorkbench();
const minutes = 60_000;

const view = (): FrameLocator => workbench().webview();
const rows = (): Locator => view().locator('.row');
const row = (id: string): Locator =>
  rows().filter({ has: view().locator('.name', { hasText: exactly(id) }) });
const press = (label: string | RegExp): Promise<void> =>
  view().locator('vscode-button', { hasText: label }).first().click();
const tab = (name: string): Promise<void> => view().getByRole('tab', { name }).click();

async function shows(id: string, text: RegExp, within = 20_000): Promise<void> {
  await until(
    `${id} to show ${String(text)} in the fleet view`,
    async () => text.test((await row(id).innerText()).replace(/\s+/g, ' ')),
    within,
  );
}

/** What axe finds wrong in the page of the fleet view as it stands. The workbench around it is not ours. */
async function faults(): Promise<string[]> {
  const app = await view().locator('#app').elementHandle();
  const frame = await app?.ownerFrame();
  if (!frame) throw new Error('no page');
  await frame.evaluate(axe.source);
  const { violations } = await frame.evaluate<axe.AxeResults>(
    "axe.run('#app', { resultTypes: ['violations'] })",
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}\n${failureSummary ?? ''}`),
  );
}

it('shows every server of the fleet, its version and where it shall go', async () => {
  // The palette knows our commands once the extension has been read.
  await workbench().showContainer('VMS Fleet');
  await workbench().treeRow('pier-1', 'Fleet');
  await workbench().palette('VMS Fleet: Open Fleet View');
  await shows('pier-1', /not downloaded 1\.4\.1 1\.5\.0/);
  await shows('lighthouse', /installed 1\.5\.0 1\.5\.0/);
  expect(await rows().count()).toBe(session().servers.length);
});

it(
  'is narrowed down by the keyboard alone, and remembers it over a reload',
  { timeout: minutes },
  async () => {
    const filter = view().getByRole('textbox', { name: 'Filter servers' });
    await view().locator('.line').first().click();
    await workbench().page.keyboard.press('/');
    await workbench().page.keyboard.type('breakwater');
    await until('one server to be left', async () => (await rows().count()) === 1);
    await workbench().page.keyboard.press('ArrowDown');
    await until(
      'the focus to be in the table',
      async () => (await view().locator('.line:focus').count()) === 1,
    );
    await workbench().page.keyboard.press('ArrowDown');
    await until(
      'lighthouse to be selected',
      async () => (await row('lighthouse').getAttribute('aria-selected')) === 'true',
    );
    // What is kept is written a moment later.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await workbench().reload();
    await shows('lighthouse', /installed/, 40_000);
    expect(await rows().count()).toBe(1);
    expect(await filter.inputValue()).toBe('breakwater');
    expect(await row('lighthouse').getAttribute('aria-selected')).toBe('true');
    await view().getByRole('button', { name: 'Clear', exact: true }).click();
  },
);

it(
  'plans, asks, installs and shows the waves, all from the fleet view',
  { timeout: 4 * minutes },
  async () => {
    await row('pier-1').click();
    await row('pier-2').click({ modifiers: ['ControlOrMeta'] });
    await row('lighthouse').click({ modifiers: ['ControlOrMeta'] });
    await view().getByText('Install and Download leave out lighthouse (installed).').waitFor();
    await press('Install…');
    await view().getByRole('heading', { name: 'Install: 2 servers' }).waitFor();
    const plan = (await view().locator('.plan').innerText()).replace(/\s+/g, ' ');
    expect(plan).toContain('Wave 0, first of all 1 pier-1 ready');
    expect(plan).toContain('banalytics.restart-window');
    expect(plan).toContain('It takes about 15 min (assumed: no earlier rollout from this computer tells).');
    expect(plan).toContain('1.4.1 → 1.5.0');
    await view().locator('.plan summary').first().click();
    expect(await view().locator('.plan-steps li').first().innerText()).toContain('com.banalytics.box:core');
    expect(await faults()).toEqual([]);
    await press('Install 2 Servers…');
    expect(await workbench().modal('Install')).toContain('pier-2');

    await view().getByRole('heading', { name: 'Installing 1.5.0: 0 of 2 servers done' }).waitFor();
    const timeline = () => view().locator('.rollout-body').innerText();
    await until('pier-2 to say behind what it waits', async () =>
      (await timeline()).includes('after wave 0: pier-1'),
    );
    await until('pier-1 to restart', async () => /restarting/.test(await timeline()), 60_000);
    await press('Pause');
    await view().locator('vscode-button', { hasText: 'Continue' }).waitFor();
    expect(await view().locator('.rollout .plan-head').innerText()).toContain('· paused');
    await tab('Servers');
    await view().getByRole('button', { name: 'Details of the server' }).click();
    await row('pier-1').click();
    await shows('pier-1', /restarting|verifying|installed/);
    await view().locator('.steps').getByText('check-package').waitFor();
    await view().locator('.log li', { hasText: 'restart' }).first().waitFor();
    await workbench().screenshot('fleet-view-running');
    expect(await faults()).toEqual([]);
    await shows('pier-1', /installed 1\.5\.0/, 120_000);
    await shows('pier-2', /queued/);
    await press('Continue');
    await shows('pier-2', /installed 1\.5\.0/, 120_000);

    await tab('Rollouts');
    await view().getByRole('heading', { name: 'Install 1.5.0: 2 of 2 servers done' }).waitFor();
    const said = await timeline();
    expect(said).toMatch(/Wave 0[\s\S]*pier-1[\s\S]*done[\s\S]*away \d+ s/);
    await press('Report');
    await workbench()
      .page.locator('.tab', { hasText: /Preview Rollout/ })
      .waitFor();
    await workbench().palette('View: Close Editor');
    expect(said).toMatch(/Wave 1[\s\S]*pier-2[\s\S]*done[\s\S]*away \d+ s/);
  },
);

it('rolls back step by step, and leaves the fleet as it was', { timeout: 3 * minutes }, async () => {
  await tab('Servers');
  await row('pier-1').click();
  await view().locator('.next vscode-button', { hasText: 'Roll Back…' }).waitFor();
  await row('pier-2').click({ modifiers: ['ControlOrMeta'] });
  await view().locator('.actions vscode-button', { hasText: 'Roll Back…' }).click();
  await view().getByRole('heading', { name: 'Roll Back: 2 servers' }).waitFor();
  await press('Roll Back 2 Servers…');
  expect(await workbench().modal('Roll Back')).toContain('1.4.1');
  await view().getByRole('heading', { name: 'Roll Back: 2 of 2 servers done' }).waitFor({ timeout: 120_000 });
  await tab('Servers');
  await shows('pier-1', /1\.4\.1 1\.5\.0/);
  await shows('pier-2', /1\.4\.2 1\.5\.0/);
});

it('plans by what earlier rollouts took', async () => {
  await row('pier-1').click();
  await view().locator('.next vscode-button', { hasText: 'Install…' }).click();
  await view().getByRole('heading', { name: 'Install: 1 server' }).waitFor();
  expect(await view().locator('.plan').innerText()).toMatch(
    /It takes about \d+ (s|min), \d+ s of it without recording \(as on this server once before\)\./,
  );
  expect(await faults()).toEqual([]);
  await workbench().screenshot('fleet-view-plan');
  await press('Close');
});

it('shows versions and packages of each system', async () => {
  await tab('Systems');
  const card = view().getByRole('region', { name: 'harbour', exact: true });
  await card
    .getByRole('img', { name: 'Versions: 1.5.0: 1 server, 1.4.2: 1 server, 1.4.1: 1 server' })
    .waitFor();
  expect(await card.locator('tbody tr').first().innerText()).toMatch(/core\s+1\.5\.0\s+loaded/);
  await card.getByRole('button', { name: /1\.4\.1/ }).click();
  await until('the table to show that version only', async () => (await rows().count()) === 1);
  await view().getByRole('button', { name: 'Clear', exact: true }).click();
});

it('leaves axe nothing to find, in dark, light and high contrast', { timeout: 3 * minutes }, async () => {
  for (const theme of ['Dark Modern', 'Light Modern', 'Dark High Contrast', 'Light High Contrast']) {
    await workbench().palette('Preferences: Color Theme');
    await workbench().quick.pick(theme);
    for (const name of ['Servers', 'Systems', 'Rollouts']) {
      await tab(name);
      await until(
        `${name} to be there`,
        async () => (await view().locator('.row, .card, .timeline').count()) > 0,
      );
      expect(await faults(), `${theme}, ${name}`).toEqual([]);
      await workbench().screenshot(`fleet-view ${theme} ${name}`);
    }
  }
});
