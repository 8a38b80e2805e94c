import { describe, expect, it } from 'vitest';
import { systemStatus, updateTitle } from '../../../src/editor/lens-words';
import { systemPlaces } from '../../../src/updater/fleet/places';
import { parseFleet } from '../../../src/updater/fleet/read';
import { initialState, type ServerState } from '../../../src/updater/rollout/state';

const text = JSON.stringify({
  systems: {
    a: {
      product: 'eocortex',
      version: '4.4.12',
      servers: { x: { host: 'x' }, y: { host: 'y' }, z: { host: 'z' } },
    },
  },
});
const { fleet } = parseFleet(text, '/f.fleet.jsonc');
const system = fleet?.systems[0];
if (!fleet || !system) throw new Error('no fleet');

function states(...over: Partial<ServerState>[]): Map<string, ServerState> {
  const found = initialState(fleet!, '');
  ['x', 'y', 'z'].forEach((id, index) => found.set(id, { ...found.get(id)!, ...over[index] }));
  return found;
}

describe('the line above a system', () => {
  it('counts its servers by status, the most common first', () => {
    const installed = { status: 'installed' as const, version: '4.4.12' };
    expect(systemStatus(system, states({ status: 'failed' }, installed, installed))).toBe(
      '3 servers: 2 installed 4.4.12, 1 failed',
    );
    expect(
      systemStatus(system, states({ ...installed, version: '4.2.18' }, installed, { status: 'unreachable' })),
    ).toBe('3 servers: 2 installed, 1 unreachable');
    expect(systemStatus(system, states(installed, installed, installed))).toBe('3 servers: installed 4.4.12');
    expect(systemStatus(system, states())).toBe('3 servers: not asked yet');
    expect(systemStatus(system, new Map())).toBe('3 servers');
  });

  it('names the version of the update where it is one', () => {
    expect(updateTitle(system, states())).toBe('Update to 4.4.12…');
    const own = {
      ...system,
      servers: system.servers.map((server, n) =>
        n > 0 ? server : { ...server, eocortex: { ...server.eocortex!, version: '4.4.13' } },
      ),
    };
    expect(updateTitle(own, states())).toBe('Update…');
  });
});

describe('the places of systems', () => {
  it('are those of their keys, in an unfinished file too', () => {
    const written = '// x\n{ "systems": { "a": {}, /* c */ "b": { "servers": { "a": {} } } } }';
    expect(
      systemPlaces(written).map(({ id, place }) => [
        id,
        written.slice(place.offset, place.offset + place.length),
      ]),
    ).toEqual([
      ['a', '"a"'],
      ['b', '"b"'],
    ]);
    expect(systemPlaces('{ "systems": [] }')).toEqual([]);
    expect(systemPlaces('{ "systems": { "a" ')).toEqual([]);
  });
});
