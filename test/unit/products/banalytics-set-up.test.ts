import { describe, expect, it } from 'vitest';
import { servers } from '../../../src/updater/fleet/model';
import { parseFleet } from '../../../src/updater/fleet/read';
import { makePlan } from '../../../src/updater/plan/planner';
import type { Facts } from '../../../src/updater/targets/facts';
import { factsOf } from '../samples';

const core = 'com.banalytics.box:core';
const { fleet } = parseFleet(
  JSON.stringify({
    systems: {
      boxes: {
        product: 'banalytics',
        modules: { [core]: '1.4.2' },
        servers: { 'box-1': { host: 'h', environment: 'e', home: '/opt/tpyo', service: 'tpyo.service' } },
      },
    },
  }),
  '/fleet.jsonc',
);

function reasonsOf(more: Partial<Facts>): string[] {
  if (fleet === undefined) throw new Error('no fleet');
  const [server] = servers(fleet);
  if (server === undefined) throw new Error('no server');
  const facts = factsOf({ installed: { version: '1.4.1' }, modules: { [core]: '1.4.1' }, ...more });
  const plan = makePlan({
    fleet,
    servers: [server],
    action: 'install',
    to: null,
    answered: new Map([['box-1', { facts }]]),
    supply: { packages: [], silent: new Map() },
    now: new Date('2026-11-21T12:00:00Z'),
  });
  return (plan.servers[0]?.reasons ?? []).map(
    ({ rule, severity, message }) => `${severity} ${rule} ${message}`,
  );
}

describe('a server where the product is not what the fleet file says', () => {
  it('is blocked before it restarts for nothing: no home folder', () => {
    expect(reasonsOf({ homeMissing: true })).toContainEqual(
      expect.stringMatching(/^block banalytics\.home .*\/opt\/tpyo.*`home`/),
    );
  });

  it('is blocked before it restarts for nothing: no such service', () => {
    expect(reasonsOf({ service: { name: 'tpyo.service', state: 'missing' } })).toContainEqual(
      expect.stringMatching(/^block banalytics\.service .*tpyo\.service.*`service`/),
    );
  });

  it('is not blocked where both are there', () => {
    const said = reasonsOf({ service: { name: 'tpyo.service', state: 'stopped' } }).join('\n');
    expect(said).not.toMatch(/banalytics\.(home|service)/);
  });
});
