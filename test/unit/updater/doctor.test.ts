import { describe, expect, it } from 'vitest';
import { checkServers } from '../../../src/updater/doctor';
import { FleetError } from '../../../src/updater/errors';
import { servers } from '../../../src/updater/fleet/model';
import { parseFleet } from '../../../src/updater/fleet/read';
import { meansFor } from '../../../src/updater/products/means';
import type { Answered } from '../../../src/updater/plan/planner';
import type { Facts } from '../../../src/updater/targets/facts';

const { fleet } = parseFleet(
  JSON.stringify({
    systems: {
      harbour: {
        product: 'eocortex',
        outOfBand: 'iDRAC',
        servers: { win: { host: 'a', app: 'server' }, nvr: { host: 'b', app: 'nvr' } },
      },
      boxes: { product: 'banalytics', servers: { box: { host: 'c' } } },
    },
  }),
  '/x/fleet.jsonc',
);

function checksOf(id: string, answer: Answered) {
  const asked = servers(fleet ?? { name: '', file: '', systems: [] }).filter((server) => server.id === id);
  return checkServers(asked, new Map([[id, answer]]), { packages: [], silent: new Map() });
}
const refused = { error: new FleetError('auth.failed', 'me@a was not let in.', { hint: 'Check it.' }) };

const facts: Facts = {
  os: { family: 'windows', name: 'Windows Server 2022' },
  arch: 'x64',
  bootId: null,
  freeBytes: { system: 1e10, state: 1e10 },
  installed: { version: '4.3.1' },
  service: { name: 'EocortexServer', state: 'running' },
  readOnly: ['state'],
  loaded: [],
  history: [],
  job: null,
};

describe('the doctor', () => {
  it('says of a refused key on Windows where the keys of administrators belong, and which rights that file must have', () => {
    const [check] = checksOf('win', refused);
    expect(check).toMatchObject({ name: 'ssh', ok: false, message: 'me@a was not let in.' });
    expect(check?.hint).toContain(
      'only in C:\\ProgramData\\ssh\\administrators_authorized_keys, not in its own .ssh folder',
    );
    expect(check?.hint).toContain('nobody but Administrators and SYSTEM');
    expect(check?.hint).toContain(
      'icacls C:\\ProgramData\\ssh\\administrators_authorized_keys /inheritance:r /grant *S-1-5-32-544:F /grant *S-1-5-18:F',
    );
    expect(checksOf('box', refused)[0]?.hint).toBe('Check it.');
  });

  it('speaks of administrators on Windows, and of root elsewhere', () => {
    const hints = (id: string, family: 'windows' | 'linux') =>
      Object.fromEntries(
        checksOf(id, { facts: { ...facts, os: { family, name: family } } }).map(({ name, hint }) => [
          name,
          hint,
        ]),
      );
    expect(hints('win', 'windows').rights).toMatch(/group Administrators/);
    expect(hints('win', 'windows')['boot identity']).toMatch(/time of the last boot/);
    expect(hints('box', 'linux').rights).toMatch(/^Log in as root/);
    expect(hints('box', 'linux')['boot identity']).toMatch(/bootIdFile/);
  });

  it('names the rights that are missing', () => {
    const rights = (more: Partial<Facts>) =>
      checksOf('win', { facts: { ...facts, readOnly: [], ...more } }).find(({ name }) => name === 'rights');
    expect(rights({ user: { name: 'CORP\\vms', root: true } })).toMatchObject({ ok: true });
    expect(rights({ readOnly: ['state'], user: { name: 'CORP\\vms', root: false } })).toMatchObject({
      ok: false,
      message:
        'may not write the state folder, nor control services, register scheduled tasks and run installers',
    });
  });

  it('finds nothing to put right in a recorder that is listed and never touched', () => {
    const nvr = servers(fleet ?? { name: '', file: '', systems: [] }).find(({ id }) => id === 'nvr');
    if (nvr === undefined) throw new Error('no nvr');
    let error: unknown;
    try {
      meansFor(nvr);
    } catch (thrown) {
      error = thrown;
    }
    const checks = checksOf('nvr', { error: error as FleetError });
    expect(checks).toEqual([expect.objectContaining({ name: 'product', ok: true })]);
    expect(checks[0]?.message).toMatch(/"nvr"\. \(eocortex\.app\)$/);
    const other = { error: new FleetError('server.unsupported', 'not yet') };
    expect(checksOf('win', other)).toEqual([expect.objectContaining({ name: 'product', ok: false })]);
  });
});
