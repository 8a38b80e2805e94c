// `npm test`: every check and test, tier by tier. Options: --only unit,host,…
// With CI=true a missing tool is a failure; else what needs it is skipped, and said at the end.
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { readOptions, wrongUsage } from './lib/options.mjs';
import {
  bin,
  build,
  chromium,
  ensureBuilt,
  ensureDebianPackages,
  ensureDependencies,
  inCI,
  inRepo,
  isDebian,
  run,
  tool,
} from './lib/prepare.mjs';
import { FAILED_TEST, readVitestReport } from './lib/vitest-report.mjs';
import { WINE_PACKAGES } from './lib/wine.mjs';

const minutes = (n) => n * 60_000;

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** Each tier: what must be there, and what runs; it says by `say` what it prints. A tier without tests of its own counts as one. */
const tiers = {
  lint: { run: lint },
  typecheck: { run: typecheck },
  build: { run: () => build().then(() => one(true)) },
  unit: { needs: needsUnit, run: () => vitest('unit', minutes(10)) },
  targets: { needs: needsTargets, run: () => vitest('targets', minutes(20)) },
  windows: { needs: needsWindows, run: () => vitest('windows', minutes(20)) },
  e2e: { needs: needsDemo, run: (say) => ownRunner('e2e.mjs', ['--deadline', '900'], minutes(25), say) },
  host: {
    needs: needsDemo,
    run: (say) => ownRunner('host.mjs', ['--demo', '--deadline', '300'], minutes(15), say),
  },
  package: { run: packageTier },
};
/** They mostly wait, for servers to return and for VS Code to draw: side by side they take little longer than the longer one. */
const together = ['e2e', 'host'];

const { values: options } = readOptions({ options: { only: { type: 'string' } } });
const chosen = options.only?.split(',') ?? Object.keys(tiers);
const unknown = chosen.filter((name) => !(name in tiers));
if (unknown.length > 0)
  wrongUsage(`--only: no tier ${unknown.join(', ')}; there are ${Object.keys(tiers).join(', ')}`);

const total = { passed: 0, failed: 0, skipped: 0 };
const skipped = [];
/** Tests that failed: a long run's log may be cut in front of its end. */
const failed = [];
const lines = [];
await ensureDependencies();
const turn = together.filter((name) => chosen.includes(name));
for (const name of Object.keys(tiers).filter((name) => chosen.includes(name))) {
  if (!turn.includes(name)) await runTier(name);
  else if (name === turn[0]) await runSideBySide(turn);
}

console.log(`\n${lines.join('\n')}`);
if (total.skipped > 0) skipped.push(`${total.skipped} tests that skipped themselves`);
for (const what of skipped) console.log(`SKIPPED ${what}`);
for (const what of failed) console.log(`${FAILED_TEST}${what}`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 ? 0 : 1);

/** The first one is heard as it goes; what another says comes when it has ended, in one piece. */
async function runSideBySide([first, ...others]) {
  const missing = new Map();
  // One after the other: they install and build the same.
  for (const name of [first, ...others]) missing.set(name, await needsOf(name));
  const beside = others.map(async (name) => {
    let said = '';
    await runTier(name, { missing: missing.get(name), say: (text) => void (said += text) });
    process.stdout.write(said);
  });
  await Promise.all([runTier(first, { missing: missing.get(first) }), ...beside]);
}

/** What a tier needs and is not there. */
async function needsOf(name) {
  return (await tiers[name].needs?.()) ?? [];
}

async function runTier(name, { missing, say = (text) => void process.stdout.write(text) } = {}) {
  say(`\n=== ${name}\n`);
  const started = Date.now();
  missing ??= await needsOf(name);
  if (missing.length > 0 && !inCI) {
    skipped.push(`${name}: needs ${missing.join(', ')}`);
    say(`${skipped.at(-1)}\n`);
    return;
  }
  let counts = one(false);
  if (missing.length > 0) say(`${name} needs ${missing.join(', ')}\n`);
  else
    try {
      counts = await tiers[name].run(say);
    } catch (error) {
      say(`${error instanceof Error ? error.message : String(error)}\n`);
    }
  for (const key of Object.keys(total)) total[key] += counts[key];
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const verdict = counts.failed === 0 ? 'ok    ' : 'FAILED';
  lines.push(
    `${verdict} ${name.padEnd(10)} ${seconds.padStart(7)} s  ${counts.passed} passed, ${counts.failed} failed`,
  );
}

/** @returns {Counts} */
function one(good) {
  return { passed: good ? 1 : 0, failed: good ? 0 : 1, skipped: 0 };
}

async function check(command, args, deadline) {
  return one((await run(command, args, { deadline, cwd: inRepo() })).code === 0);
}

/** The page of the fleet view runs in a browser: it has types of its own. */
async function typecheck() {
  const projects = ['.', 'src/webview/app'];
  const checks = await Promise.all(
    projects.map((project) => check(bin('tsc'), ['--noEmit', '-p', project], minutes(5))),
  );
  return one(checks.every(({ failed }) => failed === 0));
}

async function lint() {
  if (!tool('shellcheck')) await ensureDebianPackages(['shellcheck']);
  if (!tool('shellcheck')) skipped.push('shellcheck: not installed');
  const checks = await Promise.all([
    check(bin('eslint'), ['.'], minutes(5)),
    check(bin('prettier'), ['--check', '--log-level', 'warn', '.'], minutes(3)),
    check(process.execPath, ['scripts/shellcheck.mjs'], minutes(3)),
  ]);
  return one(checks.every(({ failed }) => failed === 0));
}

async function vitest(project, deadline) {
  const report = freshReport(`${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { code } = await run(bin('vitest'), ['run', '--project', project, ...reporters], {
    deadline,
    cwd: inRepo(),
  });
  const { failures, ...counts } = readVitestReport(report, code === 0);
  failed.push(...failures);
  return counts;
}

/** `host.mjs` and `e2e.mjs` end with `N passed, N failed`, after lines about what was skipped or failed if anything was. */
async function ownRunner(script, args, deadline, say) {
  let output = '';
  const { code } = await run(process.execPath, [inRepo('scripts', script), ...args], {
    deadline,
    cwd: inRepo(),
    onOutput: (text) => {
      output += text;
      say(text);
    },
  });
  const marked = output.split('\n').filter((line) => line.startsWith(FAILED_TEST));
  failed.push(...marked.map((line) => line.slice(FAILED_TEST.length)));
  const [, good, bad] = /^(\d+) passed, (\d+) failed$/m.exec(output) ?? [undefined, '0', '1'];
  const own = /^SKIPPED: (\d+) /m.exec(output)?.[1] ?? '0';
  return {
    passed: Number(good),
    failed: Math.max(Number(bad), code === 0 ? 0 : 1),
    skipped: Number(own),
  };
}

async function packageTier() {
  const { packageVsix } = await import('./lib/vsix.mjs');
  const { file, bytes } = await packageVsix();
  console.log(`${file} (${Math.round(bytes / 1024)} KiB)`);
  return one(true);
}

function freshReport(name) {
  const report = inRepo('out', 'reports', name);
  rmSync(report, { force: true });
  mkdirSync(dirname(report), { recursive: true });
  return report;
}

/** Other shells to run our scripts in, and makers of real installers; the rest of the unit tests does without. */
async function needsUnit() {
  const packages = ['busybox', 'dash', 'unzip', 'nsis', 'wixl', 'msitools'];
  const missing = isDebian() ? await ensureDebianPackages(packages) : packages;
  if (inCI || missing.length === 0) return missing;
  skipped.push(`some unit tests: they need ${missing.join(', ')}`);
  return [];
}

/** The tests boot whole machines of their own: containers in network namespaces. */
async function needsTargets() {
  if (process.getuid?.() !== 0) return ['root'];
  const packages = [
    'openssh-server',
    'mmdebstrap',
    'systemd-container',
    'iproute2',
    'unzip',
    'zip',
    'uidmap',
  ];
  return isDebian() ? ensureDebianPackages(packages) : ['Debian'];
}

/** Windows-like machines are wine's; a small disk of theirs is a mount, which only root makes. */
async function needsWindows() {
  if (process.getuid?.() !== 0) return ['root'];
  return isDebian() ? ensureDebianPackages(['openssh-client', ...WINE_PACKAGES]) : ['Debian'];
}

async function needsBrowser() {
  if (!chromium() && isDebian()) await ensureDebianPackages(['chromium', 'fonts-dejavu-core']);
  return chromium() ? [] : ['Chromium'];
}

/** The demo has Windows-like servers where wine is. */
async function needsDemo() {
  await ensureBuilt();
  const wine = isDebian() ? await ensureDebianPackages(WINE_PACKAGES) : WINE_PACKAGES;
  if (wine.length > 0 && !inCI) skipped.push(`tests on Windows-like servers: they need ${wine.join(', ')}`);
  if (!tool('sshd') && isDebian()) await ensureDebianPackages(['openssh-server']);
  return [...(await needsBrowser()), ...(tool('sshd') ? [] : ['sshd']), ...(inCI ? wine : [])];
}
