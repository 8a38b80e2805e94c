import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Box, jobOf, step } from './box';

const shells = ['dash', 'bash --posix', 'busybox sh'];
const commands = ['cp', 'mv', 'rm', 'sync'];

/** A box on which the settings are a link to elsewhere, and a backup of them was made. */
async function linkedBox(shell: string, target: 'folder' | 'nothing'): Promise<Box> {
  const box = new Box({ shell });
  box.write('data/other', '');
  if (target === 'folder') box.write('data/settings/a.conf', 'old');
  box.link('settings', join('data', 'settings'));
  if (shell.startsWith('busybox')) program(box, 'readlink', 'exec busybox readlink "$@"');
  const end = await box.through(jobOf('r-1', [step('backup', 'settings', join(box.root, 'settings'))]));
  expect(end.state).toBe('done');
  box.write('data/settings/a.conf', 'new');
  box.write('data/settings/b.conf', 'new');
  return box;
}

const restore = (box: Box) => jobOf('r-2', [step('restore', 'r-1', 'settings', join(box.root, 'settings'))]);

function program(box: Box, name: string, lines: string): void {
  writeFileSync(join(box.bin, name), `#!/bin/sh\nPATH=\${PATH#*:}\n${lines}\n`);
  chmodSync(join(box.bin, name), 0o755);
}

/** The power fails before the NTH time that the step touches a file. */
function powerCut(box: Box, nth: number): void {
  for (const name of commands)
    program(
      box,
      name,
      `case $(tail -n 1 "$JOB/journal" 2>/dev/null | cut -f 2,4) in
  "begin\trestore")
    echo >>"$COUNTER"
    [ "$(wc -l <"$COUNTER")" != ${nth} ] || { kill -9 "$PPID"; exit 137; }
    ;;
esac
exec ${name} "$@"`,
    );
}

/** Whether it died of it; behind the last one it does not. */
async function restoreWithPowerCut(box: Box, nth: number): Promise<boolean> {
  await box.lay(restore(box));
  powerCut(box, nth);
  await box.runner('r-2', { env: { JOB: box.jobDir('r-2'), COUNTER: join(box.bin, 'count') } });
  for (const name of commands) rmSync(join(box.bin, name));
  return !box.has('state/jobs/r-2/exit');
}

describe.each(shells)('settings behind a link, restored in %s', (shell) => {
  const whole = [
    {
      target: 'folder' as const,
      data: { './': '755', './other': '644 ', './settings/': '755', './settings/a.conf': '644 old' },
    },
    { target: 'nothing' as const, data: { './': '755', './other': '644 ' } },
  ];
  it.each(whole)(
    'are what they were, wherever the power fails: $target',
    { timeout: 90_000 },
    async ({ target, data }) => {
      let died = 0;
      for (let nth = 1; ; nth++) {
        const box = await linkedBox(shell, target);
        const cut = await restoreWithPowerCut(box, nth);
        if (cut) expect(await box.toEnd('r-2')).toMatchObject({ state: 'done', message: '' });
        expect(box.tree(join(box.root, 'data'))).toEqual(data);
        expect(box.has('settings') || target === 'nothing').toBe(true);
        if (!cut) break;
        died++;
      }
      expect(died).toBeGreaterThan(target === 'folder' ? 5 : 3);
    },
  );

  it('are there all the same when the repeat fails', async () => {
    const box = await linkedBox(shell, 'folder');
    // As the power left them between the two moves; and now the disk is full.
    await box.exec(['mv', join(box.root, 'data/settings'), join(box.root, 'data/settings.vms-fleet-old')]);
    program(box, 'cp', '[ "$1" != -Rp ] || { echo "No space left on device" >&2; exit 1; }\nexec cp "$@"');
    expect(await box.through(restore(box))).toMatchObject({ state: 'failed', step: 'restore' });
    expect(box.read('settings/a.conf')).toBe('new');
  });

  it('say what is wrong with a link that leads nowhere', async () => {
    const box = await linkedBox(shell, 'folder');
    await box.exec(['rm', '-r', join(box.root, 'data')]);
    const end = await box.through(restore(box));
    expect(end).toMatchObject({ state: 'failed', step: 'restore' });
    expect(end.message).toContain('is a link that leads nowhere');
    expect(box.tree(box.root)['./settings']).toBe('link data/settings');
  });

  it('need not be there where they were not', async () => {
    const box = await linkedBox(shell, 'nothing');
    await box.exec(['rm', '-r', join(box.root, 'data')]);
    expect(await box.through(restore(box))).toMatchObject({ state: 'done' });
  });
});
