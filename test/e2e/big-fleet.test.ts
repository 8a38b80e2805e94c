import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ServerRow } from '../../src/webview/protocol';
import { statusWords } from '../../src/vscode/words';
import { until } from '../lab/until';
import { manyRow, manyServers, openViewPage, type ViewPage } from './view-page';

const servers = 5_000;
let view: ViewPage;
beforeAll(async () => {
  view = await openViewPage(manyServers(servers));
  await view.page.locator('.row').first().waitFor();
});
afterAll(() => view.close());

// 50 systems are lines too, and so is the head.
const all = servers + 50 + 1;
const lines = async () => Number(await view.page.locator('#grid').getAttribute('aria-rowcount'));
const rows = () => view.page.locator('.row');
const scrolled = () => view.page.evaluate<number>("document.getElementById('grid').scrollTop");
const focused = () => view.page.evaluate<string>("document.activeElement?.textContent ?? ''");
const row = (id: string) => rows().filter({ has: view.page.getByText(id, { exact: true }) });

it('keeps only what is on the screen in the document, and tells how many there are', async () => {
  expect(await lines()).toBe(all);
  expect(await view.page.locator('.line').count()).toBeLessThan(80);
});

it('goes to the end and back by keyboard, with the focus on the line', async () => {
  await view.page.locator('.line').first().click();
  await view.page.keyboard.press('End');
  await row('srv-4999').waitFor();
  await until('the last line to have the focus', async () => (await focused()).includes('srv-4999'));
  await view.page.keyboard.press('Home');
  await row('srv-0').waitFor();
});

it('narrows down by text and chip, and says how many are left', async () => {
  await view.page.getByRole('textbox', { name: 'Filter servers' }).fill('system-39');
  await view.page.getByText('100 of 5000 servers').waitFor();
  await view.page.getByRole('button', { name: /^failed/ }).click();
  const failed = Array.from({ length: servers }, (_, i) => manyRow(i)).filter(
    ({ system, status }) => system === 'system-39' && status === 'failed',
  ).length;
  await view.page.getByText(`${failed} of 5000 servers`, { exact: true }).waitFor();
  for (const text of await rows().allInnerTexts()) expect(text).toContain('failed');
  await view.page.getByRole('button', { name: 'Clear', exact: true }).click();
  await until('all to be drawn again', async () => (await lines()) === all);
});

it('shows 100 changes a second without losing selection, focus and place', async () => {
  await view.page.evaluate("document.getElementById('grid').scrollTop = 26 * 300");
  await row('srv-300').click();
  await row('srv-305').click({ modifiers: ['Shift'] });
  const place = await scrolled();
  const newest = new Map<string, ServerRow>();
  for (let batch = 1; batch <= 20; batch++) {
    const changed = Array.from({ length: 10 }, (_, i) => manyRow(295 + ((batch + i) % 20), batch));
    for (const one of changed) newest.set(one.id, one);
    await view.tell({ type: 'changes', seq: batch, rows: changed, rollouts: [], log: [] });
    await view.page.waitForTimeout(100);
  }
  // The newest state of each is there.
  const last = newest.get('srv-305')?.status ?? 'unknown';
  await row('srv-305').filter({ hasText: statusWords()[last] }).waitFor();
  expect(await view.page.locator('.row[aria-selected="true"]').count()).toBe(6);
  expect(await focused()).toContain('srv-305');
  expect(await scrolled()).toBe(place);
});

it('asks for everything again when a change is missing', async () => {
  const snapshots = async () => (await view.asked('snapshot')).length;
  const before = await snapshots();
  await view.tell({ type: 'changes', seq: 99, rows: [manyRow(1, 1)], rollouts: [], log: [] });
  await until('a new snapshot', async () => (await snapshots()) > before);
});

it('acts on exactly the servers that are selected, and says whom it leaves out', async () => {
  await view.page.keyboard.press('Escape');
  await view.page.getByRole('textbox', { name: 'Filter servers' }).fill('srv-12');
  await row('srv-12').click();
  await view.page.keyboard.press('Control+a');
  const shown = 1 + 10 + 100;
  await view.page.getByText(`${shown} servers selected`).first().waitFor();
  const left = Array.from({ length: servers }, (_, i) => manyRow(i)).filter(
    ({ id, offers }) => id.startsWith('srv-12') && !offers.includes('install'),
  ).length;
  await view.page.getByText(`Install and Download leave out ${left} servers (${left} installed).`).waitFor();
  await view.page.locator('vscode-button', { hasText: 'Refresh' }).click();
  await until('the command', async () => (await view.asked('run')).length === 1);
  const [ran] = await view.asked('run');
  expect(ran?.verb).toBe('refreshSelected');
  expect(ran?.servers).toHaveLength(shown);
});
