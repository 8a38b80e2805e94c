import { createReadStream } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { session, useWorkbench } from './session';
import { until } from '../lab/until';

const workbench = useWorkbench();
const minutes = 60_000;

/** Windows-like servers stand in the demo where wine does; in continuous integration it has to. */
const there = session().servers.some(({ id }) => id === 'gate-1');
const test = it.skipIf(!there && process.env['CI'] !== 'true');

const log = (): string => workbench().outputChannel('VMS Fleet');

/** A vendor's download page: the installers that lie beside the fleet file, by their versions. */
let site: Server;
const addressOf = (version: string): string => {
  const address = site.address();
  if (address === null || typeof address === 'string') throw new Error('no download page');
  return `http://127.0.0.1:${address.port}/${version}/EocortexMainCommon%20Installer.exe`;
};

beforeAll(async () => {
  const installers = join(dirname(session().fleet ?? ''), 'installers');
  site = createServer((request, response) => {
    const [, version = '', file = ''] = decodeURIComponent(request.url ?? '').split('/');
    const stream = createReadStream(join(installers, version, file));
    stream.on('error', () => response.writeHead(404).end());
    stream.pipe(response);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
});
afterAll(() => site.close());

async function shows(id: string, text: RegExp, within: number): Promise<void> {
  await until(
    `${id} to show ${String(text)}`,
    async () => text.test((await (await workbench().treeRow(id, 'Fleet')).innerText()).replace(/\s+/g, ' ')),
    within,
  );
}

/** A night at a Windows site, by mouse and keyboard; the order of the tests is the order of the work. */
test(
  'loads the installers of a system from the address of its vendor',
  { timeout: 3 * minutes },
  async () => {
    await workbench().showContainer('VMS Fleet');
    await shows('gate-1', /4\.3\.1/, 60_000);
    for (const version of ['4.3.1', '4.3.5']) {
      const system = await workbench().treeRow('ferry-terminal', 'Fleet');
      await workbench().contextMenu(
        system,
        version === '4.3.1' ? 'Load Package…' : 'Replace Update Package…',
      );
      await workbench().quick.pick('From an Address…');
      await workbench().quick.input(addressOf(version));
      if (version === '4.3.5') expect(await workbench().modal('Replace by 4.3.5')).toContain('4.3.5');
      await workbench().notification(new RegExp(version.replaceAll('.', '\\.')));
    }
    await shows('gate-1', /Not downloaded · 4\.3\.1 → 4\.3\.5/, 60_000);
    await workbench().screenshot('windows-not-downloaded');
  },
);

test('downloads to a server and installs there', { timeout: 5 * minutes }, async () => {
  await workbench().rowAction(await workbench().treeRow('gate-1', 'Fleet'), 'Download');
  await shows('gate-1', /Loaded/, 2 * minutes);
  await workbench().contextMenu(await workbench().treeRow('gate-1', 'Fleet'), 'Install Version…');
  const asked = await workbench().modal('Install');
  for (const word of ['gate-1', '4.3.1', '4.3.5']) expect(asked).toContain(word);
  await shows('gate-1', /Already installed · 4\.3\.5/, 3 * minutes);
  await workbench().screenshot('windows-installed');
  for (const step of ['stop', 'backup', 'run', 'start', 'check-version'])
    expect(log(), step).toContain(`[gate-1] ${step}`);
});

test('rolls it back by the palette, settings too', { timeout: 4 * minutes }, async () => {
  await (await workbench().treeRow('gate-1', 'Fleet')).click();
  await workbench().palette('VMS Fleet: Roll Back to Earlier Version…');
  const asked = await workbench().modal('Roll Back');
  expect(asked).toContain('4.3.1');
  expect(asked.toLowerCase()).toContain('settings');
  await shows('gate-1', /Loaded · 4\.3\.1 → 4\.3\.5/, 3 * minutes);
  expect(log()).toContain('[gate-1] restore');
});

test('restarts a Windows machine and sees it return', { timeout: 4 * minutes }, async () => {
  await workbench().contextMenu(await workbench().treeRow('gate-2', 'Fleet'), 'Restart…');
  expect(await workbench().modal('Restart')).toContain('gate-2');
  await shows('gate-2', /restarting/, 2 * minutes);
  await until('gate-2 to be back', () => /\[gate-2\] restart: done/.test(log()), 3 * minutes);
  await shows('gate-2', /Not downloaded · 4\.3\.1 → 4\.3\.5/, 2 * minutes);
});
