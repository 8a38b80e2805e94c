// A real VS Code without a desktop: code-server, the same workbench and extension host.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureCodeServer } from './lib/code-server-install.mjs';
import { inRepo, must, start, until } from './lib/prepare.mjs';

export { ensureCodeServer };

/** Settings that keep dialogs, tips and the network out of the way. */
export const quietSettings = {
  'chat.disableAIFeatures': true,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'files.simpleDialog.enable': true,
  'git.enabled': false,
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'window.commandCenter': false,
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

/**
 * Starts a code-server on loopback and waits until it answers.
 * @param {{
 *   userDataDir: string, extensionsDir: string, port?: number, settings?: Record<string, unknown>,
 *   env?: Record<string, string>, smokeTestDriver?: boolean, stdio?: import('node:child_process').StdioOptions,
 * }} options `port` 0 (default): a free one. `settings`: laid over `quietSettings`; what the settings file already says stays.
 *   `env`: seen by the extension host too; HOME and XDG_* are a scratch folder inside `userDataDir` unless named here.
 *   `smokeTestDriver`: let a page's payload start tests in the extension host.
 * @returns {Promise<{ url: string, port: number, pid: number, stop: () => Promise<void>, ended: Promise<number>, logsDir: string }>}
 *   `pid`: leads its process group.
 *   `logsDir` holds one folder per start of the server, each with `exthost1/<publisher.name>/<Channel>.log`
 */
export async function startCodeServer(options) {
  const { userDataDir, extensionsDir, settings = {}, smokeTestDriver = false, stdio = 'ignore' } = options;
  const { node, entry } = await ensureCodeServer();
  const home = join(userDataDir, 'home');
  for (const folder of [home, extensionsDir, join(userDataDir, 'User')])
    mkdirSync(folder, { recursive: true });
  writeSettings(join(userDataDir, 'User', 'settings.json'), { ...quietSettings, ...settings });
  const config = join(userDataDir, 'code-server.yaml');
  writeFileSync(config, '');
  const port = options.port || (await freePort());
  const args = [
    entry,
    ...['--config', config, '--auth', 'none', '--bind-addr', `127.0.0.1:${port}`],
    ...['--user-data-dir', userDataDir, '--extensions-dir', extensionsDir],
    ...['--disable-telemetry', '--disable-update-check', '--disable-workspace-trust'],
    ...['--disable-getting-started-override', '--ignore-last-opened'],
    ...(smokeTestDriver ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
  ];
  const server = start(node, args, { env: { ...serverEnvironment(home), ...options.env }, stdio });
  const url = `http://127.0.0.1:${port}`;
  let exited;
  void server.ended.then((code) => (exited = code));
  try {
    await until(
      'code-server to answer',
      () => {
        if (exited !== undefined)
          throw new Error(`code-server ended with code ${exited}; is port ${port} free?`);
        return healthy(url);
      },
      { deadline: 60_000 },
    );
  } catch (error) {
    await server.stop();
    throw error;
  }
  const { stop, ended, child } = server;
  return { url, port, pid: child.pid, stop, ended, logsDir: join(userDataDir, 'logs') };
}

async function healthy(url) {
  try {
    return (await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}

/** Ours, without what belongs to another VS Code or would set up this server differently. */
function serverEnvironment(home) {
  const unwanted = /^(VSCODE_|ELECTRON_|XDG_|NODE_OPTIONS$|PORT$|PASSWORD$|HASHED_PASSWORD$)/;
  const kept = Object.entries(process.env).filter(([name]) => !unwanted.test(name));
  const xdg = ['CONFIG', 'DATA', 'CACHE', 'STATE'].map((what) => [
    `XDG_${what}_HOME`,
    join(home, what.toLowerCase()),
  ]);
  return { ...Object.fromEntries([...kept, ...xdg]), HOME: home };
}

function writeSettings(file, settings) {
  const own = existsSync(file) ? readFileSync(file, 'utf8') : '{}';
  try {
    writeFileSync(file, JSON.stringify({ ...settings, ...JSON.parse(own) }, undefined, 2));
  } catch (error) {
    // Comments in it: somebody wrote it by hand, it is theirs.
    if (!(error instanceof SyntaxError)) throw error;
  }
}

/** A TCP port of loopback that nobody listens on now. @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/**
 * Puts an unpacked extension where code-server looks for installed ones: a copy of what its package ships.
 * @param {string} extensionsDir
 * @param {string} [from] the extension's folder; default: this repository
 */
export function placeExtension(extensionsDir, from = inRepo()) {
  const { publisher, name, version } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  const target = join(extensionsDir, `${publisher}.${name}-${version}`);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const shipped = /^(package(\.nls.*)?\.json|README\.md|CHANGELOG\.md|LICENSE|dist|media|l10n)$/;
  for (const entry of readdirSync(from).filter((entry) => shipped.test(entry)))
    cpSync(join(from, entry), join(target, entry), { recursive: true });
}

/** Installs a packaged extension the way a person does. @param {string} vsix @param {{ userDataDir: string, extensionsDir: string }} folders */
export async function installVsix(vsix, { userDataDir, extensionsDir }) {
  const { node, entry } = await ensureCodeServer();
  const home = join(userDataDir, 'home');
  for (const folder of [home, extensionsDir]) mkdirSync(folder, { recursive: true });
  const args = [
    entry,
    '--user-data-dir',
    userDataDir,
    '--extensions-dir',
    extensionsDir,
    '--install-extension',
    vsix,
  ];
  await must(node, args, { deadline: 120_000, env: serverEnvironment(home), capture: true });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { entry } = await ensureCodeServer();
  console.log(`code-server is installed: ${entry}`);
}
