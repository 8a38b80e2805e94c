import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FleetFiles } from '../../../src/vscode/fleet-files';
import type { FleetLog } from '../../../src/vscode/log';
import { disk, Uri, watched } from './stub';

vi.mock('vscode', () => import('./stub'));

const path = '/w/fleet.jsonc';
const uri = Uri.file(path);
const servers = { 'box-1': { host: '192.0.2.1', environment: 'e1' } };
const modules = { 'com.banalytics.box:core': '1.4.2' };
const fleetOf = (name: string) =>
  JSON.stringify({ name, systems: { boxes: { product: 'banalytics', home: '/opt/box', modules, servers } } });

describe('the fleet files of a window', () => {
  let files: FleetFiles;
  let errors: unknown[];
  const sessions = () => files.sessions.map((session) => ({ session, name: session.fleet.name }));
  /** ms; longer than a file is let be gone. */
  const pass = async (ms: number) => {
    await vi.advanceTimersByTimeAsync(ms);
    await files.settled();
  };

  beforeEach(async () => {
    vi.useFakeTimers();
    disk.set(path, fleetOf('first'));
    errors = [];
    const log = { error: (_what: string, error: unknown) => errors.push(error) };
    files = new FleetFiles(() => Promise.reject(new Error('no host')), log as unknown as FleetLog);
    await files.settled();
  });
  afterEach(async () => {
    expect(errors).toEqual([]);
    await files.close();
    disk.clear();
    vi.useRealTimers();
  });

  it.each(['deleted', 'changed'] as const)(
    'keep the session of a file that is being replaced, and was told of as %s',
    async (told) => {
      const [before] = sessions();
      expect(before?.name).toBe('first');
      disk.delete(path);
      watched[told].fire(uri);
      await pass(500);
      expect(sessions()).toEqual([before]);
      disk.set(path, fleetOf('second'));
      watched.created.fire(uri);
      await pass(2_000);
      expect(sessions()).toEqual([{ session: before?.session, name: 'second' }]);
    },
  );

  it('end the session of a file that stays away', async () => {
    disk.delete(path);
    watched.deleted.fire(uri);
    await pass(1_500);
    expect(sessions()).toEqual([]);
  });
});
