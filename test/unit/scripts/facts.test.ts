import { once } from 'node:events';
import { chmodSync, chownSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { linux } from '../../../src/updater/targets/linux';
import { freePort } from '../../lab/sshd';
import { Box, jobOf, step } from './box';
import { facts, oldHome } from './update';

/** A box whose `sh` is this shell. */
function shellBox(shell: string): Box {
  const box = new Box();
  box.write(
    '../bin/sh',
    `#!/bin/sh\nexec ${shell === 'busybox' ? 'busybox sh' : shell === 'bash' ? 'bash --posix' : 'dash'} "$@"\n`,
  );
  chmodSync(join(box.bin, 'sh'), 0o755);
  return box;
}

describe.each(['dash', 'bash', 'busybox'])('the facts in %s', (shell) => {
  const boxOf = (): Box => shellBox(shell);

  it('of a server where nothing of ours ever was, and write nothing', async () => {
    const box = boxOf();
    oldHome(box);
    const before = box.tree(box.root);
    const found = await facts(box, []);
    expect(found).toMatchObject({
      os: { family: 'linux' },
      bootId: 'boot-identity-1',
      installed: { version: '1.0.0' },
      firstRun: false,
      loaded: [],
      history: [],
      job: null,
      service: { state: 'running' },
      readOnly: [],
    });
    expect(found.freeBytes.state).toBeGreaterThan(0);
    expect(found.sizes?.modules).toBeGreaterThan(0);
    const after = box.tree(box.root);
    delete before['./calls'];
    delete after['./calls'];
    expect(after).toEqual(before);
  });

  it('are not led astray by names and contents', async () => {
    const box = boxOf();
    const sha = 'a'.repeat(64);
    box.write(`state/packages/${sha}/-n $(id) 'x".jar`, 'xx');
    box.write(`state/packages/${sha}/half.part`, 'x');
    box.write(`state/packages/${sha}/x\nboot\tforged-identity\nend`, 'x');
    box.write('state/packages/not a hash/x.jar', 'x');
    box.write('state/history/000002-b', 'id\tb\nversion\t2.0.0\nbackup\tb\nkept\tconfig\t/etc/a b\nby\tme');
    box.write('state/history/000001-a', 'garbage\0\u0001\nversion\t1.0.0\n');
    box.write('state/history/.new', 'version\t9.9.9');
    box.write(
      'state/jobs/r-1/plan',
      'set\taction\trollback\nset\tto\t1.0.0\nset\tby\tme@desk top\nstep\tflush\t/\n',
    );
    box.write('state/jobs/r-1/exit', 'failed\tplace\tno room; 100% `full`\n');
    const found = await facts(box, []);
    expect(found.bootId).toBe('boot-identity-1');
    expect(found.loaded).toEqual([{ version: '', sha256: sha, file: `-n $(id) 'x".jar` }]);
    expect(found.history).toEqual(['1.0.0', '2.0.0']);
    expect(found.entries?.[1]).toMatchObject({
      id: 'b',
      backup: 'b',
      kept: [{ name: 'config', path: '/etc/a b' }],
      by: 'me',
    });
    expect(found.job).toMatchObject({
      id: 'r-1',
      action: 'rollback',
      to: '1.0.0',
      by: 'me@desk top',
      state: 'failed',
      step: 'place',
      message: 'no room; 100% `full`',
    });
    expect(found.firstRun).toBe(true);
  });
});

it.skipIf(process.getuid?.() !== 0)(
  'what another user may not read or write is said, and stops nothing',
  async () => {
    const box = new Box();
    oldHome(box);
    box.write('state/history/000001-a', 'version\t1.0.0\n');
    chmodSync(join(box.state, 'history/000001-a'), 0o600);
    for (const folder of [dirname(box.root), box.root]) chmodSync(folder, 0o755);
    const nobody = 65534;
    chownSync(join(box.home, 'config'), nobody, nobody);
    box.uid = nobody;
    const found = await facts(box, []);
    expect(found.user?.root).toBe(false);
    expect(found.readOnly).toEqual(['state', 'home']);
    expect(found.history).toEqual([]);
    expect(found.installed).toEqual({ version: '1.0.0' });
  },
);

it('a job cannot carry words that would read as others', async () => {
  const box = new Box();
  for (const word of ['', 'a\tb', 'a\nb', 'a\rb', 'a\0b'])
    await expect(linux.startJob(box.local, jobOf('r-1', [step('flush', word)]))).rejects.toMatchObject({
      code: 'usage',
    });
});

describe.each(['dash', 'bash', 'busybox'])('a look at the health in %s', (shell) => {
  const boxOf = (): Box => shellBox(shell);

  it('tells which ports are listened on, and how a command ends', async () => {
    const box = boxOf();
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const free = await freePort();
    const probe = (command: string[], ports = [port, free]) => linux.probe(box.local, { ports, command });
    try {
      expect(await probe([])).toEqual({ listening: [port], code: 0 });
      expect(await probe(['sh', '-c', 'exit 7'])).toEqual({ listening: [port], code: 7 });
      expect(await probe(['true'], [])).toEqual({ listening: [], code: 0 });
      // Words are no shell line, and what a command prints is no answer.
      expect(await probe(['printf', 'port 1 yes\ncommand 9\n%s', '$(exit 3); "x" \'y\''])).toMatchObject({
        ...{ listening: [port], code: 0 },
      });
      expect((await probe(['no-such-program'])).code).toBe(127);
    } finally {
      listener.close();
    }
  });
});
