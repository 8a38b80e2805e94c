import { describe, expect, it } from 'vitest';
import { question, split } from '../../../src/commands/confirmation';
import { whatHappens } from '../../../src/commands/what-happens';
import { servers, type Server } from '../../../src/updater/fleet/model';
import { parseFleet } from '../../../src/updater/fleet/read';
import type { Action, Plan, PlanServer } from '../../../src/updater/plan/plan';

function serversOf(system: object, ids = ['a']): Server[] {
  const text = JSON.stringify({
    systems: {
      s: { ...system, servers: Object.fromEntries(ids.map((id) => [id, { host: id }])) },
    },
  });
  const { fleet, problems } = parseFleet(text, '/x/fleet.jsonc');
  if (fleet === undefined) throw new Error(JSON.stringify(problems));
  return servers(fleet);
}
const eocortex = (more: object = {}) => serversOf({ product: 'eocortex', ...more })[0];

const planned = (words: string[], over: Partial<PlanServer> = {}): PlanServer => ({
  id: 'a',
  system: 's',
  verdict: 'ready',
  from: '4.3.1',
  to: '4.4.12',
  path: ['4.4.12'],
  reasons: [],
  wave: 0,
  steps: words.map((step) => ({ step })),
  ...over,
});
const install = ['stop', 'backup', 'run', 'start', 'check-version', 'check-service'];
const back = ['stop', 'run', 'stop', 'restore', 'start', 'check-version'];
const told = 'Whoever is logged on there reads “VMS Fleet: update” for 5 seconds.';

describe('what is said before a Windows server is changed', () => {
  it('is what the steps do, and what becomes of the machine', () => {
    expect(whatHappens(planned(install), eocortex(), 'install')).toBe(
      'The service stops, its settings are backed up, the installer of 4.4.12 runs, and the service starts again. ' +
        `The machine restarts if the installer asks for it. ${told} Recording stops meanwhile.`,
    );
    const without = install.filter((word) => word !== 'backup');
    expect(whatHappens(planned(without), eocortex({ restart: 'service' }), 'install')).toBe(
      'The service stops, the installer of 4.4.12 runs, and the service starts again. ' +
        'The machine does not restart, even if the installer asks for it. Recording stops meanwhile.',
    );
    const soon = { restart: 'reboot', restartDelaySeconds: 1, restartReason: 'Night shift' };
    expect(whatHappens(planned(install), eocortex(soon), 'install')).toContain(
      'The machine restarts. Whoever is logged on there reads “Night shift” for 1 second.',
    );
  });

  it('says that nobody is warned where the restart comes at once', () => {
    expect(whatHappens(planned(install), eocortex({ restartDelaySeconds: 0 }), 'install')).toContain(
      'Whoever is logged on there is not warned before (`restartDelaySeconds`).',
    );
  });

  it('names every version on the way', () => {
    const hops = planned(install, { from: '3.5', path: ['3.6.57', '4.4.12'] });
    expect(whatHappens(hops, eocortex(), 'install')).toContain(
      'the installers of 3.6.57, then 4.4.12 run, and the service starts again, all of it for each version.',
    );
  });

  it('says of a rollback which settings are lost', () => {
    const one = planned(back, { from: '4.4.12', to: '4.3.5', path: ['4.3.5'] });
    expect(whatHappens(one, eocortex(), 'rollback')).toContain(
      'All settings go back to what they were before the update to 4.4.12: what was set since is lost.',
    );
    const two = { ...one, path: ['4.3.5', '4.3.1'], to: '4.3.1' };
    expect(whatHappens(two, eocortex(), 'rollback')).toContain('before the updates to 4.4.12 and 4.3.5:');
    const kept = planned(['stop', 'run', 'start'], { from: '4.4.12', to: '4.3.5', path: ['4.3.5'] });
    expect(whatHappens(kept, eocortex(), 'rollback')).toContain('Settings stay as they are:');
  });

  it('warns who sits before a Windows machine that only restarts; a Linux one has no such person', () => {
    const restart = planned(['restart'], { path: [] });
    expect(whatHappens(restart, eocortex(), 'restart')).toBe(
      `The machine restarts: recording stops meanwhile. ${told}`,
    );
    const [box] = serversOf({ product: 'banalytics' });
    expect(whatHappens(restart, box, 'restart')).toBe('The machine restarts: recording stops meanwhile.');
    expect(whatHappens(planned(['download']), eocortex(), 'download')).toBeNull();
  });

  it('stands in the question, with the version and the number of servers in its first line', () => {
    const asked = (action: Action, to: string[], product = 'eocortex') => {
      const ids = to.map((_, index) => `srv-${index}`);
      const going = to.map((version, index) => planned(install, { id: `srv-${index}`, to: version }));
      const plan: Plan = { schema: 1, action, to: null, servers: going, parallel: {} };
      return question(plan, split(plan), serversOf({ product }, ids));
    };
    expect(asked('install', ['4.4.12', '4.4.12']).message).toBe('Install Version 4.4.12: 2 servers?');
    expect(asked('rollback', ['4.3.1']).message).toBe('Roll Back to 4.3.1: 1 server?');
    expect(asked('install', ['4.4.12', '4.3.18']).message).toBe('Install: 2 servers?');
    expect(asked('install', ['1.4.2'], 'banalytics').message).toBe('Install: 1 server?');
    const { detail } = asked('install', ['4.4.12', '4.4.12']);
    expect(detail).toContain('srv-1: 4.3.1 → 4.4.12');
    expect(detail.match(/the installer of 4\.4\.12 runs/g)).toHaveLength(1);
  });
});
