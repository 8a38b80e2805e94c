import { win32 } from 'node:path';
import { describe, expect, it } from 'vitest';
import { servers, type Server } from '../../../src/updater/fleet/model';
import { parseFleet } from '../../../src/updater/fleet/read';
import type { PackageInfo } from '../../../src/updater/packages/package-info';
import { windows as hands } from '../../../src/updater/products/eocortex/windows';
import type { JobContext } from '../../../src/updater/products/product';
import type { Facts, HistoryEntry } from '../../../src/updater/targets/facts';
import { windows } from '../../../src/updater/targets/windows';
import { factsOf, packageOf } from '../samples';

const sha = (digit: string): string => digit.repeat(64);

function serverOf(more: object = {}): Server {
  const { fleet } = parseFleet(
    JSON.stringify({
      systems: {
        s: {
          product: 'eocortex',
          app: 'server',
          settingsPaths: ['C:\\Eo'],
          ...more,
          servers: { a: { host: 'a' } },
        },
      },
    }),
    '/x/fleet.jsonc',
  );
  const [server] = fleet === undefined ? [] : servers(fleet);
  if (server === undefined) throw new Error('no server');
  return server;
}

const installer = (version: string, digit: string, format: 'exe' | 'msi' = 'exe'): PackageInfo =>
  packageOf({
    ...{ sha256: sha(digit), file: `Сервер ${version}.${format}`, size: 1, product: 'eocortex' },
    ...{ kind: 'installer', version, arch: 'x64', module: null },
  });

const entry = (version: string, backup: string | null): HistoryEntry => ({
  id: `r-${version}`,
  version,
  modules: {},
  backup,
  kept: backup === null ? [] : [{ name: 'settings-0', path: 'C:\\Eo' }],
  at: 1,
  by: 'me',
});

function contextOf(server: Server, over: Partial<Facts> = {}): JobContext {
  const entries = over.entries ?? [];
  const facts = factsOf({
    os: { family: 'windows', name: 'Windows Server 2022', build: 20348 },
    installed: { version: '4.3.1' },
    history: entries.map(({ version }) => version),
    ...over,
  });
  return {
    server,
    facts,
    supply: { packages: [installer('4.3.1', '1'), installer('4.3.5', '5')], silent: new Map() },
    to: '4.3.5',
    platform: windows,
    jobId: 'j-1',
    jobDir: 'C:\\ProgramData\\vms-fleet\\jobs\\j-1',
    packagePath: (info) => win32.join('C:\\ProgramData\\vms-fleet\\packages', info.sha256, info.file),
    by: 'me@desk',
    now: new Date(0),
  };
}

const names = (lines: { kind: string; words: string[] }[]): string[] =>
  lines.map(({ kind, words: [name = ''] }) => (kind === 'undo' ? `(${name})` : name));
const wordsOf = (lines: { words: string[] }[], name: string): string[] | undefined =>
  lines.find(({ words }) => words[0] === name)?.words.slice(1);

describe('the job that installs', () => {
  it('touches the settings only while the service is stopped, and has the way back on record before it starts', () => {
    const { lines, settings, files } = hands.installJob(contextOf(serverOf()));
    expect(names(lines)).toEqual([
      ...['check-space', 'check-package', 'check-idle', 'record', '(unrecord)', 'stop', '(start)', 'backup'],
      ...[
        'run',
        'restart',
        'check-version',
        'record',
        '(unrecord)',
        'commit',
        'start',
        'seal',
        'check-service',
      ],
    ]);
    // Wherever Windows lies: where the rule wants the room.
    expect(wordsOf(lines, 'check-space')).toEqual(['system', '5000']);
    expect(wordsOf(lines, 'run')).toEqual([sha('5'), 'Сервер 4.3.5.exe', 'exe', '4.3.5', '30', '/S']);
    expect(settings).toMatchObject({
      service: ['EocortexServer'],
      program: ['Eocortex'],
      'program-length': ['8'],
    });
    expect(Object.keys(files).sort()).toEqual(['entry', 'found']);
    expect(files.found).toContain('4.3.1');
  });

  it('records nothing as found where the stack knows what runs, by whatever zeros', () => {
    const known = { entries: [entry('4.3.1.0', null)] };
    expect(Object.keys(hands.installJob(contextOf(serverOf(), known)).files)).toEqual(['entry']);
    const other = { entries: [entry('4.3.0', null)] };
    expect(Object.keys(hands.installJob(contextOf(serverOf(), other)).files).sort()).toEqual([
      'entry',
      'found',
    ]);
  });

  it.each([
    [undefined, ['if-asked']],
    ['if-needed', ['if-asked']],
    ['reboot', ['always']],
    ['service', ['never']],
  ])('restarts the machine as the fleet file says: %s', (restart, words) => {
    const { lines } = hands.installJob(contextOf(serverOf(restart === undefined ? {} : { restart })));
    expect(wordsOf(lines, 'restart')).toEqual(words);
  });

  it('hands the installer its arguments as one line, and none where there are none', () => {
    const more = { installer: { args: ['/S', '/D=C:\\My Eocortex'], timeoutMinutes: 5 } };
    const { lines } = hands.installJob(contextOf(serverOf(more)));
    expect(wordsOf(lines, 'run')?.slice(4)).toEqual(['5', '/S /D=C:\\My Eocortex']);
    const bare = hands.installJob(contextOf(serverOf({ installer: { args: [] } })));
    expect(wordsOf(bare.lines, 'run')).toHaveLength(5);
  });

  it('runs an .msi as such, and proves health as far as the fleet file asks for it', () => {
    const context = contextOf(
      serverOf({
        health: {
          port: [8080, 81],
          url: 'http://127.0.0.1/',
          command: ['C:\\x y\\ok.exe', '1'],
          settleSeconds: 3,
        },
      }),
    );
    const supply = { packages: [installer('4.3.5', '6', 'msi')], silent: new Map<string, string>() };
    const { lines } = hands.installJob({ ...context, supply });
    expect(wordsOf(lines, 'run')?.slice(0, 3)).toEqual([sha('6'), 'Сервер 4.3.5.msi', 'msi']);
    // A URL is asked for from here: nobody on the server can be counted on to.
    expect(names(lines).slice(-4)).toEqual(['check-service', 'check-port', 'check-port', 'check-command']);
    expect(wordsOf(lines, 'check-command')?.[1]).toBe('"C:\\x y\\ok.exe" 1');
  });

  it('is not written without its installer', () => {
    expect(() => hands.installJob({ ...contextOf(serverOf()), to: '4.3.9' })).toThrow(
      expect.objectContaining({ code: 'package.not-loaded' }) as Error,
    );
  });
});

describe('the job that rolls back', () => {
  const entries = [entry('4.3.1', null), entry('4.3.5', 'j-0')];

  it('looks at the backup first, keeps what it replaces, and puts the settings back with the service stopped', () => {
    const context = { ...contextOf(serverOf(), { entries, installed: { version: '4.3.5' } }), to: '4.3.1' };
    const { lines } = hands.rollbackJob(context, entries[1]!);
    expect(names(lines)).toEqual([
      ...[
        'check-space',
        'check-package',
        'check-idle',
        'check-backup',
        'stop',
        '(start)',
        'backup',
        'run',
        'restart',
      ],
      ...['stop', 'restore', 'start', 'check-version', 'commit', 'unrecord', 'seal', 'check-service'],
    ]);
    expect(wordsOf(lines, 'check-space')).toEqual(['system', '5000']);
    expect(wordsOf(lines, 'run')?.slice(0, 4)).toEqual([sha('1'), 'Сервер 4.3.1.exe', 'exe', '4.3.1']);
    expect(wordsOf(lines, 'restore')).toEqual(['j-0', 'settings-0', 'C:\\Eo']);
    expect(wordsOf(lines, 'unrecord')).toEqual(['r-4.3.5']);
  });

  it('is refused where nothing was kept, or the installer of the version before is nowhere', () => {
    const context = { ...contextOf(serverOf(), { entries }), to: '4.3.1' };
    expect(() => hands.rollbackJob(context, entry('4.3.5', null))).toThrow(
      expect.objectContaining({ code: 'plan.blocked' }) as Error,
    );
    const supply = { packages: [], silent: new Map<string, string>() };
    expect(() => hands.rollbackJob({ ...context, supply }, entries[1]!)).toThrow(
      expect.objectContaining({ code: 'package.not-loaded' }) as Error,
    );
  });
});

describe('the job that restarts', () => {
  it.each([
    ['reboot', ['restart', 'commit', 'start', 'check-service']],
    ['if-needed', ['restart', 'commit', 'start', 'check-service']],
    ['service', ['restart-service', 'commit', 'start', 'check-service']],
  ])('restarts the machine, or the service alone: %s', (restart, steps) => {
    const { lines } = hands.restartJob(contextOf(serverOf({ restart })));
    expect(names(lines)).toEqual(steps);
    if (steps[0] === 'restart') expect(wordsOf(lines, 'restart')).toEqual(['always']);
  });
});

describe('what came of it', () => {
  it('is reached when the server says the version, by whatever zeros', () => {
    const reached = (installed: string | null, action: 'install' | 'restart' = 'install') =>
      hands.reached(
        contextOf(serverOf(), { installed: installed === null ? null : { version: installed } }),
        action,
      );
    expect([reached('4.3.5'), reached('4.3.5.0'), reached('4.3.1'), reached(null), reached('?')]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(reached(null, 'restart')).toBe(true);
  });
});
