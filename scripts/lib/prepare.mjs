// What has to be there before anything can run. Node's own modules only: on a fresh clone there is nothing else yet.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { must, run } from './run.mjs';
import { inRepo, tool } from './tools.mjs';

export { must, pause, run, start, stopAll, until } from './run.mjs';
export * from './tools.mjs';

const minutes = (n) => n * 60_000;

/** Installs node_modules as package-lock.json says, when they are missing or older than it. */
export async function ensureDependencies() {
  const installed = inRepo('node_modules', '.package-lock.json');
  if (existsSync(installed) && modified(installed) >= modified(inRepo('package-lock.json'))) return;
  console.log('Installing dependencies (npm ci) …');
  await must('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    deadline: minutes(10),
    cwd: inRepo(),
  });
}

/** Builds dist/ and out/ when a source is newer than what was built from it. */
export async function ensureBuilt() {
  const sources = [
    'src',
    'demo',
    'package.json',
    'package-lock.json',
    'esbuild.mjs',
    'scripts/schema.ts',
  ].map((path) => newest(inRepo(path)));
  const built = ['dist/extension.js', 'dist/cli.js', 'dist/webview.js', 'out/demo.cjs'].map((path) =>
    inRepo(path),
  );
  if (built.every((file) => existsSync(file) && modified(file) >= Math.max(...sources))) return;
  await build();
}

export async function build() {
  console.log('Building …');
  await must(process.execPath, ['esbuild.mjs', 'scripts/schema.ts'], {
    deadline: minutes(3),
    cwd: inRepo(),
    capture: true,
  });
}

const modified = (path) => statSync(path).mtimeMs;

/** Modification time of the newest file in a folder, 0 if there is none. */
function newest(path) {
  if (!existsSync(path)) return 0;
  if (!statSync(path).isDirectory()) return modified(path);
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** Which of these Debian packages are not installed. Undefined where there is no dpkg to ask. @param {string[]} packages */
export async function missingDebianPackages(packages) {
  if (!tool('dpkg-query')) return undefined;
  const { stdout } = await run('dpkg-query', ['-W', '-f=${Package} ${db:Status-Status}\\n', ...packages], {
    deadline: 30_000,
    capture: true,
  });
  const installed = new Set(stdout.split('\n').filter((line) => line.endsWith(' installed')));
  return packages.filter((name) => !installed.has(`${name} installed`));
}

/**
 * Installs Debian packages where that can be done (root on Debian), else does nothing.
 * @param {string[]} packages
 * @returns {Promise<string[]>} what is still missing; the caller says what it leaves out for want of it
 */
export async function ensureDebianPackages(packages) {
  const missing = await missingDebianPackages(packages);
  if (missing === undefined) return packages;
  if (missing.length === 0 || process.getuid?.() !== 0 || !tool('apt-get')) return missing;
  console.log(`Installing ${missing.join(', ')} (apt-get) …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (deadline, ...args) =>
    run('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], { deadline, env, capture: true });
  const install = () => apt(minutes(8), 'install', '-y', '--no-install-recommends', ...missing);
  let result = await install();
  if (result.code !== 0) {
    // The package lists may be missing or too old.
    await apt(minutes(3), 'update');
    result = await install();
  }
  if (result.code !== 0) console.error(result.stderr.trim().split('\n').slice(-10).join('\n'));
  return (await missingDebianPackages(missing)) ?? missing;
}

/** `ID` or `ID_LIKE` of this system says Debian. */
export function isDebian() {
  if (!existsSync('/etc/os-release')) return false;
  return /^(ID|ID_LIKE)=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'));
}
