import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../lab/until';
import { session, useWorkbench } from './session';

const workbench = useWorkbench();
const fleetFile = () => session().fleet ?? '';
let before = '';
beforeAll(() => (before = readFileSync(fleetFile(), 'utf8')));
// Other tests stand before the same fleet.
afterAll(() => writeFileSync(fleetFile(), before));

it('says above each system of the fleet file how it stands', async () => {
  const { page } = workbench();
  await workbench().openFile(basename(fleetFile()));
  const lens = page.locator('.codelens-decoration', { hasText: 'servers: ' });
  await lens.first().waitFor();
  // A click on it asks them.
  await lens.first().locator('a').first().click();
  await until('what the servers said', async () =>
    /installed|not downloaded|loaded/.test(await lens.first().innerText()),
  );
  await workbench().screenshot('code lens');
  expect(await lens.first().innerText()).toMatch(/^\d servers: .*Update.*Open Fleet View/s);
});

it('adds a server step by step, and says why a connection fails', async () => {
  const { page, quick } = workbench();
  await quick.command('VMS Fleet: Add Server…');
  await quick.pick('harbour');
  // Said while it is typed.
  await quick.widget.locator('.quick-input-box input').fill('a@b@c');
  await until('why that is no address', async () =>
    (await quick.message()).includes('An address is host, host:port or user@host:port.'),
  );
  await quick.input('root@127.0.0.1:2');
  await quick.input('root');
  await workbench().screenshot('add server, way');
  await quick.pick('Directly');
  await quick.input('pier-9');
  const dialog = page.locator('.monaco-dialog-box');
  await dialog.waitFor();
  await workbench().screenshot('add server, no connection');
  expect(await dialog.innerText()).toContain('refuses connections on port 2');
  await dialog.getByText('Write It Anyway').click();
  await quick.pick('Linux');
  await quick.input('env-9');
  await quick.pick('pier');
  await until('the entry', () => readFileSync(fleetFile(), 'utf8').includes('"pier-9"'));
  await workbench().screenshot('added server');
  expect(readFileSync(fleetFile(), 'utf8')).toMatch(
    /"pier-9": \{[^}]*"environment": "env-9",\s*"site": "pier"/,
  );
});

it('shows the walkthrough', async () => {
  const { page, quick } = workbench();
  await quick.command('Welcome: Open Walkthrough...');
  await quick.pick('Get Started with VMS Fleet');
  await page.locator('.getting-started-step').first().waitFor();
  await page
    .frameLocator('iframe.webview.ready')
    .frameLocator('iframe#active-frame')
    .getByText('A fleet to play with')
    .waitFor();
  await workbench().screenshot('walkthrough');
});
