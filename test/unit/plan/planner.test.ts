import { describe, expect, it } from 'vitest';
import { FleetError } from '../../../src/updater/errors';
import { servers } from '../../../src/updater/fleet/model';
import { parseFleet } from '../../../src/updater/fleet/read';
import type { PackageInfo, PackageKind } from '../../../src/updater/packages/package-info';
import type { Action, PlanServer } from '../../../src/updater/plan/plan';
import { makePlan, type Answered } from '../../../src/updater/plan/planner';
import type { Supply } from '../../../src/updater/products/product';
import type { Facts } from '../../../src/updater/targets/facts';
import { factsOf } from '../samples';

const core = 'com.banalytics.box:core';
const media = 'com.banalytics.box.module:media';
const other = 'com.banalytics.box.module:other';
const MiB = 1 << 20;

/** Facts as a person writes them. */
const byHand = factsOf({ modules: { [core]: '1.0.0', [media]: '1.0.0' }, firstRun: false });

function pack(module: string, version: string, over: Partial<PackageInfo> = {}): PackageInfo {
  const kind: PackageKind = over.kind ?? (module === core ? 'core' : 'module');
  return {
    sha256: `${module}${version}${kind}`,
    file: `${module}-${version}`,
    size: 1000,
    product: 'banalytics',
    kind,
    version,
    arch: null,
    module,
    dependsOn: [],
    uploaded: 1,
    contents: null,
    source: 's',
    loadedAt: '2026-01-01T00:00:00Z',
    ...over,
  };
}
const library = [pack(core, '2.0.0'), pack(media, '2.0.0')];

interface Given {
  action?: Action;
  to?: string | null;
  system?: Record<string, unknown>;
  server?: Record<string, unknown>;
  facts?: Partial<Facts> | null | FleetError;
  packages?: PackageInfo[];
  silent?: string;
}

const set = { [core]: '2.0.0', [media]: '2.0.0' };
const repository = 'https://repo.example/maven';

function plan(given: Given): PlanServer {
  const text = JSON.stringify({
    name: 'T',
    systems: {
      boxes: {
        product: 'banalytics',
        home: '/opt/box',
        modules: set,
        ...given.system,
        servers: { box: { host: '192.0.2.1', environment: 'e', outOfBand: 'KVM', ...given.server } },
      },
    },
  });
  const { fleet, problems } = parseFleet(text, '/site/fleet.jsonc');
  if (fleet === undefined) throw new Error(JSON.stringify(problems));
  const { facts } = given;
  const answered = new Map<string, Answered>(
    facts === null
      ? []
      : [['box', facts instanceof FleetError ? { error: facts } : { facts: { ...byHand, ...facts } }]],
  );
  const supply: Supply = {
    packages: given.packages ?? library,
    silent: new Map(given.silent === undefined ? [] : [[repository, given.silent]]),
  };
  const made = makePlan({
    fleet,
    servers: servers(fleet),
    action: given.action ?? 'install',
    to: given.to ?? null,
    answered,
    supply,
    now: new Date('2026-11-21T08:00:00Z'),
  });
  expect(made).toMatchObject({ schema: 1, action: given.action ?? 'install', to: given.to ?? null });
  const [one] = made.servers;
  if (one === undefined) throw new Error('no server');
  return one;
}

const rules = (one: PlanServer): string[] => one.reasons.map(({ rule, severity }) => `${rule} ${severity}`);
const window = 'banalytics.restart-window warn';

describe('an install', () => {
  const table: [string, Given, string, string[], string[], (string | null)[]][] = [
    // what, given, verdict, reasons, path, [from, to]
    ['of a whole set', {}, 'ready', [window], ['2.0.0'], ['1.0.0', '2.0.0']],
    [
      'of nothing new',
      { system: { modules: { [core]: '1.0.0', [media]: '1.0.0' } } },
      'skip',
      ['version.same skip'],
      [],
      ['1.0.0', '1.0.0'],
    ],
    [
      'of a core alone, by facts that name nothing else',
      { system: { modules: { [core]: '1.0.0' } }, facts: { modules: undefined as never } },
      'skip',
      ['version.same skip'],
      [],
      ['1.0.0', '1.0.0'],
    ],
    [
      'of a module while the core stays',
      {
        system: { modules: { [core]: '1.0.0', [media]: '2.0.0' } },
        packages: [pack(core, '1.0.0'), pack(media, '2.0.0')],
      },
      'ready',
      [window],
      ['1.0.0'],
      ['1.0.0', '1.0.0'],
    ],
    [
      'on a first run',
      { facts: { installed: null, modules: {}, firstRun: true } },
      'ready',
      [window],
      ['2.0.0'],
      [null, '2.0.0'],
    ],
    [
      'of another version of the core',
      { to: '3.0.0', packages: [...library, pack(core, '3.0.0')] },
      'ready',
      [window],
      ['3.0.0'],
      ['1.0.0', '3.0.0'],
    ],
    ['of what is no version', { to: 'newest' }, 'blocked', ['version.unknown block'], [], [null, null]],
    [
      'without identifier',
      { server: { environment: undefined } },
      'blocked',
      ['banalytics.registered block', window],
      ['2.0.0'],
      ['1.0.0', '2.0.0'],
    ],
    [
      'of an empty set',
      { system: { modules: {} } },
      'blocked',
      ['banalytics.empty-set block'],
      [],
      ['1.0.0', null],
    ],
    [
      'of an empty set with a version',
      { system: { modules: {} }, to: '2.0.0' },
      'blocked',
      ['banalytics.empty-set block'],
      [],
      ['1.0.0', null],
    ],
    [
      'of a set of nulls',
      { system: { modules: { [core]: null, [media]: null } } },
      'blocked',
      ['banalytics.empty-set block'],
      [],
      ['1.0.0', null],
    ],
    [
      'of a set without a core',
      { system: { modules: { [media]: '2.0.0' } } },
      'blocked',
      ['banalytics.no-core block'],
      [],
      ['1.0.0', null],
    ],
    [
      'where the server does it itself',
      { system: { updateType: 'on-boot' } },
      'blocked',
      ['banalytics.on-boot block'],
      [],
      ['1.0.0', '2.0.0'],
    ],
    [
      'with nothing loaded, and no repository',
      { packages: [] },
      'blocked',
      ['banalytics.portal block', 'package.not-loaded warn', window],
      ['2.0.0'],
      ['1.0.0', '2.0.0'],
    ],
    [
      'with nothing loaded, and a repository that answers or was not asked',
      { packages: [], system: { repository } },
      'ready',
      ['package.not-loaded warn', window],
      ['2.0.0'],
      ['1.0.0', '2.0.0'],
    ],
    [
      'with one missing, and a silent repository',
      { packages: [pack(core, '2.0.0')], system: { repository }, silent: 'It is silent.' },
      'blocked',
      ['banalytics.portal block', 'package.not-loaded warn', window],
      ['2.0.0'],
      ['1.0.0', '2.0.0'],
    ],
    [
      'with all loaded, and a silent repository',
      { system: { repository }, silent: 'It is silent.' },
      'ready',
      [window],
      ['2.0.0'],
      ['1.0.0', '2.0.0'],
    ],
    [
      'without a way in',
      { server: { outOfBand: undefined } },
      'ready',
      [window, 'server.out-of-band warn'],
      ['2.0.0'],
      ['1.0.0', '2.0.0'],
    ],
    [
      'without rights',
      { facts: { readOnly: ['state', 'home'] } },
      'blocked',
      [window, 'server.privileges block'],
      ['2.0.0'],
      ['1.0.0', '2.0.0'],
    ],
    ['without facts', { facts: null }, 'blocked', ['server.unreachable block'], [], [null, null]],
    [
      'of one that cannot be asked',
      { facts: new FleetError('host.timeout', 'away') },
      'blocked',
      ['server.unreachable block'],
      [],
      [null, null],
    ],
    [
      // Such a server is not asked.
      'on Windows',
      {
        server: { os: 'windows' },
        system: { home: 'C:\\Box' },
        facts: new FleetError('server.unsupported', 'not on Windows yet'),
      },
      'blocked',
      ['server.os block'],
      [],
      [null, null],
    ],
  ];
  it.each(table)('%s', (_, given, verdict, reasons, path, [from, to]) => {
    const one = plan(given);
    expect({ verdict: one.verdict, reasons: rules(one), path: one.path, from: one.from, to: one.to }).toEqual(
      { verdict, reasons, path, from, to },
    );
    expect(one.steps.length > 0).toBe(verdict === 'ready');
  });

  it('names each module that changes, then the restart and the proofs', () => {
    const one = plan({
      system: { modules: { [core]: '2.0.0', [other]: '1.0.0' } },
      packages: [],
      server: { repository, health: { port: [8080, 81], url: 'http://127.0.0.1/up' } },
    });
    expect(one.steps).toMatchObject([
      { step: 'stage', module: core, from: '1.0.0', to: '2.0.0' },
      { step: 'remove', module: media, from: '1.0.0', to: null },
      { step: 'stage', module: other, from: null, to: '1.0.0' },
      { step: 'restart' },
      { step: 'check-service' },
      { step: 'check-port', port: 8080 },
      { step: 'check-port', port: 81 },
      { step: 'check-url', url: 'http://127.0.0.1/up' },
    ]);
    expect(plan({ system: { restart: 'service' } }).steps.at(-2)).toMatchObject({ step: 'restart-service' });
  });

  it.each([
    [[], false],
    [['1.0.0'], false],
    [['0.9.0', '1.0.0'], false],
    [['0.8.0', '0.9.0'], true],
  ])('over a history of %j says whether somebody else was here', (history, drifted) => {
    const one = plan({ facts: { history } });
    expect(rules(one).includes('history.drift warn')).toBe(drifted);
    expect(one.verdict).toBe('ready');
  });

  it('lists who needs a module that goes', () => {
    const given = { system: { modules: { [core]: '2.0.0', [other]: '1.0.0', [media]: null } } };
    const needing = [pack(core, '2.0.0'), pack(other, '1.0.0', { dependsOn: [media] })];
    const one = plan({ ...given, packages: needing });
    expect(rules(one)).toEqual(['banalytics.dependents warn', window]);
    expect(one.reasons[0]?.message).toContain(`${media} is needed by ${other}`);
    expect(rules(plan({ ...given, packages: [pack(core, '2.0.0'), pack(other, '1.0.0')] }))).toEqual([
      window,
    ]);
  });
});

describe('room', () => {
  const big = [
    pack(core, '2.0.0', { size: 100 * MiB }),
    pack(media, '2.0.0', { size: 100 * MiB }),
    pack(media, '2.0.0', {
      kind: 'dependencies',
      size: 50 * MiB,
      contents: [{ path: 'a', sha256: 'a', size: 300 * MiB }],
    }),
  ];
  const home = 500 * MiB;
  const state = 250 * MiB + 40 * MiB;
  const need = (bytes: number): number => Math.ceil(bytes * 1.1) + 100 * MiB;
  const sizes = { modules: 30 * MiB, config: 10 * MiB };
  const free = (freeBytes: Facts['freeBytes'], volumes?: Record<string, string>): string[] =>
    rules(plan({ packages: big, facts: { freeBytes, sizes, ...(volumes && { volumes }) } }));
  const short = 'banalytics.free-space block';

  it('is asked for to the byte on one volume', () => {
    const exact = need(home + state);
    expect(free({ system: exact, state: exact })).toEqual([window]);
    expect(free({ system: exact - 1, state: exact - 1 })).toEqual([short, window]);
    expect(free({ system: 1, state: exact, home: exact + 5 }, { home: 'a', state: 'a' })).toEqual([window]);
    expect(free({ system: exact * 9, state: exact - 1, home: exact }, { home: 'a', state: 'a' })).toEqual([
      short,
      window,
    ]);
  });

  it('is asked for to the byte on each of two', () => {
    const volumes = { home: 'a', state: 'b' };
    expect(free({ system: 0, home: need(home), state: need(state) }, volumes)).toEqual([window]);
    expect(free({ system: 0, home: need(home) - 1, state: need(state) }, volumes)).toEqual([short, window]);
    expect(free({ system: 0, home: need(home), state: need(state) - 1 }, volumes)).toEqual([short, window]);
    expect(free({ system: 0, home: need(home) - 1, state: need(state) - 1 }, volumes)).toEqual([
      short,
      short,
      window,
    ]);
    expect(free({ system: need(home), state: need(state) })).toEqual([window]);
  });

  it('needs less once the packages lie there', () => {
    const facts = {
      loaded: big.map(({ version, sha256 }) => ({ version, sha256 })),
      freeBytes: { system: need(home), state: need(0), home: need(home) },
    };
    expect(rules(plan({ packages: big, facts: { ...facts, volumes: { home: 'a', state: 'b' } } }))).toEqual([
      window,
    ]);
  });
});

describe('a job on the server', () => {
  const job = (state: string): Partial<Facts> => ({
    job: {
      id: 'r-1',
      action: 'install',
      to: '2.0.0',
      state: state as 'running',
      by: 'me@desk',
      since: 1,
      step: 'place',
      message: null,
    },
  });
  it.each([
    ['running', 'skip', ['banalytics.one-sync skip', window], []],
    ['interrupted', 'blocked', ['job.interrupted block', window], ['2.0.0']],
    ['failed', 'ready', [window], ['2.0.0']],
    ['done', 'ready', [window], ['2.0.0']],
    ['cancelled', 'ready', [window], ['2.0.0']],
  ])('that is %s', (state, verdict, reasons, path) => {
    const one = plan({ facts: job(state) });
    expect({ verdict: one.verdict, reasons: rules(one), path: one.path }).toEqual({ verdict, reasons, path });
    expect(plan({ action: 'download', facts: job(state) }).verdict).toBe('ready');
    expect(plan({ action: 'restart', facts: job(state) }).verdict).toBe(verdict);
    expect(plan({ action: 'rollback', facts: { ...job(state), history: ['0.9.0', '1.0.0'] } }).verdict).toBe(
      verdict,
    );
  });

  it('of which nothing but the id is recorded runs', () => {
    const one = plan({ facts: { job: { id: 'r-1' } as never } });
    expect(one).toMatchObject({ verdict: 'skip', path: [], steps: [] });
    expect(one.reasons[0]?.message).toContain('Job r-1 runs there');
  });

  it('that is running is waited for, whatever else blocks the server', () => {
    const one = plan({ facts: job('running'), server: { environment: undefined } });
    expect(one).toMatchObject({ verdict: 'skip', path: [], steps: [] });
    expect(rules(one)).toEqual(['banalytics.one-sync skip', 'banalytics.registered block', window]);
    const barred = { ...job('running'), history: [] };
    expect(plan({ action: 'rollback', facts: barred }).verdict).toBe('skip');
    expect(plan({ facts: job('interrupted'), server: { environment: undefined } }).verdict).toBe('blocked');
  });
});

describe('a download', () => {
  it('names each file that is not there, and is settled when all are', () => {
    const one = plan({
      action: 'download',
      facts: { loaded: [{ version: '2.0.0', sha256: library[0]?.sha256 ?? '' }] },
    });
    expect(one).toMatchObject({
      verdict: 'ready',
      path: ['2.0.0'],
      reasons: [],
      steps: [{ step: 'download', module: media, version: '2.0.0', bytes: 1000 }],
    });
    const all = plan({
      action: 'download',
      facts: { loaded: library.map(({ sha256, version }) => ({ sha256, version })) },
    });
    expect(all).toMatchObject({
      verdict: 'skip',
      path: [],
      steps: [],
      reasons: [{ rule: 'package.loaded' }],
    });
  });

  it('says what is not in the library', () => {
    const one = plan({ action: 'download', packages: [], system: { repository } });
    expect(one.verdict).toBe('ready');
    expect(rules(one)).toEqual(['package.not-loaded warn']);
    expect(one.reasons[0]?.message).toContain(`${core} 2.0.0`);
    expect(one.reasons[0]?.message).toContain(`${media} 2.0.0`);
    expect(one.steps).toMatchObject([{ bytes: null }, { bytes: null }]);
  });

  it.each<[string, Given, string, string[]]>([
    [
      'no identifier, no home and no service yet',
      {
        server: { environment: undefined },
        facts: { homeMissing: true, service: { name: 's', state: 'missing' } },
      },
      'ready',
      ['banalytics.home warn', 'banalytics.service warn', 'banalytics.registered warn'],
    ],
    [
      'no room',
      { facts: { freeBytes: { system: 0, state: 0 } } },
      'blocked',
      ['banalytics.free-space block'],
    ],
    [
      'nobody who has the files',
      { packages: [] },
      'blocked',
      ['banalytics.portal block', 'package.not-loaded warn'],
    ],
    [
      'a server that is never touched',
      { system: { updateType: 'on-boot' } },
      'blocked',
      ['banalytics.on-boot block'],
    ],
    ['nothing wanted', { system: { modules: {} } }, 'blocked', ['banalytics.empty-set block']],
  ])('is only warned of what can be mended before the install: %s', (_, given, verdict, reasons) => {
    const one = plan({ action: 'download', ...given });
    expect([one.verdict, rules(one)]).toEqual([verdict, reasons]);
    expect(plan(given).verdict).toBe('blocked');
  });

  it('has nothing to do where the version is active', () => {
    expect(
      plan({ action: 'download', system: { modules: { [core]: '1.0.0', [media]: '1.0.0' } } }),
    ).toMatchObject({ verdict: 'skip', path: [] });
  });
});

describe('a rollback', () => {
  const history = ['0.7.0', '0.8.0', '0.9.0', '1.0.0'];
  const kept = 'banalytics.settings-kept warn';
  const entry = (version: string, backup: string | null): NonNullable<Facts['entries']>[number] => ({
    id: `e${version}`,
    version,
    modules: { [core]: version },
    backup,
    kept: [],
    at: 1,
    by: 'me',
  });
  const entries = [entry('0.7.0', null), ...history.slice(1).map((version) => entry(version, `e${version}`))];
  const table: [string, Given, string, string[], string[], string | null][] = [
    ['goes one down', { facts: { history } }, 'ready', [kept, window], ['0.9.0'], '0.9.0'],
    [
      'goes down to a version, step by step',
      { facts: { history }, to: '0.7.0' },
      'ready',
      [kept, window],
      ['0.9.0', '0.8.0', '0.7.0'],
      '0.7.0',
    ],
    [
      'goes down to the version that came with other modules before',
      { facts: { history: ['0.9.0', '1.0.0', '1.0.0'] } },
      'ready',
      [kept, window],
      ['1.0.0'],
      '1.0.0',
    ],
    ['needs a history', { facts: { history: [] } }, 'blocked', ['history.empty block'], [], null],
    [
      'needs more than what is installed',
      { facts: { history: ['1.0.0'] } },
      'blocked',
      ['history.empty block'],
      [],
      null,
    ],
    [
      'knows only what it was',
      { facts: { history }, to: '0.1.0' },
      'blocked',
      ['history.empty block'],
      [],
      null,
    ],
    [
      'goes nowhere to where it is',
      { facts: { history }, to: '1.0.0' },
      'blocked',
      ['history.empty block'],
      [],
      null,
    ],
    [
      'says when somebody else was here',
      { facts: { history: ['0.8.0', '0.9.0'] } },
      'ready',
      ['history.drift warn', kept, window],
      ['0.8.0'],
      '0.8.0',
    ],
    [
      'passes entries with a backup',
      { facts: { history, entries }, to: '0.7.0' },
      'ready',
      [kept, window],
      ['0.9.0', '0.8.0', '0.7.0'],
      '0.7.0',
    ],
    [
      'stops at what was found, not installed',
      {
        facts: {
          history,
          entries: entries.map((one) => (one.version === '0.9.0' ? { ...one, backup: null } : one)),
        },
        to: '0.8.0',
      },
      'blocked',
      [kept, window, 'history.no-backup block'],
      ['0.9.0', '0.8.0'],
      '0.8.0',
    ],
    [
      'reaches the step before what was found',
      {
        facts: {
          history,
          entries: entries.map((one) => (one.version === '0.9.0' ? { ...one, backup: null } : one)),
        },
      },
      'ready',
      [kept, window],
      ['0.9.0'],
      '0.9.0',
    ],
  ];
  it.each(table)('%s', (_, given, verdict, reasons, path, to) => {
    const one = plan({ action: 'rollback', ...given });
    expect({
      verdict: one.verdict,
      reasons: rules(one).sort(),
      path: one.path,
      to: one.to,
      from: one.from,
    }).toEqual({ verdict, reasons: [...reasons].sort(), path, to, from: '1.0.0' });
    expect(one.steps.length > 0).toBe(verdict === 'ready');
  });

  it('names what comes back', () => {
    const one = plan({
      action: 'rollback',
      facts: { history, entries },
      server: { settingsPaths: ['/etc/box'] },
    });
    expect(one.steps).toMatchObject([
      { step: 'stage', module: core, from: '1.0.0', to: '0.9.0' },
      { step: 'restore', path: '/etc/box' },
      { step: 'restart' },
      { step: 'check-service' },
    ]);
  });

  it('needs no package and no wanted set', () => {
    expect(
      plan({ action: 'rollback', facts: { history }, packages: [], system: { modules: {} } }).verdict,
    ).toBe('ready');
  });
});

it('a restart goes nowhere', () => {
  expect(plan({ action: 'restart' })).toMatchObject({
    verdict: 'ready',
    from: '1.0.0',
    to: '1.0.0',
    path: [],
    steps: [{ step: 'restart' }, { step: 'check-service' }],
  });
  expect(plan({ action: 'restart', facts: null }).verdict).toBe('blocked');
});

describe('a fleet', () => {
  function whole(
    system: Record<string, unknown>,
    count: number,
    away: number[] = [],
    product = 'banalytics',
  ) {
    const ids = Array.from({ length: count }, (_, i) => `box-${i}`);
    const text = JSON.stringify({
      name: 'T',
      systems: {
        boxes: {
          product,
          ...(product === 'banalytics' && { home: '/opt/box', modules: set }),
          ...system,
          servers: Object.fromEntries(
            ids.map((id, i) => [
              id,
              {
                host: `192.0.2.${i + 1}`,
                ...(product === 'banalytics' ? { environment: 'e' } : { os: 'windows', app: 'server' }),
              },
            ]),
          ),
        },
        idle: {
          product: 'banalytics',
          home: '/opt/box',
          modules: set,
          servers: { idle: { host: '192.0.2.99' } },
        },
      },
    });
    const { fleet, problems } = parseFleet(text, '/site/fleet.jsonc');
    if (fleet === undefined) throw new Error(JSON.stringify(problems));
    const answered = new Map<string, Answered>(
      ids.filter((_, i) => !away.includes(i)).map((id) => [id, { facts: byHand }]),
    );
    return makePlan({
      fleet,
      servers: servers(fleet).filter(({ id }) => id !== 'idle'),
      action: 'install',
      to: null,
      answered,
      supply: { packages: library, silent: new Map() },
      now: new Date('2026-11-21T08:00:00Z'),
    });
  }

  it.each([
    [0, [0, 0, 0, 0]],
    [1, [0, 1, 1, 1]],
    [3, [0, 0, 0, 1]],
    [4, [0, 0, 0, 0]],
    [9, [0, 0, 0, 0]],
  ])('with %i canaries goes in waves', (canary, waves) => {
    expect(whole({ canary }, 4).servers.map(({ wave }) => wave)).toEqual(waves);
  });

  it('takes its canaries from those that act', () => {
    expect(whole({ canary: 1 }, 4, [0, 2]).servers.map(({ verdict, wave }) => `${verdict} ${wave}`)).toEqual([
      'blocked 0',
      'ready 0',
      'blocked 0',
      'ready 1',
    ]);
  });

  it.each([
    [undefined, 4],
    [1, 1],
    [4, 4],
    [5, 4],
    [500, 4],
  ])('with maxParallel %s works on %i at a time', (maxParallel, parallel) => {
    expect(whole(maxParallel === undefined ? {} : { maxParallel }, 2).parallel).toEqual({ boxes: parallel });
  });

  it('of a product that cannot be updated yet is blocked by name', () => {
    expect(whole({}, 1, [], 'mirasys').servers[0]).toMatchObject({
      verdict: 'blocked',
      path: [],
      reasons: [{ rule: 'product.unsupported' }],
    });
  });
});
