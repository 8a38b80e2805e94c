import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fault, withServers } from '../../../src/updater/fleet/entry';
import { candidates } from '../../../src/updater/fleet/import/candidates';
import type { Found } from '../../../src/updater/fleet/import/found';
import { readInventory } from '../../../src/updater/fleet/import/inventory';
import { isSshHost, readSshHosts } from '../../../src/updater/fleet/import/ssh-hosts';
import { parseFleet } from '../../../src/updater/fleet/read';

const ini = (...lines: string[]) => readInventory(lines.join('\n'), 'hosts');
const yaml = (...lines: string[]) => readInventory(lines.join('\n'), 'hosts.yml');
const names = (found: Found[]) => found.map(({ name }) => name);
const entries = (found: Found[]) => Object.fromEntries(found.map(({ name, entry }) => [name, entry]));
const refused = (text: RegExp) =>
  expect.objectContaining({ code: 'usage', message: expect.stringMatching(text) as string }) as Error;

describe('an inventory in INI', () => {
  it('gives hosts with address, port, user and groups', async () => {
    const found = await ini(
      '# the harbour',
      'gate ansible_host=10.0.0.1',
      '[pier]',
      'srv-1 ansible_host=10.0.4.11 ansible_port=2222 ansible_user=ops # by the crane',
      'srv-2 ansible_user="DOMAIN\\\\ops"',
      'srv-3.example:2201',
      '[pier:vars]',
      'ansible_user = updater',
      '[city:children]',
      'pier',
      '[city:vars]',
      'ansible_user=nobody',
      'ansible_ssh_private_key_file=~/.ssh/city',
    );
    expect(entries(found)).toEqual({
      gate: { host: '10.0.0.1' },
      'srv-1': {
        host: '10.0.4.11',
        port: 2222,
        user: 'ops',
        identityFile: '~/.ssh/city',
        tags: ['city', 'pier'],
      },
      'srv-2': { host: 'srv-2', user: 'DOMAIN\\ops', identityFile: '~/.ssh/city', tags: ['city', 'pier'] },
      'srv-3.example': {
        host: 'srv-3.example',
        port: 2201,
        user: 'updater',
        identityFile: '~/.ssh/city',
        tags: ['city', 'pier'],
      },
    });
    expect(found.every(({ unfit }) => unfit === undefined)).toBe(true);
  });

  it('counts out ranges', async () => {
    expect(names(await ini('[web]', 'web[08:11].example', 'db-[a:c]', 'n[0:10:5]-[1:2]'))).toEqual([
      ...['web08.example', 'web09.example', 'web10.example', 'web11.example'],
      ...['db-a', 'db-b', 'db-c', 'n0-1', 'n0-2', 'n5-1', 'n5-2', 'n10-1', 'n10-2'],
    ]);
    expect(entries(await ini('w[1:2]:2200'))).toEqual({
      w1: { host: 'w1', port: 2200 },
      w2: { host: 'w2', port: 2200 },
    });
  });

  it('knows IPv6 addresses from ranges', async () => {
    expect(entries(await ini('[2001:db8::7]:2222', '2001:db8::8', '[2001:db8::9]'))).toEqual({
      '2001:db8::7': { host: '2001:db8::7', port: 2222 },
      '2001:db8::8': { host: '2001:db8::8' },
      '2001:db8::9': { host: '2001:db8::9' },
    });
  });

  it('never takes a password over', async () => {
    const found = await ini(
      'a ansible_password=hunter2 ansible_ssh_pass=hunter2 ansible_become_pass=hunter2',
      '[all:vars]',
      'ansible_ssh_common_args="-o Password=hunter2"',
    );
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  it('takes a jump host over, and says what it does not', async () => {
    const found = await ini(
      "a ansible_ssh_common_args='-o StrictHostKeyChecking=no -o ProxyJump=ops@gate:2200'",
      "b ansible_ssh_extra_args='-J gate'",
      'c ansible_ssh_common_args=\'-o ProxyCommand="ssh -W %h:%p gate"\'',
      'd ansible_host={{ lookup("x") }} ansible_port=ssh',
      'e ansible_ssh_private_key_file=keys/e',
    ).catch((error: unknown) => error);
    // Words that hold a blank have quotation marks in INI, Jinja's too.
    expect(found).toEqual(refused(/hosts:4: Behind a host comes key=value, not "lookup\(x\)"\./));
    const good = await ini(
      "a ansible_ssh_common_args='-o StrictHostKeyChecking=no -o ProxyJump=ops@gate:2200'",
      "b ansible_ssh_extra_args='-J gate'",
      'c ansible_ssh_common_args=\'-o ProxyCommand="ssh -W %h:%p gate"\'',
      'd ansible_host="{{ lookup(1) }}" ansible_port=ssh',
      'e ansible_ssh_private_key_file=keys/e',
    );
    expect(entries(good)).toEqual({
      a: { host: 'a', jump: 'ops@gate:2200' },
      b: { host: 'b', jump: 'gate' },
      c: { host: 'c' },
      d: { host: 'd' },
      e: { host: 'e' },
    });
    expect(good.flatMap(({ notes }) => notes)).toEqual([
      'It is reached by a ProxyCommand, which is never run: name its jump host.',
      'ansible_host is computed by Ansible.',
      'Its port is not a number from 1 to 65535.',
      'Its key file is named by a relative path.',
    ]);
  });

  it('takes Windows hosts for what they are, without the port of WinRM', async () => {
    const found = await ini('w ansible_connection=winrm ansible_port=5986 ansible_user=Administrator');
    expect(found[0]?.entry).toEqual({ host: 'w', user: 'Administrator', os: 'windows' });
    expect(found[0]?.notes).toEqual(['Ansible reaches it by winrm, not by SSH.']);
  });

  it('leaves out what SSH does not reach', async () => {
    const found = await ini(
      'localhost ansible_connection=local',
      'c ansible_connection=community.docker.docker',
      'x ansible_host=-oProxyCommand=evil',
    );
    expect(found.map(({ unfit }) => unfit)).toEqual([
      'Ansible reaches it by local, not by SSH.',
      'Ansible reaches it by docker, not by SSH.',
      expect.stringMatching(/^This must be a host name/),
    ]);
  });

  it('lays inner groups over outer ones, and ends where groups hold each other', async () => {
    const found = await ini(
      '[z:children]',
      'y',
      '[y:children]',
      'x',
      '[x:children]',
      'z',
      '[x]',
      'h',
      '[all:vars]',
      'ansible_user=everyone',
      'ansible_port=2200',
      '[inner]',
      'h',
      '[inner:vars]',
      'ansible_user=inner',
    );
    expect(found).toHaveLength(1);
    expect(found[0]?.entry).toMatchObject({ port: 2200, user: 'inner' });
  });

  it.each([
    ['[web:x:y]', /hosts:1: "\[web:x:y\]" is no section/],
    ['[web:hostz]', /hosts:1: A section is/],
    ['[web:vars]\nnovalue', /hosts:2: A variable is written key=value/],
    ['a b', /hosts:1: Behind a host comes key=value, not "b"/],
    ['a x="open', /hosts:1: A quotation mark is never closed/],
    ['w[9:1]', /stands for no hosts/],
    ['w[1:99999999999]', /or for too many/],
    ['w[1:5000][1:5000]', /more than 10000 hosts/],
    ['w[a:10]', /stands for no hosts/],
    ['#!/usr/bin/env python3\nprint()', /is a program/],
  ])('is refused with its line where it is wrong: %j', async (text, message) => {
    await expect(readInventory(text, 'hosts')).rejects.toEqual(refused(message));
  });
});

describe('an inventory in YAML', () => {
  it('gives the same as in INI', async () => {
    const found = await yaml(
      'all:',
      '  vars: { ansible_user: everyone }',
      '  hosts:',
      '    gate: { ansible_host: 10.0.0.1 }',
      '  children:',
      '    pier:',
      '      hosts:',
      '        srv-1:',
      '          ansible_host: 10.0.4.11',
      '          ansible_port: 2222',
      '          ansible_password: !vault |',
      '            $ANSIBLE_VAULT;1.1;AES256',
      '            6238',
      '        srv-[2:3]:',
      '      vars:',
      '        ansible_user: updater',
      '        nested: { ansible_user: nobody }',
    );
    expect(entries(found)).toEqual({
      gate: { host: '10.0.0.1', user: 'everyone' },
      'srv-1': { host: '10.0.4.11', port: 2222, user: 'updater', tags: ['pier'] },
      'srv-2': { host: 'srv-2', user: 'updater', tags: ['pier'] },
      'srv-3': { host: 'srv-3', user: 'updater', tags: ['pier'] },
    });
    expect(JSON.stringify(found)).not.toContain('VAULT');
  });

  it('reads what ansible-inventory --list prints', async () => {
    const list = {
      _meta: { hostvars: { a: { ansible_host: '10.0.0.1', ansible_port: 2201 }, b: {} } },
      all: { children: ['ungrouped', 'pier'] },
      pier: { hosts: ['a', 'b'], vars: { ansible_user: 'updater' } },
    };
    expect(entries(await readInventory(JSON.stringify(list), 'out.json'))).toEqual({
      a: { host: '10.0.0.1', port: 2201, user: 'updater', tags: ['pier'] },
      b: { host: 'b', user: 'updater', tags: ['pier'] },
    });
  });

  it('is recognised without an ending', async () => {
    expect(names(await readInventory('---\nall:\n  hosts:\n    a:\n', 'inventory'))).toEqual(['a']);
    expect(names(await readInventory('# x\n\nall:\n  hosts:\n    a:\n', 'inventory'))).toEqual(['a']);
  });

  it('is refused with its line where it is wrong', async () => {
    await expect(yaml('all:', '  hosts: {a: {b: [}')).rejects.toEqual(refused(/hosts\.yml:2: /));
    await expect(yaml('- a', '- b')).rejects.toEqual(refused(/does not begin with groups/));
    await expect(yaml('')).rejects.toEqual(refused(/does not begin with groups/));
  });

  it('is not blown up by aliases, circles and names of JavaScript', async () => {
    const bomb = ['x: &a { hosts: { h: }, children: {} }'];
    for (let level = 0; level < 30; level++) bomb.push(`x${level}: { children: { p: *a, q: *a } }`);
    expect(names(await yaml(...bomb))).toEqual(['h']);
    expect(names(await yaml('a: &a', '  hosts: { h: }', '  children:', '    b: *a'))).toEqual(['h']);
    expect(names(await yaml('__proto__:', '  hosts: { toString: , constructor: , h: }'))).toEqual([
      'toString',
      'constructor',
      'h',
    ]);
  });
});

describe('any text', () => {
  it('is read or refused, and what is read fits into a fleet file', { timeout: 30_000 }, async () => {
    const piece = fc.constantFrom(
      '[',
      ']',
      ':',
      '=',
      '\n',
      ' ',
      '"',
      "'",
      '{',
      '}',
      '- ',
      '#',
      'all',
      'hosts',
      'a',
      'ansible_host',
      '1',
      '\\',
      'é',
      '!x ',
      '&a ',
      '*a',
      '\t',
      '%',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 40 }),
        fc.constantFrom('i.ini', 'i.yml', 'i'),
        async (parts, file) => {
          const found = await readInventory(parts.join(''), file).catch((error: unknown) => {
            expect(error).toMatchObject({ code: 'usage' });
            return [];
          });
          for (const { unfit, entry } of found)
            if (unfit === undefined) expect(fault('host', entry.host)).toBeUndefined();
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('hosts of ~/.ssh/config', () => {
  let home = '';
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'ssh-hosts-'));
    mkdirSync(join(home, '.ssh'), { recursive: true });
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));
  const write = (file: string, ...lines: string[]) =>
    writeFileSync(join(home, '.ssh', file), lines.join('\n') + '\n');

  it('are those named one by one, included files too', async () => {
    write(
      'config',
      'Include more',
      'Host srv-1 srv-2',
      '  HostName %h.example',
      '  User updater',
      '  ProxyJump gate,inner',
      '  IdentityFile ~/.ssh/fleet',
      'Host gate',
      '  Port 2200',
      'Host srv-* !srv-9 web?',
      '  User pattern',
      'Match host other',
      '  User x',
      'Host *',
      '  User everyone',
    );
    write(
      'more',
      'Host more-1',
      '  HostName 10.0.0.9',
      'Host odd',
      '  ProxyCommand nc %h %p',
      'Host bad',
      '  Port many',
    );
    const found = await readSshHosts('name', home);
    expect(names(found)).toEqual(['more-1', 'odd', 'bad', 'srv-1', 'srv-2', 'gate']);
    expect(found.map(({ entry }) => entry)).toEqual(names(found).map((host) => ({ host })));
    expect(found[1]?.unfit).toMatch(/ProxyCommand, which is never run/);
    expect(found[2]?.unfit).toMatch(/"many" as the port of bad/);
    expect(entries(await readSshHosts('copy', home))).toMatchObject({
      'more-1': { host: '10.0.0.9', user: 'everyone' },
      'srv-1': { host: 'srv-1.example', user: 'updater', jump: 'gate,inner', identityFile: '~/.ssh/fleet' },
      gate: { host: 'gate', port: 2200, user: 'everyone' },
    });
  });

  it('are none where there is no file', async () => {
    expect(await readSshHosts('name', join(home, 'nobody'))).toEqual([]);
  });

  it('are known by pattern too, but not by one for all', async () => {
    write('config', 'Host gate-* !gate-9', '  User a', 'Host *', '  User b');
    const isKnown = await isSshHost(home);
    expect(['gate-1', 'gate-9', 'other'].map(isKnown)).toEqual([true, false, false]);
  });
});

describe('what is imported', () => {
  const text = `{ "systems": { "a": { "product": "eocortex", "user": "updater", "port": 2222, "servers": {
    "x": { "host": "10.0.0.1" }, "y": { "host": "gate", "port": 22 }, "z": { "host": "10.0.0.2", "jump": "gate" } } } } }`;
  const { fleet } = parseFleet(text, '/f.fleet.jsonc');
  if (!fleet) throw new Error('no fleet');
  const written = { product: 'eocortex' as const, user: 'updater', port: 2222 };

  it('leaves out what is there, and says what its system says already only once', async () => {
    const found = await ini(
      'one ansible_host=10.0.0.1 ansible_port=2222',
      'same ansible_host=10.0.0.3 ansible_port=2222 ansible_user=updater',
      'again ansible_host=10.0.0.3 ansible_port=2222',
      'other ansible_host=10.0.0.1 ansible_port=22 ansible_user=ops',
      'far ansible_host=10.0.0.2 ansible_port=2222 ansible_ssh_common_args="-J gate"',
      'near ansible_host=10.0.0.2 ansible_port=2222',
      'x ansible_host=10.0.0.7',
      'l ansible_connection=local',
    );
    const { fresh, there, twice, unfit } = candidates(found, fleet, written);
    expect(fresh.map(({ id, entry }) => [id, entry])).toEqual([
      ['same', { host: '10.0.0.3' }],
      ['other', { host: '10.0.0.1', port: 22, user: 'ops' }],
      ['near', { host: '10.0.0.2' }],
      ['x-2', { host: '10.0.0.7' }],
    ]);
    expect(there).toEqual([
      { name: 'one', id: 'x' },
      { name: 'far', id: 'z' },
    ]);
    expect(twice).toEqual([{ name: 'again', id: 'same' }]);
    expect(unfit.map(({ name }) => name)).toEqual(['l']);
  });

  it('fits into the file whatever it was called', async () => {
    const found = await ini(
      '__proto__',
      '--x ansible_host=h',
      'a/b:c ansible_host=h2',
      'a/b:c:d ansible_host=h3',
      'ümlaut ansible_host=h4',
      'constructor ansible_host=h5',
    );
    const { fresh } = candidates(found, fleet, written);
    expect(fresh.map(({ id }) => id)).toEqual(['proto__', 'x-2', 'a-b-c', 'a-b-c-d', 'ümlaut', 'server']);
    const grown = withServers(
      text,
      '/f.fleet.jsonc',
      'a',
      fresh.map(({ id, entry }) => [id, entry] as const),
    );
    expect(grown).toMatchObject({ fleet: { systems: [{ servers: { length: 9 } }] } });
  });
});
