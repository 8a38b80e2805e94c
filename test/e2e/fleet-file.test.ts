import { afterAll, expect, it } from 'vitest';
import { makeFolder, pageOf } from './folders';
import { useWorkbench } from './session';
import { until } from '../lab/until';

const workbench = useWorkbench();
const folder = makeFolder();
afterAll(() => folder.remove());

/** Waits until the side bar says so. */
async function says(text: string): Promise<void> {
  await until(`the side bar to say "${text}"`, async () =>
    (await workbench().section('Fleet').innerText()).replace(/\s+/g, ' ').includes(text),
  );
}

async function open(url: string): Promise<void> {
  await workbench().open(url);
  await workbench().showContainer('VMS Fleet');
}

it('says in an empty window how to begin', async () => {
  await open(pageOf({ ew: 'true' }));
  await says('Open the folder that holds your fleet file.');
  await says('Open a Fleet File');
});

it('says in a folder without a fleet file that there is none', async () => {
  await open(folder.url);
  await says('This workspace has no fleet file yet');
  await says('New Fleet File');
});

it('shows a fleet as soon as its file is there', async () => {
  folder.writeFleet((text) => text);
  await workbench().treeRow('hall-b', 'Fleet');
});

it('keeps the last good state when the file breaks, names the line, and recovers', async () => {
  let line = 0;
  folder.writeFleet((text) => {
    const broken = text.replace('"canary": 1,', '"canary": 1');
    // The comma is missed where the next word begins.
    line = broken.slice(0, broken.indexOf('"health"')).split('\n').length;
    return broken;
  });
  await says('fleet.jsonc has 1 error (see Problems); its last good state is shown.');
  await workbench().treeRow('hall-b', 'Fleet');
  await workbench().palette('Problems: Focus on Problems View');
  const problem = workbench().page.locator('.markers-panel .monaco-list-row', {
    hasText: 'comma is missing',
  });
  await problem.first().waitFor();
  expect(await problem.first().innerText()).toContain(`Ln ${line},`);
  folder.writeFleet((text) => text.replace('"hall-b"', '"hall-z"'));
  await workbench().treeRow('hall-z', 'Fleet');
  await until(
    'the fault to be forgotten',
    async () => !(await workbench().section('Fleet').innerText()).includes('error'),
  );
});
