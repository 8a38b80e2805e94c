import { describe, expect, it } from 'vitest';
import { dropMeaning, type DropPlace } from '../../../src/commands/drop-meaning';
import { parseFleet } from '../../../src/updater/fleet/read';
import { packageOf } from '../samples';

const core = 'com.banalytics.box:core';
const onvif = 'com.banalytics.box.module:onvif';

const { fleet } = parseFleet(
  JSON.stringify({
    systems: {
      boxes: {
        product: 'banalytics',
        modules: { [core]: '1.4.2' },
        servers: {
          'box-1': { host: '192.0.2.1', environment: 'e1' },
          'box-2': { host: '192.0.2.2', environment: 'e2', modules: { [core]: '1.5.0' } },
        },
      },
      harbour: { product: 'eocortex', servers: { 'srv-1': { host: '192.0.2.3' } } },
    },
  }),
  '/tmp/fleet.jsonc',
);

function place(system: string, server?: string): DropPlace {
  const found = fleet?.systems.find(({ id }) => id === system);
  if (!found) throw new Error(`no ${system}`);
  return { system: found, server: found.servers.find(({ id }) => id === server) };
}

describe('what a drop means', () => {
  it('is another version of a module for a system, or for one server', () => {
    const one = [packageOf({ version: '1.5.0' })];
    expect(dropMeaning(one, place('boxes'))).toEqual({
      kind: 'modules',
      changes: [{ module: core, before: ['1.4.2', '1.5.0'], version: '1.5.0' }],
    });
    expect(dropMeaning(one, place('boxes', 'box-1'))).toMatchObject({ changes: [{ before: ['1.4.2'] }] });
  });

  it('is a module that was not installed before', () => {
    const added = [packageOf({ kind: 'module', module: onvif, version: '1.2.0' })];
    expect(dropMeaning(added, place('boxes'))).toMatchObject({ changes: [{ before: [null] }] });
  });

  it('is nothing where it is wanted already', () => {
    expect(dropMeaning([packageOf({ version: '1.5.0' })], place('boxes', 'box-2'))).toEqual({
      kind: 'nothing',
      why: 'The fleet file wants core 1.5.0 for box-2 already.',
    });
  });

  it('is the package of a system that runs one', () => {
    const installer = packageOf({ product: 'eocortex', kind: 'installer', module: null, version: '4.4.12' });
    expect(dropMeaning([installer], place('harbour', 'srv-1'))).toEqual({
      kind: 'package',
      packages: [installer],
    });
  });

  it('takes the files of a module along with it, and refuses them alone', () => {
    const part = packageOf({ kind: 'dependencies', file: 'bin.zip', version: '1.5.0' });
    expect(dropMeaning([part, packageOf({ version: '1.5.0' })], place('boxes')).kind).toBe('modules');
    expect(dropMeaning([part], place('boxes'))).toMatchObject({
      kind: 'refused',
      why: 'bin.zip is only a part of core 1.5.0. Drop the module itself.',
    });
  });

  it('says why it makes no sense', () => {
    const why = (packages: ReturnType<typeof packageOf>[], where?: DropPlace) => {
      const meaning = dropMeaning(packages, where);
      return meaning.kind === 'refused' ? meaning.why : meaning.kind;
    };
    expect(why([packageOf()])).toMatch(/^Drop packages on a system or on a server/);
    expect(why([packageOf()], place('harbour'))).toBe('core 1.4.2 is not for harbour, which runs Eocortex.');
    expect(why([packageOf({ version: '1.4.0' }), packageOf({ version: '1.5.0' })], place('boxes'))).toBe(
      'core came in versions 1.4.0 and 1.5.0. Drop one of them.',
    );
    expect(why([], place('boxes'))).toBe('There is no package to drop any more.');
  });
});
