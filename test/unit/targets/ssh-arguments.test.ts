import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Server } from '../../../src/updater/fleet/model';
import type { Hop } from '../../../src/updater/targets/route';
import { keepConfig, sshCall, type Stop } from '../../../src/updater/targets/ssh-arguments';

const stop = (host: string, user: string, port: number, identityFile?: string): Stop => ({
  hop: { server: { id: host, host, identityFile } as Server, host, user, port } as Hop,
  knownHosts: ['/home/me/.ssh/known_hosts', '/data dir/100%/known_hosts'],
});

describe('the arguments for ssh', () => {
  it('say where, as whom, with which key, and whose host keys are trusted', () => {
    expect(sshCall([stop('10.0.4.11', 'CORP\\ops', 2222, '~/.ssh/fleet')], '/home/me')).toEqual({
      args: [
        ...['-o', 'UserKnownHostsFile="/home/me/.ssh/known_hosts" "/data dir/100%%/known_hosts"'],
        ...['-p', '2222', '-l', 'CORP\\ops', '-i', '~/.ssh/fleet', '--', '10.0.4.11'],
      ],
      config: undefined,
    });
  });

  it('never become an option or a shell word, whatever the host is called', () => {
    const { args } = sshCall([stop('$(touch x)', 'a;b', 22)], '/home/me');
    expect(args.slice(-4)).toEqual(['-l', 'a;b', '--', '$(touch x)']);
  });

  it('go by way of jump hosts, which trust the same keys by a configuration', () => {
    const way = [stop('gate', 'me', 22, '~/.ssh/gate'), stop('fe80::1', 'me', 2200), stop('srv', 'ops', 22)];
    const { args, config } = sshCall(way, '/home/me', 'linux');
    expect(args.slice(args.indexOf('-J'), args.indexOf('-J') + 2)).toEqual([
      '-J',
      'me@gate:22,me@[fe80::1]:2200',
    ]);
    expect(config?.split('\n').slice(1)).toEqual([
      'Include "/home/me/.ssh/config"',
      'Include "/etc/ssh/ssh_config"',
      'Match all',
      '  UserKnownHostsFile "/home/me/.ssh/known_hosts" "/data dir/100%%/known_hosts"',
      '  IdentityFile "~/.ssh/gate"',
      '',
    ]);
  });
});

describe('with the ssh of this machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ssh args-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const way = [stop('gate', 'me', 22, join(folder, 'key')), stop('srv', 'ops', 2222)];

  it('they mean what was meant', async () => {
    writeFileSync(join(folder, 'mine'), 'Host gate\n  Compression yes\n');
    const { args, config = '' } = sshCall(way, folder);
    const file = await keepConfig(join(folder, 'ssh'), config);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const asked = (words: string[]) => execFileSync('ssh', ['-G', ...words], { encoding: 'utf8' });
    const target = asked(['-F', file, ...args]);
    expect(target).toMatch(/^user ops$/m);
    expect(target).toMatch(/^port 2222$/m);
    expect(target).toMatch(/^proxyjump me@gate:22$/m);
    // What the ssh of the jump host hears.
    const jump = asked(['-F', file, 'gate']);
    for (const one of [target, jump])
      expect(one).toContain('userknownhostsfile /home/me/.ssh/known_hosts /data dir/100%/known_hosts');
    expect(jump).toContain(`identityfile ${join(folder, 'key')}`);
  });
});
