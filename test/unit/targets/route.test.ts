import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Router } from '../../../src/updater/targets/route';
import { SshConfigFile } from '../../../src/updater/targets/ssh-config';
import { localServer } from '../../lab/links';

const home = mkdtempSync(join(tmpdir(), 'route-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const person = { home, env: {}, name: 'me' };
const router = new Router(new SshConfigFile(person), person, () => undefined);
const way = async (jump: string) => {
  const hops = await router.route(localServer('srv', 22, { jump }));
  return hops.slice(0, -1).map(({ user, host, port }) => ({ user, host, port }));
};

describe('a jump host', () => {
  it.each([
    ['gate', { user: 'me', host: 'gate', port: 22 }],
    ['ops@gate:2222', { user: 'ops', host: 'gate', port: 2222 }],
    ['ssh://ops@gate:65535', { user: 'ops', host: 'gate', port: 65_535 }],
    ['ops@example.org@gate', { user: 'ops@example.org', host: 'gate', port: 22 }],
    ['CORP\\ops@[fe80::1]:1', { user: 'CORP\\ops', host: 'fe80::1', port: 1 }],
  ])('is read as ssh reads it: %s', async (jump, hop) => expect(await way(jump)).toEqual([hop]));

  it('may be several', async () => {
    expect(await way('a, b@c:3')).toEqual([
      { user: 'me', host: 'a', port: 22 },
      { user: 'b', host: 'c', port: 3 },
    ]);
  });

  it.each([
    'gate:65536',
    'gate:0',
    'gate:99999',
    'gate:',
    'ops@',
    '@gate',
    'a b',
    'gate,-oProxyCommand=x',
    '[]',
    'a[b',
  ])('is refused by its name where it is none: %s', async (jump) => {
    await expect(way(jump)).rejects.toMatchObject({
      code: 'fleet.invalid',
      server: 'srv',
      message: expect.stringMatching(/^".*" is no jump host\.$/) as string,
    });
  });
});
