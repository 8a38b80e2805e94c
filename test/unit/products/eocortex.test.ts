import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FleetError } from '../../../src/updater/errors';
import { parseFleet } from '../../../src/updater/fleet/read';
import { servers, type Fleet, type Server } from '../../../src/updater/fleet/model';
import type { PackageInfo } from '../../../src/updater/packages/package-info';
import { compareVersions } from '../../../src/updater/packages/versions';
import { assess } from '../../../src/updater/plan/assess';
import type { Action, Plan, PlanServer } from '../../../src/updater/plan/plan';
import { makePlan, type Answered } from '../../../src/updater/plan/planner';
import { eocortex } from '../../../src/updater/products/eocortex';
import { catalogue } from '../../../src/updater/products/eocortex/catalogue';
import { brokenUp, pathUp } from '../../../src/updater/products/eocortex/path';
import { meansFor } from '../../../src/updater/products/means';
import type { Facts } from '../../../src/updater/targets/facts';
import { packageOf } from '../samples';

function fleetOf(system: object = {}, servers: Record<string, object> = { a: {} }): Fleet {
  const { fleet, problems } = parseFleet(
    JSON.stringify({
      systems: {
        harbour: {
          product: 'eocortex',
          app: 'server',
          outOfBand: 'iDRAC',
          ...system,
          servers: Object.fromEntries(
            Object.entries(servers).map(([id, own]) => [id, { host: `${id}.example`, ...own }]),
          ),
        },
      },
    }),
    '/x/fleet.jsonc',
  );
  if (fleet === undefined) throw new Error(JSON.stringify(problems));
  return fleet;
}

const sha = (n: number): string => n.toString(16).padStart(64, '0');

function factsOf(installed: string | null, over: Partial<Facts> = {}): Facts {
  return {
    os: { family: 'windows', name: 'Windows Server 2022', build: 20348 },
    arch: 'x64',
    bootId: '2026-11-01T00:00:00Z',
    freeBytes: { system: 5e9, state: 5e9 },
    installed: installed === null ? null : { version: installed },
    loaded: [],
    history: [],
    job: null,
    ...over,
  };
}

let made = 0;
function installer(version: string, over: Partial<PackageInfo> = {}): PackageInfo {
  made += 1;
  return packageOf({
    ...{
      sha256: sha(made),
      file: `Eocortex ${version}.exe`,
      size: 1e6,
      product: 'eocortex',
      kind: 'installer',
    },
    ...{ version, module: null, loadedAt: new Date(made * 1000).toISOString() },
    ...over,
  });
}

interface Case {
  to?: string | null;
  action?: Action;
  fleet?: Fleet;
  packages?: PackageInfo[];
}

function planOf(facts: Record<string, Facts | FleetError>, given: Case = {}): Plan {
  const fleet = given.fleet ?? fleetOf();
  return makePlan({
    fleet,
    servers: servers(fleet),
    action: given.action ?? 'install',
    to: given.to ?? null,
    answered: new Map(
      Object.entries(facts).map(([id, one]): [string, Answered] => [
        id,
        one instanceof FleetError ? { error: one } : { facts: one },
      ]),
    ),
    supply: { packages: given.packages ?? [], silent: new Map() },
    now: new Date('2026-11-21T08:00:00Z'),
  });
}

function plan(facts: Facts, given: Case = {}): PlanServer {
  const [server] = planOf({ a: facts }, given).servers;
  if (server === undefined) throw new Error('no server');
  return server;
}

/** Rule → severity, without what every plan without a library says. */
const said = (server: PlanServer): Record<string, string> =>
  Object.fromEntries(
    server.reasons.filter(({ rule }) => rule !== 'package.not-loaded').map((one) => [one.rule, one.severity]),
  );
const message = (server: PlanServer, rule: string): string =>
  server.reasons.find((one) => one.rule === rule)?.message ?? '';

describe('the rules', () => {
  it('are all of the specification, each with its severity', () => {
    expect(Object.fromEntries(eocortex.rules.map(({ id, severity }) => [id, severity]))).toMatchObject({
      'eocortex.app': 'block',
      'eocortex.os': 'block',
      'eocortex.free-space': 'block',
      'eocortex.service-account': 'block',
      'eocortex.kb4486129': 'block',
      'eocortex.gate-3.6.57': 'block',
      'eocortex.two-lines': 'block',
      'eocortex.downgrade-line': 'block',
      'eocortex.rollback-4.3': 'block',
      'eocortex.settings-revert': 'warn',
      'eocortex.parallel': null,
    });
  });
});

const gate = 'eocortex.gate-3.6.57';
const lines = 'eocortex.two-lines';
const older = 'eocortex.downgrade-line';

describe('the way from version to version', () => {
  it.each<[string, string, PlanServer['verdict'], Record<string, string>, string[]]>([
    // The gate: below 3.6.57 never straight to 4.x.
    ['3.6.57', '4.4.12', 'ready', {}, ['4.4.12']],
    ['3.6.57.0', '4.0', 'ready', {}, ['4.0']],
    ['3.6.56', '4.0', 'ready', { [gate]: 'warn' }, ['3.6.57', '4.0']],
    ['3.6.56.9', '4.4.12', 'ready', { [gate]: 'warn', [lines]: 'warn' }, ['3.6.57', '4.4.12']],
    ['3.5', '4.4', 'ready', { [gate]: 'warn', [lines]: 'warn' }, ['3.6.57', '4.4']],
    ['3.5.20', '4.0.0', 'ready', { [gate]: 'warn' }, ['3.6.57', '4.0.0']],
    ['3.6.99', '4.4.12', 'ready', {}, ['4.4.12']],
    ['4.0.1', '4.4.12', 'ready', {}, ['4.4.12']],
    // Two lines at a time below it.
    ['3.0.5', '3.2.1', 'ready', {}, ['3.2.1']],
    ['3.0.5', '3.3.1', 'ready', { [lines]: 'warn' }, ['3.2', '3.3.1']],
    ['3.4.9', '3.6.57', 'ready', {}, ['3.6.57']],
    ['3.3.9', '3.6.57', 'ready', { [lines]: 'warn' }, ['3.5', '3.6.57']],
    ['3.6.1', '3.6.57', 'ready', {}, ['3.6.57']],
    ['1.9', '2.1', 'ready', {}, ['2.1']],
    ['1.9', '2.2', 'ready', { [lines]: 'warn' }, ['2.1', '2.2']],
    ['2.8.1', '3.1.1', 'ready', {}, ['3.1.1']],
    ['2.8.1', '3.2.1', 'ready', { [lines]: 'warn' }, ['3.1', '3.2.1']],
    // Both together.
    ['3.4', '4.4', 'ready', { [gate]: 'warn', [lines]: 'warn' }, ['3.6.57', '4.4']],
    ['3.3', '4.4', 'ready', { [gate]: 'warn', [lines]: 'warn' }, ['3.5', '3.6.57', '4.4']],
    ['3.0', '4.4', 'ready', { [gate]: 'warn', [lines]: 'warn' }, ['3.2', '3.4', '3.6.57', '4.4']],
    // A line that nobody lists counts as a line.
    ['3.6.56', '3.8', 'ready', {}, ['3.8']],
    ['2.9', '3.1', 'ready', {}, ['3.1']],
    ['2.9', '3.2', 'ready', { [lines]: 'warn' }, ['3.1', '3.2']],
    // Older versions only inside a line.
    ['4.4.12', '4.4.2', 'ready', {}, ['4.4.2']],
    ['4.4.0', '4.3.99', 'blocked', { [older]: 'block' }, []],
    ['4.4', '3.4', 'blocked', { [older]: 'block' }, []],
    ['3.6.80', '3.6.1', 'ready', {}, ['3.6.1']],
    // Nothing to do, however it is written.
    ['4.4.12', '4.4.12', 'skip', { 'version.same': 'skip' }, []],
    ['4.4', '4.4.0.0', 'skip', { 'version.same': 'skip' }, []],
    ['unknown', '4.4', 'blocked', { 'version.unknown': 'block' }, []],
  ])('%s to %s: %s', (from, to, verdict, reasons, path) => {
    const planned = plan(factsOf(from), { to });
    expect([planned.verdict, said(planned), planned.path]).toEqual([verdict, reasons, path]);
    expect([planned.from, planned.to]).toEqual([from, to]);
  });

  it.each<[string, string, string[], string[]]>([
    ['the highest loaded one that will do', '3.5', ['3.6.57', '3.6.80', '4.0.3'], ['3.6.80', '4.4']],
    ['none that is loaded and would not do', '3.5', ['3.6.56', '3.5.9'], ['3.6.57', '4.4']],
    ['a lower line if it is loaded', '3.3', ['3.4.9'], ['3.4.9', '3.6.57', '4.4']],
    [
      'a further hop rather than a missing package',
      '3.0',
      ['3.1.5', '3.3.5', '3.5.5', '3.6.60'],
      ['3.1.5', '3.3.5', '3.5.5', '3.6.60', '4.4'],
    ],
    ['no further hop where it spares none', '3.0', ['3.1.5'], ['3.2', '3.4', '3.6.57', '4.4']],
    ['a loaded version of a named line', '3.0', ['3.2.7', '3.4.1'], ['3.2.7', '3.4.1', '3.6.57', '4.4']],
  ])('a hop takes %s', (_, from, versions, path) => {
    const packages = versions.map((version) => installer(version));
    expect(plan(factsOf(from), { to: '4.4', packages }).path).toEqual(path);
    const loaded = versions.map((version, index) => ({ version, sha256: sha(index) }));
    expect(plan(factsOf(from, { loaded }), { to: '4.4' }).path).toEqual(path);
  });

  it('never breaks a rule in a hop and never takes a hop too many', () => {
    const known = catalogue([]);
    const version = fc
      .tuple(fc.constantFrom(...known), fc.integer({ min: 0, max: 99 }))
      .map(([line, patch]) => `${line}.${patch}`);
    fc.assert(
      fc.property(version, version, fc.array(version, { maxLength: 6 }), (one, other, loaded) => {
        const [from = '', to = ''] = [one, other].sort(compareVersions);
        fc.pre(compareVersions(from, to) < 0);
        const path = pathUp(known, loaded, from, to);
        expect(path.at(-1)).toBe(to);
        [from, ...path].slice(0, -1).forEach((at, index) => {
          expect(compareVersions(at, path[index] ?? '')).toBeLessThan(0);
          expect(brokenUp(known, at, path[index] ?? '')).toEqual([]);
        });
        // A hop that could be left out is there only for a loaded package in place of a missing one.
        if (loaded.length === 0)
          path.slice(0, -1).forEach((_, index) => {
            const before = [from, ...path][index] ?? '';
            expect(brokenUp(known, before, path[index + 1] ?? '')).not.toEqual([]);
          });
      }),
    );
  });

  it('counts the lines that the fleet file adds', () => {
    expect(catalogue(['4.5', '5.0', '3.10', '4.4']).slice(-8)).toEqual([
      '3.10',
      '4.0',
      '4.1',
      '4.2',
      '4.3',
      '4.4',
      '4.5',
      '5.0',
    ]);
    const to = '3.8';
    expect(plan(factsOf('3.6.50'), { to }).path).toEqual(['3.8']);
    const fleet = fleetOf({ releaseLines: ['3.7', '3.8', '3.9'] });
    expect(plan(factsOf('3.6.50'), { to: '3.9', fleet }).path).toEqual(['3.8', '3.9']);
    expect(plan(factsOf('3.6.50'), { to: '3.9' }).path).toEqual(['3.9']);
  });
});

describe('releaseLines in the fleet file', () => {
  it.each<[object, object, string]>([
    [{ releaseLines: ['4.5.1'] }, {}, 'must be a release line'],
    [{}, { releaseLines: ['4.5'] }, 'belongs to the system'],
    [{ product: 'mirasys', releaseLines: ['4.5'] }, {}, 'is a field of eocortex systems'],
  ])('%j, %j', (system, own, text) => {
    expect(() => fleetOf(system, { a: own })).toThrowError(text);
  });
});

describe('the server', () => {
  const to = '4.4.12';
  const from = '4.3.18';

  it.each<[string, Partial<Facts>, object, string | undefined]>([
    ['server', { installed: { version: from, app: 'server' } }, {}, undefined],
    ['standalone', { installed: { version: from, app: 'Standalone' } }, { app: 'standalone' }, undefined],
    ['nvr by its own word', { installed: { version: from, app: 'nvr' } }, {}, 'block'],
    ['nvr by the fleet file', {}, { app: 'nvr' }, 'block'],
    ['client', {}, { app: 'client' }, 'block'],
  ])('is updated only as server or standalone: %s', (_, facts, own, severity) => {
    const fleet = fleetOf({}, { a: own });
    for (const action of ['install', 'download', 'restart'] as const)
      expect(said(plan(factsOf(from, facts), { to, fleet, action }))['eocortex.app']).toBe(severity);
    const back = factsOf(from, { ...facts, history: ['4.3.1', from] });
    expect(said(plan(back, { fleet, action: 'rollback' }))['eocortex.app']).toBe(severity);
  });

  it('says that it is not known which application runs there', () => {
    const { fleet } = parseFleet(
      '{ "systems": { "s": { "product": "eocortex", "servers": { "a": { "host": "a" } } } } }',
      '/x/fleet.jsonc',
    );
    if (fleet === undefined) throw new Error('no fleet');
    const planned = plan(factsOf(from), { to, fleet });
    expect([planned.verdict, said(planned)['eocortex.app']]).toEqual(['ready', 'warn']);
  });

  it('runs Windows', () => {
    const linux = { os: { family: 'linux' as const, name: 'Debian 12' } };
    expect(said(plan(factsOf(from, linux), { to }))).toEqual({ 'eocortex.os': 'block' });
    const fleet = fleetOf({}, { a: { os: 'linux' } });
    expect(said(plan(factsOf(from), { to, fleet }))).toEqual({ 'eocortex.os': 'block' });
    expect(said(plan(factsOf(from), { to }))).toEqual({});
  });

  it.each([
    [5e9, undefined],
    [5e9 - 1, 'block'],
    [0, 'block'],
    [5 * 2 ** 30, undefined],
  ])('has 5 GB free on its system drive: %s', (system, severity) => {
    const planned = plan(factsOf(from, { freeBytes: { system, state: 0 } }), { to });
    expect(said(planned)['eocortex.free-space']).toBe(severity);
  });

  it('does not round free space up to what is needed', () => {
    const planned = plan(factsOf(from, { freeBytes: { system: 5e9 - 1, state: 5e9 } }), { to });
    expect(message(planned, 'eocortex.free-space')).toContain('4.99 GB');
  });

  it.each<[string, boolean | undefined, Partial<Facts>, string | undefined]>([
    ['LocalSystem', false, {}, undefined],
    ['NT AUTHORITY\\NetworkService', false, {}, undefined],
    ['nt authority\\LocalService', false, {}, undefined],
    ['NT SERVICE\\EocortexServer', false, {}, undefined],
    ['.\\vms', false, {}, undefined],
    ['A\\vms', false, {}, undefined],
    ['A\\vms', false, { computerName: 'OTHER' }, 'block'],
    ['RECORDER-0123456\\vms', false, { computerName: 'recorder-01234567890' }, 'block'],
    ['RECORDER-012345\\vms', false, { computerName: 'recorder-01234567890' }, undefined],
    ['CORP\\vms', true, {}, undefined],
    ['CORP\\vms', false, {}, 'block'],
    ['CORP\\vms', undefined, {}, 'warn'],
    ['vms@corp.example', true, {}, undefined],
    ['vms@corp.example', false, {}, 'block'],
  ])('has seen its domain account: %s, profile %s', (account, accountHasProfile, more, severity) => {
    const service = {
      name: 'EocortexServer',
      state: 'running' as const,
      account,
      ...(accountHasProfile !== undefined && { accountHasProfile }),
    };
    const planned = plan(factsOf(from, { service, ...more }), { to });
    expect(said(planned)['eocortex.service-account']).toBe(severity);
    expect(planned.verdict).toBe(severity === 'block' ? 'blocked' : 'ready');
    const download = plan(factsOf(from, { service, ...more }), { to, action: 'download' });
    // The account can log on there as long as nothing is installed.
    expect([download.verdict, said(download)['eocortex.service-account']]).toEqual([
      'ready',
      severity === 'block' ? 'warn' : undefined,
    ]);
  });

  it.each<[string, number, string, Partial<Facts>, string | undefined]>([
    ['Windows Server 2016', 14393, '4.0', {}, 'block'],
    ['Microsoft Windows Server 2012 R2 Standard', 9600, '4.4.12', { hotfixes: [] }, 'block'],
    ['Windows Server 2012', 9200, '4.0', { hotfixes: ['KB5000001', 'KB44861290'] }, 'block'],
    ['Windows Server 2016', 14393, '4.0', { dotnetRelease: 528039 }, 'block'],
    ['Windows Server 2016', 14393, '4.0', { dotnetRelease: 528040 }, undefined],
    ['Windows Server 2016', 14393, '4.0', { hotfixes: ['KB4486129'] }, undefined],
    ['Windows Server 2016', 14393, '4.0', { hotfixes: ['kb4486129'], dotnetRelease: 461808 }, undefined],
    ['Windows Server 2016', 14393, '3.6.99', {}, undefined],
    ['Windows Server Datacenter', 14393, '4.0', {}, 'block'],
    ['Windows 10 Enterprise 1607', 14393, '4.0', {}, undefined],
    ['Windows Server 2019', 17763, '4.0', {}, undefined],
    ['Windows Server 2022', 20348, '4.0', {}, undefined],
    ['Windows Server 2008 R2', 7601, '4.0', {}, undefined],
  ])('has .NET 4.8 for 4.x: %s (%i) to %s with %j', (name, build, target, more, severity) => {
    const facts = factsOf('3.6.60', { os: { family: 'windows', name, build }, ...more });
    expect(said(plan(facts, { to: target }))['eocortex.kb4486129']).toBe(severity);
  });

  it('needs .NET 4.8 for the last hop of a longer way too', () => {
    const os = { family: 'windows' as const, name: 'Windows Server 2016', build: 14393 };
    const planned = plan(factsOf('3.5', { os }), { to: '4.4' });
    expect([planned.verdict, planned.path]).toEqual(['blocked', ['3.6.57', '4.4']]);
  });

  it('has Eocortex installed', () => {
    expect(said(plan(factsOf(null), { to }))).toEqual({ 'eocortex.not-installed': 'block' });
  });

  it('is told every reason at once, and its steps only when it may', () => {
    const facts = factsOf('4.4.1', {
      freeBytes: { system: 1, state: 1 },
      installed: { version: '4.4.1', app: 'nvr' },
    });
    const planned = plan(facts, { to: '4.3.1' });
    expect(Object.keys(said(planned))).toEqual(['eocortex.app', older, 'eocortex.free-space']);
    expect(planned.steps).toEqual([]);
  });
});

describe('the steps', () => {
  it('touch the settings only while the service is stopped, hop by hop', () => {
    const fleet = fleetOf({
      settingsPaths: ['C:\\Eo'],
      installer: { args: ['/S', '/x'] },
      health: { port: 8080 },
    });
    const { steps } = plan(factsOf('3.5'), { to: '4.4', fleet, packages: [installer('4.4')] });
    expect(steps.slice(0, 3)).toEqual([
      { step: 'stop', service: 'EocortexServer' },
      { step: 'backup', path: 'C:\\Eo' },
      { step: 'run', version: '3.6.57', arguments: '/S /x' },
    ]);
    expect(steps.map(({ step }) => step)).toEqual([
      ...['stop', 'backup', 'run', 'restart', 'check-version', 'start', 'check-service', 'check-port'],
      ...['stop', 'backup', 'run', 'restart', 'check-version', 'start', 'check-service', 'check-port'],
    ]);
    const restarts = (restart: string) =>
      plan(factsOf('4.3.1'), { to: '4.4', fleet: fleetOf({ restart }), packages: [installer('4.4')] })
        .steps.filter(({ step }) => step === 'restart')
        .map(({ when }) => when);
    expect(restarts('if-needed')).toEqual(['the installer asks for it']);
    expect(restarts('reboot')).toEqual([undefined]);
    expect(restarts('service')).toEqual([]);
    const back = factsOf('4.4.2', { history: ['4.4.1', '4.4.2'] });
    expect(plan(back, { fleet, action: 'rollback' }).steps.map(({ step }) => step)).toEqual([
      'stop',
      'run',
      'restart',
      'stop',
      'restore',
      'start',
      'check-version',
      'check-service',
      'check-port',
    ]);
  });
});

describe('packages', () => {
  it('names each version that is not loaded, here or there', () => {
    const loaded = [{ version: '3.6.57', sha256: sha(1) }];
    expect(message(plan(factsOf('3.0'), { to: '4.4' }), 'package.not-loaded')).toBe(
      'Not in the library yet: a version of line 3.2, a version of line 3.4, 3.6.57, 4.4.',
    );
    expect(message(plan(factsOf('3.5', { loaded }), { to: '4.4' }), 'package.not-loaded')).toBe(
      'Not in the library yet: 4.4.',
    );
    const planned = plan(factsOf('3.5', { loaded }), { to: '4.4', packages: [installer('4.4')] });
    expect(message(planned, 'package.not-loaded')).toBe('');
  });

  it('are wanted: what is asked for, else what the fleet file says, and only then what is loaded', () => {
    const packages = [installer('4.3.5'), installer('4.4.2')];
    const loaded = [{ version: '4.4.9', sha256: sha(90) }];
    const fleet = fleetOf({ version: '4.3.5' }, { a: {}, b: { version: '4.4.2' } });
    const planned = (to: string | null) =>
      planOf(
        { a: factsOf('4.3.1', { loaded }), b: factsOf('4.3.1', { loaded }) },
        { fleet, packages, to },
      ).servers.map(({ path }) => path);
    expect(planned(null)).toEqual([['4.3.5'], ['4.4.2']]);
    expect(planned('4.4.9')).toEqual([['4.4.9'], ['4.4.9']]);
    const missing = plan(factsOf('4.3.1'), { fleet: fleetOf({ version: '4.3.18' }), packages });
    expect([missing.to, message(missing, 'package.not-loaded')]).toEqual([
      '4.3.18',
      'Not in the library yet: 4.3.18.',
    ]);
  });

  it('are wanted: the highest of the library, else what lies on the server, else none', () => {
    const packages = [installer('4.4.12'), installer('3.6.57'), installer('9.9', { product: 'mirasys' })];
    expect(plan(factsOf('4.3.1'), { packages }).to).toBe('4.4.12');
    const loaded = [
      { version: '4.4.2', sha256: sha(1) },
      { version: '4.4.1', sha256: sha(2), kind: 'installer' },
      { version: '7.0.0', sha256: sha(3), kind: 'model' },
      { version: '', sha256: sha(4) },
    ];
    expect(plan(factsOf('4.3.1', { loaded })).to).toBe('4.4.2');
    expect(plan(factsOf('4.3.1', { loaded }), { packages: [installer('4.3.5')] }).to).toBe('4.3.5');
    const none = plan(factsOf('4.3.1'));
    expect([none.verdict, said(none), none.to, none.path]).toEqual([
      'skip',
      { 'version.none': 'skip' },
      null,
      [],
    ]);
  });

  it('go to machines that run them, the architecture of what is installed first', () => {
    const [x64, x86] = [installer('4.4', { arch: 'x64' }), installer('4.4', { arch: 'x86' })];
    const on = (arch: string, installed: string | undefined, packages: PackageInfo[]) => {
      const facts = factsOf(null, {
        arch,
        installed: { version: '4.3', ...(installed !== undefined && { arch: installed }) },
      });
      const [server] = servers(fleetOf());
      if (server === undefined) throw new Error('no server');
      const situation = { server, facts, supply: { packages, silent: new Map<string, string>() }, to: '4.4' };
      return eocortex.needs(situation, 'install')[0]?.package ?? null;
    };
    expect(on('x64', 'x64', [x86, x64])).toBe(x64);
    expect(on('x64', 'x86', [x64, x86])).toBe(x86);
    expect(on('x64', undefined, [x86, x64])).toBe(x64);
    expect(on('x64', undefined, [x86])).toBe(x86);
    expect(on('x86', 'x86', [x64])).toBeNull();
    const planned = plan(factsOf('4.3', { arch: 'x86' }), { to: '4.4', packages: [x64] });
    expect(message(planned, 'package.not-loaded')).toContain('4.4 for x86 (what is there is for x64)');
  });

  it.each<[string, string | null, 'x86' | 'x64' | null, boolean | undefined, boolean]>([
    ['a setup of 32 bits, where such start', 'x86', 'x86', true, true],
    ['a setup of 32 bits, where none starts', 'x86', 'x86', false, false],
    ['a setup of 32 bits that brings 64, where such start', 'x64', 'x86', true, true],
    ['a setup of 32 bits that brings 64, where none starts', 'x64', 'x86', false, false],
    ['a setup of 64 bits, where none of 32 starts', 'x64', 'x64', false, true],
    ['an .msi of 64 bits, where nothing of 32 starts', 'x64', null, false, true],
    ['an .msi of 32 bits, where nothing of 32 starts', 'x86', null, false, false],
    ['a setup of 32 bits, where nobody knows', 'x86', 'x86', undefined, true],
  ])('do not go where they do not start: %s', (_, arch, program, runs32Bit, goes) => {
    const format = program === null ? ('msi' as const) : ('exe' as const);
    const one = installer('4.4', {
      arch,
      installer: { format, edition: 'complete', productName: 'Eocortex', program, productCode: null },
    });
    const facts = factsOf('4.3', runs32Bit === undefined ? {} : { runs32Bit });
    const planned = plan(facts, { to: '4.4', packages: [one] });
    expect(planned.reasons.some(({ rule }) => rule === 'package.not-loaded')).toBe(!goes);
  });

  it('are downloaded for the whole way, less what lies there', () => {
    const packages = [installer('3.6.60'), installer('4.4')];
    const loaded = [{ version: '3.6.60', sha256: packages[0]?.sha256 ?? '' }];
    const steps = (facts: Facts) =>
      plan(facts, { to: '4.4', packages, action: 'download' }).steps.map(({ version }) => version);
    expect(steps(factsOf('3.5'))).toEqual(['3.6.60', '4.4']);
    expect(steps(factsOf('3.5', { loaded }))).toEqual(['4.4']);
    const all = packages.map(({ version, sha256 }) => ({ version, sha256 }));
    const there = plan(factsOf('3.5', { loaded: all }), { to: '4.4', packages, action: 'download' });
    expect(there.verdict).toBe('skip');
    // A colleague loaded it: this machine's library need not know it.
    const theirs = plan(factsOf('3.5', { loaded: all }), { to: '4.4', action: 'download' });
    expect([theirs.verdict, said(theirs)]).toEqual(['skip', { 'package.loaded': 'skip' }]);
  });
});

describe('rollback', () => {
  const back = (history: string[], to: string | null = null, over: Partial<Facts> = {}): PlanServer =>
    plan(factsOf(history.at(-1) ?? null, { history, ...over }), { action: 'rollback', to });
  const barrier = 'eocortex.rollback-4.3';

  it.each<[string[], string | null, PlanServer['verdict'], string[], string | undefined]>([
    [['4.3.1', '4.3.5', '4.4.2'], null, 'ready', ['4.3.5'], undefined],
    [['4.3.1', '4.3.5', '4.4.2'], '4.3.1', 'ready', ['4.3.5', '4.3.1'], undefined],
    [['4.2.99', '4.3'], null, 'blocked', ['4.2.99'], 'block'],
    [['4.2', '4.4.2'], null, 'blocked', ['4.2'], 'block'],
    [['4.1.40', '4.2.18'], null, 'ready', ['4.1.40'], undefined],
    [['4.3.0', '4.3.1'], null, 'ready', ['4.3.0'], undefined],
    // A barrier on the way bars all that lies behind it, though the last hop alone would do.
    [['4.1.40', '4.2.18', '4.3.1'], '4.1.40', 'blocked', ['4.2.18', '4.1.40'], 'block'],
    [['4.2.18', '4.3.1', '4.4.2'], '4.3.1', 'ready', ['4.3.1'], undefined],
  ])('%j to %s: %s', (history, to, verdict, path, barred) => {
    const planned = back(history, to);
    expect([planned.verdict, planned.path, said(planned)[barrier]]).toEqual([verdict, path, barred]);
    expect(said(planned)['eocortex.settings-revert']).toBe('warn');
  });

  it('is barred by what runs there, whatever the history says', () => {
    expect(said(back(['4.1.40', '4.2.18'], null, { installed: { version: '4.3.1' } }))).toMatchObject({
      [barrier]: 'block',
      'history.drift': 'warn',
    });
  });

  it.each([[[]], [['4.3.1']]])('needs a history: %j', (history) => {
    expect(said(back(history))).toEqual({ 'history.empty': 'block' });
    expect(said(back(history, null, { installed: { version: '4.3.1', app: 'nvr' } }))).toEqual({
      'eocortex.app': 'block',
      'history.empty': 'block',
    });
  });

  it('installs the version before, so its conditions hold', () => {
    const os = { family: 'windows' as const, name: 'Windows Server 2016', build: 14393 };
    expect(said(back(['4.0.1', '4.1.1'], null, { os }))).toMatchObject({ 'eocortex.kb4486129': 'block' });
    expect(said(back(['3.6.60', '4.1.1'], null, { os }))).toEqual({ 'eocortex.settings-revert': 'warn' });
    expect(message(back(['3.6.60', '4.1.1']), 'package.not-loaded')).toContain('3.6.60');
  });
});

describe('side by side', () => {
  const of = (versions: string[], system: object = {}, to = '4.4.50'): Plan => {
    const ids = versions.map((_, index) => `s${index}`);
    return planOf(Object.fromEntries(ids.map((id, index) => [id, factsOf(versions[index] ?? null)])), {
      to,
      fleet: fleetOf(system, Object.fromEntries(ids.map((id) => [id, {}]))),
    });
  };
  const own = ({ servers }: Plan) => servers.map(({ parallel }) => parallel);

  it.each<[string[], object, number]>([
    [['4.4', '4.4.1', '4.4.2', '4.4.3'], {}, 3],
    [['4.3.99', '4.3'], {}, 1],
    [['4.4'], { maxParallel: 2 }, 2],
    [['4.4'], { maxParallel: 9 }, 3],
    [['4.3.99'], { maxParallel: 3 }, 1],
  ])('%j with %j: %i', (versions, system, figure) => {
    const planned = of(versions, system);
    expect([planned.parallel, own(planned)]).toEqual([{ harbour: figure }, versions.map(() => undefined)]);
  });

  it('holds the stricter figure for the server that is updated from an earlier version', () => {
    const mixed = of(['4.4.1', '4.3.9', '4.4.2']);
    expect([mixed.parallel, own(mixed)]).toEqual([{ harbour: 3 }, [undefined, 1, undefined]]);
    // One that does nothing decides nothing.
    expect(of(['4.4.50', '4.3.9']).parallel).toEqual({ harbour: 1 });
  });
});

describe('the three statuses', () => {
  const [server] = servers(fleetOf());
  const one = installer('4.4.2');
  const lies = { loaded: [{ version: '4.4.2', sha256: one.sha256 }] };
  const status = (facts: Facts, packages: PackageInfo[]) => {
    if (server === undefined) throw new Error('no server');
    return assess(server, facts, { packages, silent: new Map() }).status;
  };

  it.each<[string, Facts, PackageInfo[]]>([
    ['not-downloaded', factsOf('4.3.5'), [one]],
    ['loaded', factsOf('4.3.5', lies), [one]],
    ['installed', factsOf('4.4.2', lies), [one]],
    ['installed', factsOf('4.4.2'), [one]],
    ['not-downloaded', factsOf('4.4.2'), [one, installer('4.4.3')]],
    // On the way to 4.4.2 there is 3.6.57, which is not there.
    ['not-downloaded', factsOf('3.5', lies), [one]],
    // A colleague's workstation loaded it.
    ['loaded', factsOf('4.3.5', lies), []],
    ['installed', factsOf('4.3.5'), []],
    ['not-downloaded', factsOf(null), []],
    // Other bytes under the same version are another package.
    ['not-downloaded', factsOf('4.3.5', { loaded: [{ version: '4.4.2', sha256: sha(9999) }] }), [one]],
  ])('%s', (expected, facts, packages) => {
    expect(status(facts, packages)).toBe(expected);
  });

  it('go with the version to go to', () => {
    const to = (version: object, installed: string, packages: PackageInfo[]) => {
      const [other] = servers(fleetOf(version));
      if (other === undefined) throw new Error('no server');
      return assess(other, factsOf(installed), { packages, silent: new Map() }).to;
    };
    expect(to({}, '4.3.5', [one])).toBe('4.4.2');
    expect(to({ version: '4.3.18' }, '4.3.5', [one])).toBe('4.3.18');
    expect(to({}, '4.3.5', [])).toBeNull();
  });

  it('are not those of a recorder, which is listed with the rule that keeps it out', () => {
    const nvr = factsOf('4.3.5', { installed: { version: '4.3.5', app: 'nvr' } });
    const [other] = servers(fleetOf({ app: undefined }));
    if (other === undefined) throw new Error('no server');
    expect(assess(other, nvr, { packages: [one], silent: new Map() })).toMatchObject({
      status: 'unsupported',
      detail: expect.stringMatching(/"nvr"\. \(eocortex\.app\)$/) as string,
    });
  });
});

describe('acting', () => {
  it('is refused in plain words where this version can only plan', () => {
    const [server] = servers(fleetOf());
    if (server === undefined) throw new Error('no server');
    expect(() => meansFor({ ...server, product: 'mirasys' })).toThrowError(
      expect.objectContaining({
        code: 'server.unsupported',
        message: 'This version cannot update mirasys on windows yet.',
      }) as Error,
    );
  });

  it.each<[Partial<Server>, RegExp]>([
    [{ app: 'nvr' }, /^Only the applications .* a is of the application "nvr"\. \(eocortex\.app\)$/],
    [{ os: 'linux' }, /^Central update is for Windows servers only\. .* \(eocortex\.os\)$/],
  ])('is refused with the rule where the fleet file alone says so: %j', (own, message) => {
    const [server] = servers(fleetOf());
    if (server === undefined) throw new Error('no server');
    expect(() => meansFor({ ...server, ...own })).toThrowError(
      expect.objectContaining({
        code: 'server.unsupported',
        message: expect.stringMatching(message) as string,
        hint: 'It is listed, and never touched.',
      }) as Error,
    );
  });

  it('without facts says why there are none, and what the fleet file alone tells', () => {
    const error = new FleetError('server.unsupported', 'not yet');
    const fleet = fleetOf({}, { a: {}, nvr: { app: 'nvr' }, tux: { os: 'linux' }, far: {} });
    const planned = planOf(
      { a: error, nvr: error, tux: error, far: new FleetError('host.timeout', 'no answer') },
      { to: '4.4', fleet },
    );
    expect(planned.servers.map((one) => [one.id, one.verdict, Object.keys(said(one))])).toEqual([
      ['a', 'blocked', ['server.os']],
      ['nvr', 'blocked', ['eocortex.app']],
      ['tux', 'blocked', ['eocortex.os']],
      ['far', 'blocked', ['server.unreachable']],
    ]);
  });
});
