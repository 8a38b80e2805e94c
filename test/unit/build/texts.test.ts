import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { textOf } from '../../../scripts/lib/text-files.mjs';

const folder = join('src', 'updater', 'targets', 'scripts');
const scripts = readdirSync(folder).map((name) => ({ name, path: join(folder, name) }));
const shell = scripts.filter(({ name }) => name.endsWith('.sh'));
const batch = scripts.filter(({ name }) => name.endsWith('.bat'));

/** A script as a shell understands it: every command, word and string, and no comment. */
function understood(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'vms-fleet-texts-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'script.sh');
  // As one command: between commands, lines of comment leave empty ones.
  writeFileSync(file, `all() {\n${text}\n}\n`);
  return execFileSync('bash', ['--posix', '--pretty-print', file], { encoding: 'utf8' });
}

describe('scripts go to servers without their comments', () => {
  it.each(shell)('$name is the same to a shell', ({ path }) => {
    const written = readFileSync(path, 'utf8');
    const sent = textOf(path, written);
    expect(sent).not.toMatch(/^\s*#(?!!)/m);
    expect(sent.length).toBeLessThan(written.length);
    expect(understood(sent)).toBe(understood(written));
  });

  it.each(batch)('$name has lost nothing but whole lines of rem', ({ path }) => {
    const written = readFileSync(path, 'utf8').split('\n');
    const sent = textOf(path, written.join('\n'));
    expect(sent.split('\n')).toEqual(written.filter((line) => !/^rem\b/i.test(line)));
    // Behind a caret a line belongs to the one before; in a block that holds nothing else, it holds its place.
    const before = written.filter((_, at) => /^rem\b/i.test(written[at + 1] ?? ''));
    expect(before.filter((line) => /[\^(]$/.test(line))).toEqual([]);
    expect(sent).not.toMatch(/^\s+rem\b/im);
  });

  it('leaves what only looks like a comment', () => {
    expect(textOf('a.sh', '#!/bin/sh\n# why\necho "# $#" # so\n')).toBe('#!/bin/sh\necho "# $#" # so\n');
    expect(textOf('a.bat', 'rem why\r\nremove\nrem\necho rem\n')).toBe('remove\necho rem\n');
    expect(textOf('a.nsi', '# why\n')).toBe('# why\n');
  });
});
