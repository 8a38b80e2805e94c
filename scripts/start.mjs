// `npm start`: from a fresh clone to a running VS Code with the extension and a demo fleet of real SSH servers on this machine.
// Options: --no-open (print the address, open nothing), --reset (the demo afresh), --port N (of the address).
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
// Node's own modules only, up to here and in these: on a fresh clone there is nothing else yet.
import { readOptions, wrongUsage } from './lib/options.mjs';
import { installSshd } from './lib/sshd.mjs';
import { installWine } from './lib/wine.mjs';
import { startDemo } from './lib/demo.mjs';
import {
  desktopCode,
  ensureBuilt,
  ensureDependencies,
  hasDisplay,
  inRepo,
  start,
  stopAll,
  tool,
} from './lib/prepare.mjs';
import { placeExtension, startCodeServer } from './code-server.mjs';

if (Number(process.versions.node.split('.')[0]) < 20) throw new Error('VMS Fleet needs Node 20 or newer.');
const { values: options } = readOptions({
  options: {
    'no-open': { type: 'boolean', default: false },
    reset: { type: 'boolean', default: false },
    port: { type: 'string', default: '0' },
  },
});
const open = !options['no-open'];
const port = Number(options.port);
if (!Number.isInteger(port) || port < 0 || port > 65_535) wrongUsage('--port: a number from 0 to 65535');

const cache = inRepo('.cache');
mkdirSync(cache, { recursive: true });

try {
  await ensureDependencies();
  await ensureBuilt();
  await installSshd();
  await installWine();
  console.log('Starting the demo fleet …');
  const demo = await startDemo(join(cache, 'demo'), {
    reset: options.reset,
    windows: join(cache, 'windows'),
    deadline: 300_000,
  });
  const code = open ? desktopCode() : undefined;
  const vscode = code === undefined ? await browser(demo) : desktop(code, demo);
  console.log(`
  VMS Fleet runs.

  ${vscode.what}
  Demo fleet   ${demo.fleet}
               ${demo.servers.length} servers on this machine, reached by SSH: ${demo.servers.map(({ id }) => id).join(', ')}

${demo.notes.map((note) => `  Note         ${note}\n`).join('')}
  Try first    the VMS Fleet icon on the left: the servers with what they run.
               Then the fleet's menu (right click): Download, Install Version…, Roll Back to Earlier Version…
  Start over   npm start -- --reset
  End          Ctrl-C
`);
  const ended = await Promise.race([
    vscode.ended.then(() => 'VS Code was closed.'),
    demo.ended.then((exit) => `The demo fleet ended (${exit}).`),
  ]);
  console.log(ended);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
await stopAll();
process.exit();

/** VS Code desktop with settings of its own: the person's stay untouched. */
function desktop(code, demo) {
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const { ended } = start(
    code,
    [
      ...['--wait', '--new-window', '--disable-workspace-trust', ...asRoot],
      ...[
        '--user-data-dir',
        join(cache, 'vscode-user'),
        '--extensions-dir',
        join(cache, 'vscode-extensions'),
      ],
      ...[`--extensionDevelopmentPath=${inRepo()}`, dirname(demo.fleet)],
    ],
    { env: { ...process.env, VMS_FLEET_HOME: demo.dataDir }, stdio: 'ignore' },
  );
  return { what: 'VS Code      its window opens now', ended };
}

/** The same VS Code, served to a browser. */
async function browser(demo) {
  const extensionsDir = join(cache, 'code-server', 'extensions');
  rmSync(extensionsDir, { recursive: true, force: true });
  placeExtension(extensionsDir);
  const server = await startCodeServer({
    userDataDir: join(cache, 'code-server', 'user'),
    extensionsDir,
    port,
    env: { VMS_FLEET_HOME: demo.dataDir },
  });
  const address = `${server.url}/?folder=${encodeURIComponent(dirname(demo.fleet))}`;
  const opener = process.platform === 'darwin' ? tool('open') : tool('xdg-open');
  if (open && opener && hasDisplay()) start(opener, [address], { stdio: 'ignore' });
  return { what: `VS Code      open ${address}`, ended: server.ended };
}
