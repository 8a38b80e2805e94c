import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fault, parseAddress, withServers } from '../../../src/updater/fleet/entry';

describe('an address that a person types', () => {
  it('is a host, with a user before and a port behind it', () => {
    expect(parseAddress(' 10.0.4.11 ')).toEqual({ host: '10.0.4.11' });
    expect(parseAddress('updater@srv.example:2222')).toEqual({
      host: 'srv.example',
      port: 2222,
      user: 'updater',
    });
    expect(parseAddress('CORP\\me@srv')).toEqual({ host: 'srv', user: 'CORP\\me' });
  });

  it('may be IPv6, in brackets where a port follows', () => {
    expect(parseAddress('fe80::1%eth0')).toEqual({ host: 'fe80::1%eth0' });
    expect(parseAddress('::1')).toEqual({ host: '::1' });
    expect(parseAddress('me@[2001:db8::7]:2222')).toEqual({ host: '2001:db8::7', port: 2222, user: 'me' });
    expect(parseAddress('[2001:db8::7]')).toEqual({ host: '2001:db8::7' });
  });

  it.each([
    '',
    '  ',
    'a b',
    '@srv',
    'a@b@c',
    'srv:',
    'srv:0',
    'srv:65536',
    'srv:22x',
    '-oProxyCommand=x',
    'a/b',
    '[]',
    '[::1',
    '::1]',
    'me@',
  ])('is refused with a reason where it is none: %j', (text) => expect(parseAddress(text)).toMatch(/\.$/));

  it('never makes a host that the file would refuse', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const address = parseAddress(text);
        if (typeof address === 'string') return;
        expect(fault('host', address.host)).toBeUndefined();
        if (address.user !== undefined) expect(fault('user', address.user)).toBeUndefined();
      }),
    );
  });
});

describe('the fault of a field', () => {
  it('is a sentence', () => {
    expect(fault('id', 'srv-1')).toBeUndefined();
    expect(fault('id', '-x')).toMatch(/^An id begins with .*\.$/);
    expect(fault('user', 'a:b')).toMatch(/^This must be a user name.*\.$/);
  });
});

describe('a fleet file with further servers', () => {
  const text =
    '{ "systems": { "a": { "product": "eocortex", "servers": { "x": { "host": "h", "user": "u" } } } } }';
  const grown = (id: string, entry: { host: string; user?: string }) =>
    withServers(text, '/f.fleet.jsonc', 'a', [[id, entry]]);

  it('is read as it would be', () => {
    const found = grown('y', { host: 'k' });
    expect(found).not.toBeTypeOf('string');
    if (typeof found !== 'string')
      expect(found.fleet.systems[0]?.servers.map(({ id }) => id)).toEqual(['x', 'y']);
  });

  it('says what speaks against it', () => {
    expect(grown('y', { host: 'h', user: 'u' })).toMatch(/"y" and "x" are the same machine/);
    expect(grown('__proto__', { host: 'k' })).toMatch(/cannot be used as a name/);
    expect(() => grown('x', { host: 'k' })).toThrow(/already a server "x"/);
  });
});
