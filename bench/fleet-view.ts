import { statSync } from 'node:fs';
import * as path from 'node:path';
import { manyRow, manyServers, openViewPage, type ViewPage } from '../test/e2e/view-page';
import type { Bench } from './bench';
import { figure, type Ratio } from './rounds';

const servers = 5_000;
/** ms; a task that takes no longer delays no frame that anybody would miss. */
const frame = { atMost: 50 };

/** How the page of the fleet view bears 5,000 servers, in a Chromium by itself. */
export async function fleetViewBench(bench: Bench): Promise<Ratio[]> {
  bench.say(`Fleet view with ${servers} servers`);
  if (process.env['CHROME_PATH'] === undefined) {
    bench.say('NOT MEASURED: there is no Chromium.');
    return [];
  }
  const first: number[] = [];
  const filtering: number[] = [];
  const scrolling: number[] = [];
  const changing: number[] = [];
  for (let round = 1; round <= bench.rounds; round++) {
    const view = await openViewPage(manyServers(servers));
    try {
      await view.page.locator('.row').first().waitFor();
      first.push(await view.page.evaluate<number>('played.firstRows'));
      filtering.push(await longest(view, filter));
      scrolling.push(await longest(view, scroll));
      changing.push(await longest(view, change));
    } finally {
      await view.close();
    }
    const figures = [first, filtering, scrolling, changing].map((values) => values.at(-1)?.toFixed(0));
    bench.say(`  round ${round}: ${figures.join(', ')} ms`);
  }
  const kilobytes = statSync(path.join(bench.root, 'dist', 'webview.js')).size / 1000;
  return [
    figure('fleet view: snapshot to first rows, ms', first, { atMost: 300 }),
    figure('fleet view: longest task while filtering, ms', filtering, frame),
    figure('fleet view: longest task while scrolling, ms', scrolling, frame),
    figure('fleet view: longest task at 100 changes a second, ms', changing, frame),
    figure('dist/webview.js, kB', [kilobytes], { atMost: 450 }),
  ];
}

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** µs of the processor, which other programs on this machine do not lengthen. */
  tdur?: number;
  args: { name?: string; data?: { frames?: unknown } };
}

/** ms of the processor that the longest task on the page's main thread took: what keeps a frame from being drawn. */
async function longest(view: ViewPage, act: (view: ViewPage) => Promise<void>): Promise<number> {
  await view.page.waitForTimeout(500);
  const browser = view.page.context().browser();
  if (!browser) throw new Error('no browser');
  await browser.startTracing(view.page, {
    categories: ['toplevel', 'disabled-by-default-devtools.timeline'],
  });
  await act(view);
  const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  const mains = new Set(
    trace.traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = trace.traceEvents.filter(
    ({ name, pid, tid, tdur }) => /RunTask$/.test(name) && tdur !== undefined && mains.has(`${pid} ${tid}`),
  );
  if (tasks.length === 0) throw new Error('the trace holds no task');
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
}

async function filter({ page }: ViewPage): Promise<void> {
  await page.locator('#filter input').click();
  for (const key of 'srv-49 failed') await page.keyboard.type(key, { delay: 40 });
  for (let left = 13; left > 0; left--) await page.keyboard.press('Backspace', { delay: 40 });
}

/** With all servers selected: what stands above the table speaks of all of them. */
async function scroll({ page }: ViewPage): Promise<void> {
  await page.locator('.line').first().click();
  await page.keyboard.press('Control+a');
  await page.mouse.move(700, 500);
  for (let turn = 0; turn < 60; turn++) {
    await page.mouse.wheel(0, turn % 20 === 19 ? 40_000 : 700);
    await page.waitForTimeout(30);
  }
}

async function change(view: ViewPage): Promise<void> {
  for (let batch = 1; batch <= 30; batch++) {
    const rows = Array.from({ length: 10 }, (_, i) => manyRow((batch * 97 + i * 31) % servers, batch));
    await view.tell({ type: 'changes', seq: batch, rows, rollouts: [], log: [] });
    await view.page.waitForTimeout(100);
  }
}
