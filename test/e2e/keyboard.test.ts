import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PlanServer } from '../../src/updater/plan/plan';
import { planned, planOf } from '../unit/rollout/fixtures';
import { at, part, rollout } from '../unit/webview/fixtures';
import { manyServers, openViewPage, type ViewPage } from './view-page';

const reason = { rule: 'banalytics.portal', severity: 'warn' as const, message: 'The portal says nothing.' };
const withSteps = (id: string, over: Partial<PlanServer> = {}): PlanServer =>
  planned(id, { reasons: [reason], steps: [{ step: 'stop' }, { step: 'run', file: 'a.exe' }], ...over });
const began = at(0);

let view: ViewPage;
beforeAll(async () => {
  const snapshot = manyServers(30);
  const parts = [
    part('srv-1', { phases: [{ status: 'restarting', step: 'restart', detail: null, at: began }] }),
    part('srv-2', { wave: 1 }),
  ];
  view = await openViewPage(
    {
      ...snapshot,
      errors: 1,
      rollouts: [rollout(parts, { id: 'r-2' })],
      fleets: [...snapshot.fleets, { id: 'b', name: 'B', file: 'b' }],
    },
    {
      plan: planOf(
        [
          withSteps('srv-1'),
          withSteps('srv-2', { wave: 1 }),
          withSteps('srv-3', { verdict: 'blocked', reasons: [{ ...reason, severity: 'block' }], steps: [] }),
        ],
        { srv: 2 },
      ),
      systems: [
        {
          ...{
            id: 'system-0',
            product: 'banalytics',
            target: '1.5.0',
            hasModules: true,
            hasRepository: true,
          },
          packages: [{ name: 'core', version: '1.5.0', loaded: true, size: 5, sha256: 'ab'.repeat(32) }],
        },
      ],
      rollouts: [
        {
          ...{ id: 'r-1', action: 'install', to: '1.4.0', by: 'me', startedAt: began, finishedAt: null },
          ...{ state: 'interrupted', servers: [{ id: 'srv-1', outcome: null }], resumable: true },
        },
      ],
      rollout: rollout(parts, { id: 'r-1' }),
      server: {
        ...{ id: 'srv-3', facts: [['OS', 'Debian']], rollback: ['1.0.0'], reasons: [reason] },
        modules: [{ module: 'core', description: '1.1.0 → 1.5.0', differs: true }],
        error: { code: 'space', message: 'No room.', hint: 'Free some.' },
        part: { rollout: 'r-2', action: 'install', server: part('srv-3') },
        log: [{ at: began, level: 'info', text: 'asked', server: 'srv-3' }],
      },
    },
  );
  await view.page.locator('.row').first().waitFor();
});
afterAll(() => view.close());

/** In the page: what a mouse can act on, but for the table's lines and the tabs, which arrows go through. */
const things = `[...document.querySelectorAll('button, a[href], summary, input, select, [tabindex], vscode-button, vscode-text-field, vscode-dropdown')]
  .filter((one) => one.checkVisibility() && !one.disabled && !one.matches('.line, [role=tab]'))`;
/** Marks what has the focus, and says what it is. */
const look = `{
  const one = document.activeElement;
  const known = one.hasAttribute('data-reached');
  if (one !== document.body) one.setAttribute('data-reached', '');
  one === document.body ? 'nothing' : known ? 'known' : one.closest('.head') ? 'head' : 'new';
}`;

/** What Tab, and arrows among the heads of the columns, do not come to on the page as it stands. */
async function unreached(): Promise<string[]> {
  const { page } = view;
  const press = async (key: string): Promise<string> => {
    await page.keyboard.press(key);
    await page.waitForTimeout(20);
    return page.evaluate<string>(look);
  };
  // It begins behind the place of the last click.
  await page.getByRole('heading', { level: 1 }).click();
  for (let left = 200, where = ''; left > 0 && where !== 'nothing'; left--) {
    where = await press('Tab');
    if (where === 'head') while ((await press('ArrowRight')) !== 'known');
  }
  return page.evaluate<string[]>(
    `${things}.filter((one) => !one.hasAttribute('data-reached')).map((one) => one.outerHTML.slice(0, 200))`,
  );
}

const tab = (name: string): Promise<void> => view.page.getByRole('tab', { name }).click();

it('comes to everything of the table, the filter and the details', async () => {
  await view.page.locator('.row').nth(3).click();
  await view.page.getByRole('button', { name: 'Filter by system, site, tag, product, version' }).click();
  await view.page.getByRole('button', { name: 'Details of the server' }).click();
  await view.page.locator('.details').getByText('No room.').waitFor();
  expect(await unreached()).toEqual([]);
  expect(await view.page.locator('.line[data-reached]').count()).toBe(1);
});

it('comes to everything of systems, rollouts and a plan', async () => {
  await tab('Systems');
  await view.page.getByRole('button', { name: 'Choose Versions…' }).waitFor();
  expect(await unreached()).toEqual([]);
  await tab('Rollouts');
  await view.page.getByRole('button', { name: /^Install 1.4.0/ }).click();
  await view.page.locator('vscode-button', { hasText: 'Resume…' }).waitFor();
  expect(await unreached()).toEqual([]);
  await tab('Servers');
  await view.page.locator('.next vscode-button', { hasText: 'Install…' }).click();
  await view.page.locator('vscode-button', { hasText: 'Install 2 Servers…' }).waitFor();
  expect(await unreached()).toEqual([]);
});

it('goes from tab to tab by arrows', async () => {
  await tab('Servers');
  for (const next of ['Systems', 'Rollouts', 'Plan', 'Servers']) {
    await view.page.keyboard.press('ArrowRight');
    await view.page.locator('[role=tab]:focus[aria-selected=true]', { hasText: next }).waitFor();
  }
});
