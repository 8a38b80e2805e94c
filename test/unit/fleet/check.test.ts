import { describe, expect, it } from 'vitest';
import { parseFleet } from '../../../src/updater/fleet/read';

/** What is said of a system of these servers, and of these fields besides. */
function said(servers: object, system: object = {}, isSshHost?: (name: string) => boolean): string[] {
  const text = JSON.stringify({ systems: { a: { product: 'eocortex', ...system, servers } } });
  return parseFleet(text, '/f.fleet.jsonc', isSshHost).problems.map(
    ({ severity, message, path }) => `${severity} ${path.join('.')}: ${message}`,
  );
}

describe('a jump host that nobody knows', () => {
  const known = (name: string) => name === 'gate';

  it('is named where it stands, with the server that was probably meant', () => {
    expect(said({ bastion: { host: 'b' }, x: { host: 'h', jump: 'bastoin' } }, {}, known)).toEqual([
      'warning systems.a.servers.x.jump: "bastoin" is neither a server of this file nor a name in ~/.ssh/config, so it is taken for a host name. Did you mean "bastion"?',
    ]);
  });

  it('is said once where the system names it', () => {
    const found = said({ x: { host: 'h' }, y: { host: 'k' } }, { jump: 'nowhere' }, known);
    expect(found).toEqual([expect.stringMatching(/^warning systems\.a\.jump: "nowhere" is neither/)]);
  });

  it.each(['gate', 'me@other', 'gate.example', '10.0.0.1', 'other:22', 'gate,me@other', 'y', 'localhost'])(
    'is none where it is a server, a name, or plainly an address: %s',
    (jump) => expect(said({ x: { host: 'h', jump }, y: { host: 'k' } }, {}, known)).toEqual([]),
  );

  it('is not looked for where ~/.ssh/config was not read', () => {
    expect(said({ x: { host: 'h', jump: 'nowhere' } })).toEqual([]);
  });
});

describe('two entries of one machine', () => {
  it('are a mistake', () => {
    expect(said({ x: { host: 'h' }, y: { host: 'H' } })).toEqual([
      expect.stringMatching(/^error systems\.a\.servers\.y\.host: "y" and "x" are the same machine/),
    ]);
  });

  it('are suspicious where only the user differs, or the port that is usual', () => {
    const suspicious = [
      expect.stringMatching(/^warning systems\.a\.servers\.y\.host: "y" and "x" seem to be/),
    ];
    expect(said({ x: { host: 'h', user: 'a' }, y: { host: 'h', user: 'b' } })).toEqual(suspicious);
    expect(said({ x: { host: 'h' }, y: { host: 'h', port: 22 } })).toEqual(suspicious);
  });

  it('are meant where port, way or folders differ', () => {
    const y = (more: object) => said({ x: { host: 'h' }, y: { host: 'h', ...more } });
    expect(y({ port: 23 })).toEqual([]);
    expect(y({ jump: 'gate' })).toEqual([]);
    expect(y({ user: 'b', stateDir: 'D:\\state' })).toEqual([]);
  });
});

describe('a window that can never fit', () => {
  it('is named where it stands', () => {
    expect(said({ x: { host: 'h' }, y: { host: 'k' } }, { window: { from: '22:00', to: '22:14' } })).toEqual([
      'warning systems.a.window.to: The window is 14 minutes long, and an update of "x" and 1 more is taken to need 15: it never fits before a rollout outside the window has shown how long it really takes. Widen it.',
    ]);
    expect(said({ x: { host: 'h', window: { from: '23:55', to: '00:05' } } })).toEqual([
      expect.stringMatching(/^warning systems\.a\.servers\.x\.window\.to: The window is 10 minutes long/),
    ]);
  });

  it('fits on the minute, and where servers are back sooner or have a window of their own', () => {
    expect(said({ x: { host: 'h' } }, { window: { from: '22:00', to: '22:15' } })).toEqual([]);
    expect(said({ x: { host: 'h', returnMinutes: 5 } }, { window: { from: '22:00', to: '22:05' } })).toEqual(
      [],
    );
    const own = { from: '22:00', to: '23:00' };
    expect(said({ x: { host: 'h', window: own } }, { window: { from: '22:00', to: '22:05' } })).toEqual([]);
  });
});
