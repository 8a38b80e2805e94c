// Checks every shell script of the repository: *.sh, and files without a suffix that begin with a shell's name.
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { ensureDebianPackages, inCI, inRepo, run, tool } from './lib/prepare.mjs';

if (!tool('shellcheck')) await ensureDebianPackages(['shellcheck']);
if (!tool('shellcheck')) {
  console.log('SKIPPED shellcheck: it is not installed (https://www.shellcheck.net)');
  process.exit(inCI ? 1 : 0);
}
// What git tracks, and what is new and not ignored.
const listed = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  deadline: 30_000,
  cwd: inRepo(),
  capture: true,
});
if (listed.code !== 0) throw new Error(`git ls-files failed: ${listed.stderr}`);
const scripts = listed.stdout.split('\0').filter((name) => name !== '' && isShell(inRepo(name), name));
if (scripts.length === 0) throw new Error('No shell script found: the search is wrong');
const { code } = await run('shellcheck', ['--', ...scripts], { deadline: 120_000, cwd: inRepo() });
if (code === 0) console.log(`shellcheck: ${scripts.length} scripts`);
process.exit(code);

function isShell(path, name) {
  if (!existsSync(path) || !statSync(path).isFile()) return false;
  if (name.endsWith('.sh')) return true;
  return extname(name) === '' && /^#!.*\b(sh|dash|bash)\b/.test(firstBytes(path));
}

function firstBytes(path) {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(80);
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, 80, 0)).split('\n')[0];
  } finally {
    closeSync(file);
  }
}
