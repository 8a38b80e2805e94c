import { describe, expect, it } from 'vitest';
import type { System } from '../../../src/updater/fleet/model';
import { parseFleet } from '../../../src/updater/fleet/read';
import { loadedVersion, ownVersions } from '../../../src/updater/packages/loaded-version';
import type { PackageInfo } from '../../../src/updater/packages/package-info';
import { packageOf } from '../samples';

function systemOf(more: object, product = 'eocortex'): System {
  const servers = { a: { host: 'a' }, b: { host: 'b', ...(product === 'eocortex' && { version: '4.3.1' }) } };
  const { fleet } = parseFleet(JSON.stringify({ systems: { s: { product, ...more, servers } } }), '/f');
  const system = fleet?.systems[0];
  if (system === undefined) throw new Error('no system');
  return system;
}
const info = (version: string, over: Partial<PackageInfo> = {}): PackageInfo =>
  packageOf({ product: 'eocortex', kind: 'installer', version, arch: 'x64', module: null, ...over });

describe('the version that a system shall run after packages were loaded for it', () => {
  it('is the highest of them: the others are on the way to it, or for another architecture', () => {
    const loaded = [info('4.4.2'), info('4.4.12', { arch: 'x86' }), info('3.6.57')];
    expect(loadedVersion(systemOf({ version: '4.3.1' }), loaded)).toMatchObject({
      version: '4.4.12',
      before: '4.3.1',
      changes: true,
    });
    // A downgrade is the plan's to judge, not ours.
    expect(loadedVersion(systemOf({ version: '4.4.12' }), [info('4.4.2')])).toMatchObject({
      version: '4.4.2',
      before: '4.4.12',
      changes: true,
    });
  });

  it('is no change where the file names it, with or without a fourth number', () => {
    expect(loadedVersion(systemOf({ version: '4.4.2.0' }), [info('4.4.2')])).toMatchObject({
      changes: false,
    });
    expect(loadedVersion(systemOf({}), [info('4.4.2')])).toMatchObject({ before: null, changes: true });
  });

  it('is none where nothing of the product was loaded, or the product does not come in one package', () => {
    expect(loadedVersion(systemOf({}), [])).toBeUndefined();
    expect(loadedVersion(systemOf({}), [info('9.1', { product: 'mirasys' })])).toBeUndefined();
    expect(loadedVersion(systemOf({}, 'banalytics'), [info('4.4.2')])).toBeUndefined();
  });

  it('is not that of a server with one of its own', () => {
    expect(ownVersions(systemOf({ version: '4.4.2' }))).toEqual(['b (4.3.1)']);
    expect(ownVersions(systemOf({ version: '4.3.1' }))).toEqual([]);
  });
});
