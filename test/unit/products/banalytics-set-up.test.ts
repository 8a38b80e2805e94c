import { describe, expect, it } from 'vitest';
import { servers, type Fleet } from '../../../src/updater/fleet/model';
import { parseFleet } from '../../../src/updater/fleet/read';
import { makePlan } from '../../../src/updater/plan/planner';
import type { Facts } from '../../../src/updater/targets/facts';
import { factsOf } from '../samples';

const core = 'com.banalytics.box:core';

function fleetWith(system: object): Fleet {
  const boxes = {
    product: 'banalytics',
    modules: { [core]: '1.4.2' },
    ...system,
    servers: { 'box-1': { host: 'h', environment: 'e', home: '/opt/tpyo', service: 'tpyo.service' } },
  };
  const { fleet } = parseFleet(JSON.stringify({ systems: { boxes } }), '/fleet.jsonc');
  if (fleet === undefined) throw new Error('no fleet');
  return fleet;
}

function reasonsOf(more: Partial<Facts>, system: object = {}, silent: [string, string][] = []): string[] {
  const fleet = fleetWith(system);
  const [server] = servers(fleet);
  if (server === undefined) throw new Error('no server');
  const facts = factsOf({ installed: { version: '1.4.1' }, modules: { [core]: '1.4.1' }, ...more });
  const plan = makePlan({
    fleet,
    servers: [server],
    action: 'install',
    to: null,
    answered: new Map([['box-1', { facts }]]),
    supply: { packages: [], silent: new Map(silent) },
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

describe('modules that the library lacks', () => {
  const repository = 'https://repo.example/maven';
  const lacked = /^warn package\.not-loaded/;

  it('are fetched where a repository has been asked, and the plan says so', () => {
    const said = reasonsOf({}, { repository });
    expect(said).toContain(
      `warn package.not-loaded Not in the library yet, fetched from the repository first: ${core} 1.4.2.`,
    );
    expect(said.join('\n')).not.toMatch(/portal/);
  });

  it('are not promised where none is set, or it does not answer', () => {
    for (const said of [
      reasonsOf({}),
      reasonsOf({}, { repository }, [[repository, 'repo.example does not answer.']]),
    ]) {
      expect(said.find((one) => lacked.test(one))).toMatch(/Not in the library yet: /);
      expect(said.join('\n')).toMatch(/^block banalytics\.portal/m);
    }
  });
});
