import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  fingerprint,
  keyType,
  namesHost,
  parseKnownHosts,
  preferredAlgorithms,
} from '../../../src/updater/targets/host-keys';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'keys-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIJ8VkBGZLz6gKpbHYhFR0mQcQf3R8ZyT5hB8nVY1kQ3E';

describe('namesHost', () => {
  it.each([
    ['srv-01', 'srv-01', true],
    ['srv-01', 'srv-011', false],
    ['SRV-01,10.0.4.11', 'srv-01', true],
    ['srv-01,10.0.4.11', '10.0.4.11', true],
    ['*.example.com', 'a.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com,!b.example.com', 'a.example.com', true],
    ['*.example.com,!b.example.com', 'b.example.com', false],
    ['!b.example.com,*.example.com', 'b.example.com', false],
    ['10.0.4.1?', '10.0.4.12', true],
    ['10.0.4.1?', '10.0.4.1', false],
    ['srv-01', '[srv-01]:2222', false],
    ['[srv-01]:2222', '[srv-01]:2222', true],
    ['[srv-01]:2222', 'srv-01', false],
    ['[*.example.com]:2222', '[a.example.com]:2222', true],
    ['a.c', 'abc', false],
  ])('%s names %s: %s', (hosts, name, expected) => {
    expect(namesHost(hosts, name)).toBe(expected);
  });

  it('reads hashed names', () => {
    const salt = Buffer.from('0123456789abcdefghij');
    const hash = createHmac('sha1', salt).update('[srv-01]:2222').digest('base64');
    const hosts = `|1|${salt.toString('base64')}|${hash}`;
    expect(namesHost(hosts, '[srv-01]:2222')).toBe(true);
    expect(namesHost(hosts, 'srv-01')).toBe(false);
    expect(namesHost('|2|x|y', 'srv-01')).toBe(false);
  });

  it('reads what ssh-keygen -H makes', () => {
    const file = path.join(folder, 'hashed');
    execFileSync('sh', ['-c', 'printf "%s\\n" "$1" > "$0"', file, `cam.example.com ssh-ed25519 ${key}`]);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    const [entry] = parseKnownHosts(readFileSync(file, 'utf8'), file);
    expect(entry?.hosts).toMatch(/^\|1\|/);
    expect(namesHost(entry!.hosts, 'cam.example.com')).toBe(true);
  });

  it('is quick with patterns made to be slow', () => {
    expect(namesHost(`${'*a'.repeat(200)}b`, 'a'.repeat(5_000))).toBe(false);
  });
});

describe('parseKnownHosts', () => {
  it('keeps keys and revocations with their lines, and leaves the rest out', () => {
    const text = [
      '# a comment',
      '',
      `a,b ssh-ed25519 ${key} someone@somewhere`,
      `@revoked * ssh-ed25519 ${key}`,
      `@cert-authority * ssh-ed25519 ${key}`,
      'broken',
      `  c ssh-ed25519 ${key}\r`,
    ].join('\n');
    expect(parseKnownHosts(text, 'f').map(({ hosts, revoked, line }) => ({ hosts, revoked, line }))).toEqual([
      { hosts: 'a,b', revoked: false, line: 3 },
      { hosts: '*', revoked: true, line: 4 },
      { hosts: 'c', revoked: false, line: 7 },
    ]);
  });
});

describe('keys', () => {
  it('have the fingerprint that ssh-keygen prints', () => {
    const file = path.join(folder, 'id');
    execFileSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-f', file]);
    const [type, blob] = readFileSync(`${file}.pub`, 'utf8').split(' ');
    const printed = execFileSync('ssh-keygen', ['-lf', `${file}.pub`], { encoding: 'utf8' }).split(' ')[1];
    const bytes = Buffer.from(blob!, 'base64');
    expect(fingerprint(bytes)).toBe(printed);
    expect(keyType(bytes)).toBe(type);
    expect(keyType(Buffer.from('x'))).toBe('');
  });

  it('that are known are asked for first', () => {
    const [known] = parseKnownHosts(`a ssh-rsa ${key}`, 'f');
    expect(preferredAlgorithms([known!]).slice(0, 4)).toEqual([
      'rsa-sha2-512',
      'rsa-sha2-256',
      'ssh-rsa',
      'ssh-ed25519',
    ]);
    expect(preferredAlgorithms([{ ...known!, revoked: true }])[0]).toBe('ssh-ed25519');
    expect(new Set(preferredAlgorithms([known!])).size).toBe(7);
  });
});
