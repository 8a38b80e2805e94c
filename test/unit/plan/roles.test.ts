import { describe, expect, it, vi } from 'vitest';
import { servers } from '../../../src/updater/fleet/model';
import { parseFleet } from '../../../src/updater/fleet/read';
import type { Action, Plan } from '../../../src/updater/plan/plan';
import { makePlan, type Answered } from '../../../src/updater/plan/planner';
import { leadersOf } from '../../../src/updater/plan/roles';
import type { Product } from '../../../src/updater/products/product';
import type { Facts } from '../../../src/updater/targets/facts';
import { factsOf } from '../samples';

// No product of this version has such an order yet: one is given it.
vi.mock('../../../src/updater/products', async (original) => {
  const products = await original<{ productOf: (id: string) => Product | undefined }>();
  const known = products.productOf('banalytics');
  const ordered = known && {
    ...known,
    rolesFirst: { roles: ['master', 'gateway'], rule: 'x.master-first' },
    rules: [...known.rules, { id: 'x.master-first', severity: 'block', sentence: 'The master goes first.' }],
  };
  return { productOf: (id: string) => (id === 'banalytics' ? ordered : products.productOf(id)) };
});

const core = 'com.banalytics.box:core';
const answer = (version: string, over: Partial<Facts> = {}): Answered => ({
  facts: factsOf({
    ...{ installed: { version }, modules: { [core]: version }, firstRun: false, history: ['0.9.0', '1.0.0'] },
    ...over,
  }),
});

interface Given {
  /** Id → role. */
  roles: Record<string, string>;
  system?: object;
  answers?: Record<string, Answered>;
  chosen?: string[];
  action?: Action;
}

function fleetOf({ roles, system }: Given) {
  const own = ([id, role]: [string, string]): [string, object] => [
    id,
    { host: `${id}.example`, environment: id === 'odd' ? undefined : 'e', outOfBand: 'KVM', role },
  ];
  const text = JSON.stringify({
    systems: {
      lake: {
        ...{ product: 'banalytics', modules: { [core]: '2.0.0' }, repository: 'https://repo.example/maven' },
        ...system,
        servers: Object.fromEntries(Object.entries(roles).map(own)),
      },
    },
  });
  const { fleet, problems } = parseFleet(text, '/site/fleet.jsonc');
  if (fleet === undefined) throw new Error(JSON.stringify(problems));
  return fleet;
}

function plan(given: Given): Plan {
  const fleet = fleetOf(given);
  const all = servers(fleet);
  return makePlan({
    fleet,
    servers: all.filter(({ id }) => given.chosen?.includes(id) ?? true),
    action: given.action ?? 'install',
    to: null,
    answered: new Map(all.map(({ id }) => [id, given.answers?.[id] ?? answer('1.0.0')])),
    supply: { packages: [], silent: new Map() },
    now: new Date('2026-11-21T12:00:00Z'),
  });
}
const waves = (given: Given) => Object.fromEntries(plan(given).servers.map(({ id, wave }) => [id, wave]));
const told = (given: Given) =>
  Object.fromEntries(
    plan(given).servers.map(({ id, verdict, reasons }) => [
      id,
      [verdict, ...reasons.flatMap(({ rule, message }) => (rule === 'x.master-first' ? [message] : []))].join(
        ': ',
      ),
    ]),
  );

const roles = { r1: 'recorder', g: 'gateway', m: 'master', r2: 'recorder', r3: 'recorder' };

describe('where a role goes first', () => {
  it('each such role has a wave of its own, before canary and waves', () => {
    expect(waves({ roles })).toEqual({ m: 0, g: 1, r1: 2, r2: 2, r3: 2 });
    expect(waves({ roles, system: { canary: 1, waves: ['50%'] } })).toEqual({
      m: 0,
      g: 1,
      r1: 2,
      r2: 3,
      r3: 4,
    });
    expect(waves({ roles: { r1: 'recorder', m: 'master' } })).toEqual({ r1: 1, m: 0 });
    const leads = plan({ roles }).servers.map(({ id, leads: role }) => `${id} ${role}`);
    expect(leads).toEqual(['r1 undefined', 'g gateway', 'm master', 'r2 undefined', 'r3 undefined']);
  });

  it('one that runs the version already holds up nobody', () => {
    expect(waves({ roles, answers: { m: answer('2.0.0') } })).toEqual({ m: 0, g: 0, r1: 1, r2: 1, r3: 1 });
    expect(told({ roles, chosen: ['r1'], answers: { m: answer('2.0.0'), g: answer('2.0.0') } })).toEqual({
      r1: 'ready',
    });
  });

  it('one that is blocked, or works on something else, blocks those behind it', () => {
    const blocked = told({ roles: { g: 'gateway', odd: 'master', r1: 'recorder' } });
    expect(blocked.odd).toBe('blocked');
    expect(blocked.g).toMatch(/^blocked: The master goes first\. odd is blocked: /);
    expect(blocked.r1).toMatch(/^blocked: The master goes first\. odd is blocked: /);
    const job = { id: 'j', action: 'install', state: 'running', by: 'a@b', to: null, since: 0 } as const;
    const busy = answer('1.0.0', { job: { ...job, step: null, message: null } });
    expect(told({ roles: { m: 'master', r1: 'recorder' }, answers: { m: busy } })).toEqual({
      m: 'skip',
      r1: 'blocked: The master goes first. A job runs on m: wait until it has ended.',
    });
    const [one] = plan({ roles: { r1: 'recorder', odd: 'master' } }).servers;
    expect(one).toMatchObject({ steps: [], wave: 0 });
    expect(one).not.toHaveProperty('expected');
  });

  it('one that was not chosen is looked at all the same', () => {
    const given = { roles, chosen: ['r1', 'm'] };
    expect(
      leadersOf(fleetOf(given), servers(fleetOf(given)).slice(0, 1), 'install').map(({ id }) => id),
    ).toEqual(['g', 'm']);
    expect(told(given)).toEqual({
      r1: 'blocked: The master goes first. g does not run it yet: update it first, or together with this one.',
      m: 'ready',
    });
    const away: Answered = { error: { message: 'No answer.' } as never };
    expect(told({ roles, chosen: ['r1'], answers: { m: away, g: answer('2.0.0') } }).r1).toBe(
      'blocked: The master goes first. m is blocked: No answer.',
    );
  });

  it.each(['download', 'rollback', 'restart'] as const)('there is no order in a %s', (action) => {
    expect(Object.values(waves({ roles, action }))).toEqual([0, 0, 0, 0, 0]);
    expect(told({ roles, action, chosen: ['r1'] }).r1).toBe('ready');
    const fleet = fleetOf({ roles });
    expect(leadersOf(fleet, servers(fleet).slice(0, 1), action)).toEqual([]);
  });
});
