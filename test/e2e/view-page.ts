import { existsSync, readFileSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { HostEvent, RequestName, Requests, ServerRow, Snapshot } from '../../src/webview/protocol';
import type { ServerStatus } from '../../src/updater/rollout/events';

/** The built page of the fleet view in a browser by itself, with a host that the caller plays. */
export interface ViewPage {
  page: Page;
  /** Tells the page something, as the extension would. */
  tell(event: HostEvent): Promise<void>;
  /** What the page has asked under a name. */
  asked<Name extends RequestName>(name: Name): Promise<Requests[Name]['ask'][]>;
  close(): Promise<void>;
}

const address = 'http://fleet-view.test/';

type Answers = { [Name in RequestName]?: Requests[Name]['answer'] };

/** Opens the page on a snapshot. It asks for it, as always. @param answers to what else it asks; without, it is told that there is nothing */
export async function openViewPage(snapshot: Snapshot, answers: Answers = {}): Promise<ViewPage> {
  const executablePath = process.env['CHROME_PATH'];
  if (executablePath === undefined) throw new Error('CHROME_PATH is not set');
  if (!existsSync('dist/webview.js')) throw new Error('The page is not built. Run: npm run build');
  const browser: Browser = await chromium.launch({ executablePath, timeout: 60_000 });
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  page.setDefaultTimeout(20_000);
  await page.route(`${address}**`, async (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    if (name === '') return route.fulfill({ contentType: 'text/html', body: documentText });
    if (!/^webview\.(js|css)$/.test(name)) return route.fulfill({ status: 404, body: '' });
    const contentType = name.endsWith('.css') ? 'text/css' : 'text/javascript';
    return route.fulfill({ contentType, body: readFileSync(`dist/${name}`) });
  });
  await page.addInitScript(`window.played = ${JSON.stringify({ snapshot, answers })};`);
  await page.addInitScript({ path: 'test/e2e/play-host.mjs' });
  await page.goto(address);
  return {
    page,
    tell: (event) => page.evaluate(`window.postMessage(${JSON.stringify({ kind: 'event', event })}, '*')`),
    asked: (name) =>
      page.evaluate(`played.asked.filter((one) => one.name === '${name}').map(({ body }) => body)`),
    close: () => browser.close(),
  };
}

/** As the extension's own document, colours too: the page has none but VS Code's. */
const documentText = `<!DOCTYPE html><html lang="en"><head><meta charset="UTF-8"><title>Fleet View</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self'; style-src 'self' 'nonce-n';">
<meta property="csp-nonce" content="n"><link rel="stylesheet" href="/webview.css"></head>
<body class="vscode-dark"><div id="app"></div><script src="/webview.js"></script></body></html>`;

const statuses: ServerStatus[] = ['installed', 'loaded', 'not-downloaded', 'failed', 'downloading'];

/** So many servers in systems of 100, at 40 sites, in every way a server can be. */
export function manyServers(n: number): Snapshot {
  const rows = Array.from({ length: n }, (_, i): ServerRow => manyRow(i));
  const now = '2026-11-25T08:00:00.000Z';
  const fleets = [{ id: 'file:///big.fleet.jsonc', name: 'Big', file: 'big.fleet.jsonc' }];
  return { seq: 0, now, fleets, fleet: 'file:///big.fleet.jsonc', errors: 0, rows, rollouts: [] };
}

/** The row of one of them; `turn` changes how it stands. */
export function manyRow(i: number, turn = 0): ServerRow {
  const status = statuses[(i + turn) % statuses.length] ?? 'installed';
  return {
    id: `srv-${i}`,
    system: `system-${Math.floor(i / 100)}`,
    product: i % 3 === 0 ? 'eocortex' : 'banalytics',
    site: `site ${i % 40}`,
    tags: i % 7 === 0 ? ['ptz'] : [],
    status,
    icon: 'pass',
    colour: 'testing.iconPassed',
    asking: false,
    version: `1.${i % 5}.0`,
    target: '1.5.0',
    percent: status === 'downloading' ? (i + turn) % 100 : null,
    since: '2026-11-25T07:00:00.000Z',
    wave: null,
    note: status === 'failed' ? `${i}: the service did not come up` : '',
    blocked: false,
    offers: status === 'installed' ? ['restart'] : ['download', 'install', 'restart'],
  };
}
