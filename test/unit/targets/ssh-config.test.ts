import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SshConfigFile } from '../../../src/updater/targets/ssh-config';

let home = '';
beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'config-'));
  mkdirSync(path.join(home, '.ssh', 'conf.d'), { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function write(name: string, ...lines: string[]): void {
  writeFileSync(path.join(home, '.ssh', name), lines.join('\n') + '\n');
}
const lookup = (alias: string, given = {}) =>
  new SshConfigFile({ home, env: { KEYS: '/keys' }, name: 'me' }).lookup(alias, given);

describe('SshConfigFile', () => {
  it('says nothing where there is no file', async () => {
    expect(await lookup('srv')).toEqual({
      hostName: 'srv',
      user: undefined,
      port: undefined,
      identityFiles: [],
      identitiesOnly: false,
      identityAgent: undefined,
      proxyJump: [],
      proxyCommand: undefined,
      userKnownHostsFiles: [],
      hostKeyAlias: undefined,
    });
  });

  it('takes the first value, patterns and negation included', async () => {
    write(
      'config',
      'Host srv-* !srv-9',
      '  HostName %h.example.com',
      '  user one',
      '  Port 2222',
      'Host *',
      '  User two',
      '  ProxyJump none',
    );
    expect(await lookup('srv-1')).toMatchObject({ hostName: 'srv-1.example.com', user: 'one', port: 2222 });
    expect(await lookup('srv-9')).toMatchObject({
      hostName: 'srv-9',
      user: 'two',
      port: undefined,
      proxyJump: [],
    });
  });

  it('lets the fleet file win, in tokens too', async () => {
    write(
      'config',
      'Host srv',
      '  User one',
      '  Port 2222',
      '  IdentityFile ~/k/%r_%h_%p',
      '  IdentityFile %d/%u',
    );
    expect(await lookup('srv', { user: 'boss', port: 2022 })).toMatchObject({
      user: 'boss',
      port: 2022,
      identityFiles: [`${home}/k/boss_srv_2022`, `${home}/me`],
    });
  });

  it('expands variables, and splits jumps and known_hosts files', async () => {
    write(
      'config',
      'Host srv',
      '  ProxyJump a@one:22,two',
      '  UserKnownHostsFile ~/.ssh/k1 ~/.ssh/k2',
      '  IdentityFile ${KEYS}/id',
      '  IdentityAgent none',
      '  IdentitiesOnly yes',
      '  HostKeyAlias fixed',
    );
    expect(await lookup('srv')).toMatchObject({
      proxyJump: ['a@one:22', 'two'],
      userKnownHostsFiles: [`${home}/.ssh/k1`, `${home}/.ssh/k2`],
      identityFiles: ['/keys/id'],
      identityAgent: 'none',
      identitiesOnly: true,
      hostKeyAlias: 'fixed',
    });
  });

  it('follows Include, globs and files that include further ones', async () => {
    write('config', 'Include conf.d/*.conf', 'Host *', '  User last');
    write('conf.d/10.conf', 'Host ten', '  HostName 10.0.0.10', '  Include deep');
    write('conf.d/20.conf', 'Host twenty', '  HostName 10.0.0.20');
    write('conf.d/30.txt', 'Host twenty', '  User wrong');
    write('deep', 'Port 1010', 'Host ten', '  User deep', 'Host other', '  User other');
    expect(await lookup('ten')).toMatchObject({ hostName: '10.0.0.10', port: 1010, user: 'deep' });
    expect(await lookup('twenty')).toMatchObject({ hostName: '10.0.0.20', user: 'last', port: undefined });
  });

  it('keeps what is included in a Host block to that host', async () => {
    write('config', 'Host one', '  Include more', '  Port 1', 'Host two', '  Port 2');
    write('more', 'User included', 'Host two', '  User wrong');
    expect(await lookup('one')).toMatchObject({ user: 'included', port: 1 });
    expect(await lookup('two')).toMatchObject({ user: undefined, port: 2 });
  });

  it('stops at files that include each other', async () => {
    write('config', 'Include again');
    write('again', 'Include config');
    await expect(lookup('srv')).rejects.toMatchObject({ code: 'usage' });
  });

  it('runs nothing', async () => {
    const proof = path.join(home, 'ran');
    write('config', `Match exec "touch ${proof}"`, '  User wrong', 'Match all', '  User right');
    expect((await lookup('srv')).user).toBe('right');
    expect(existsSync(proof)).toBe(false);
  });

  it('says which file it cannot understand', async () => {
    write('config', 'Host "open');
    await expect(lookup('srv')).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('config') as string,
    });
    write('config', 'Host srv', '  Port many');
    await expect(lookup('srv')).rejects.toMatchObject({ code: 'usage' });
  });
});
