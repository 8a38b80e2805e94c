import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultDataDir } from '../../../src/updater/data-dir';

describe('data folder', () => {
  it.each([
    ['linux', {}, '/home/pat/.local/share/vms-fleet'],
    ['linux', { XDG_DATA_HOME: '/data' }, '/data/vms-fleet'],
    ['linux', { XDG_DATA_HOME: 'relative' }, '/home/pat/.local/share/vms-fleet'],
    ['darwin', { XDG_DATA_HOME: '/data' }, '/home/pat/Library/Application Support/vms-fleet'],
    ['win32', { LOCALAPPDATA: 'D:\\Local' }, 'D:\\Local\\vms-fleet'],
    ['linux', { VMS_FLEET_HOME: '/fleet', XDG_DATA_HOME: '/data' }, '/fleet'],
    ['linux', { VMS_FLEET_HOME: 'here' }, resolve('here')],
  ] as const)('%s with %j is %s', (platform, env, expected) => {
    expect(defaultDataDir(env, platform, '/home/pat')).toBe(expected);
  });

  it('is below the profile on Windows without LOCALAPPDATA', () => {
    expect(defaultDataDir({}, 'win32', 'C:\\Users\\pat')).toBe('C:\\Users\\pat\\AppData\\Local\\vms-fleet');
  });
});
