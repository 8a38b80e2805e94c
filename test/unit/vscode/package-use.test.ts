import { describe, expect, it } from 'vitest';
import { servers } from '../../../src/updater/fleet/model';
import { parseFleet } from '../../../src/updater/fleet/read';
import { initialState, type ServerState } from '../../../src/updater/rollout/state';
import { needs, PackageUses, useWords, type UsingFleet } from '../../../src/vscode/package-use';
import { facts } from '../tree/fixtures';
import { packageOf } from '../samples';

function using(over: Record<string, Partial<ServerState>> = {}): UsingFleet {
  const three = ['1', '2', '3'].map((n) => [`srv-${n}`, { host: `192.0.2.${n}` }] as const);
  const text = JSON.stringify({
    systems: {
      boxes: {
        product: 'banalytics',
        modules: { 'com.banalytics.box:core': '1.4.2' },
        servers: { 'box-1': { host: '192.0.2.9', environment: 'e' } },
      },
      harbour: { product: 'eocortex', version: '4.4.12', servers: Object.fromEntries(three) },
    },
  });
  const { fleet } = parseFleet(text, '/tmp/fleet.jsonc');
  if (!fleet) throw new Error('no fleet');
  const states = initialState(fleet, '2026-01-01T00:00:00Z');
  for (const [id, state] of states) states.set(id, { ...state, ...over[id] });
  return { fleet, servers: servers(fleet), states };
}

const installer = packageOf({
  ...{ product: 'eocortex', kind: 'installer', module: null, version: '4.4.12', sha256: 'b'.repeat(64) },
});
const older = { ...installer, version: '4.2.18', sha256: 'c'.repeat(64) };

describe('who needs a package', () => {
  it('is whoever is to run it and does not yet', () => {
    const before = new PackageUses([using()]);
    expect(useWords(before.of([installer]))).toBe('wanted by harbour (3 servers)');
    expect(useWords(before.of([packageOf()]))).toBe('wanted by box-1');
    expect(useWords(before.of([packageOf({ version: '9.9.9' })]))).toBe('not wanted');
    expect(needs(before.of([installer]))).toEqual([
      'To be installed on: srv-1, srv-2, srv-3. It has not been sent there yet.',
    ]);
  });

  it('is none of those that run it, and those that have the file need no other', () => {
    const modules = { 'com.banalytics.box:core': '1.4.2' };
    const uses = new PackageUses([
      using({
        'box-1': { facts: { ...facts, modules } },
        'srv-1': { version: '4.4.12', rollback: ['4.2.18'] },
        'srv-2': { loaded: [{ version: '4.4.12', sha256: installer.sha256 }] },
      }),
    ]);
    expect(useWords(uses.of([packageOf()]))).toBe('installed on box-1');
    expect(useWords(uses.of([installer]))).toBe('wanted by srv-2, srv-3');
    expect(needs(uses.of([installer]))[0]).toMatch(/^To be installed on: srv-3\./);
  });

  it('is whoever can go back to it', () => {
    const uses = new PackageUses([using({ 'srv-1': { version: '4.4.12', rollback: ['4.2.18'] } })]);
    expect(useWords(uses.of([older]))).toBe('for a rollback of srv-1');
    expect(needs(uses.of([older]))).toEqual([
      'A rollback leads to it on: srv-1. The file does not lie there.',
    ]);
    const loaded = [{ version: '4.2.18', sha256: older.sha256 }];
    expect(
      needs(new PackageUses([using({ 'srv-1': { rollback: ['4.2.18'], loaded } })]).of([older])),
    ).toEqual([]);
  });

  it('is asked of every fleet', () => {
    expect(useWords(new PackageUses([using(), using()]).of([installer]))).toBe(
      'wanted by harbour (6 servers)',
    );
  });
});
