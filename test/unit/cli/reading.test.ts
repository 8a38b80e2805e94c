import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { version } from '../../../package.json';
import type { NewEvent } from '../../../src/updater/rollout/events';
import type { Facts } from '../../../src/updater/targets/facts';
import { at, blockedReason, facts, planned, play, scratch, sha } from './stage';

/** Every field that facts have; the compiler says where one is missing. */
const fullFacts: Full<Facts> = {
  os: { family: 'windows', name: 'Windows Server 2016', build: 14393 },
  ...{ arch: 'x64', computerName: 'NVR1', bootId: 'b', freeBytes: { system: 1, state: 2, home: 3 } },
  installed: { version: '1.2.0', app: 'server', arch: 'x64' },
  service: { name: 's', state: 'running', account: 'CORP\\vms', accountHasProfile: true },
  ...{ hotfixes: ['KB1'], dotnetRelease: 528049, runs32Bit: false },
  storage: { fileSystem: 'v7', disks: 2, textChannels: true },
  ...{ modules: { 'g:a': '1.2.0' }, firstRun: false, homeMissing: true },
  loaded: [{ version: '1.4.2', sha256: sha, file: 'a.jar', module: 'g:a', kind: 'core' }],
  history: ['1.2.0'],
  entries: [
    {
      ...{ id: 'e', version: '1.2.0', modules: { 'g:a': '1.2.0' }, backup: 'k', at: 1, by: 'pat@desk' },
      ...{ kept: [{ name: 'n', path: '/p' }], package: { sha256: sha, file: 'a.jar' } },
    },
  ],
  job: {
    ...{ id: 'j', action: 'install', to: '1.4.2', state: 'running', by: 'pat@desk', since: 1 },
    ...{ step: 'wait', message: 'waits', startsAt: at },
  },
  ...{ sizes: { modules: 1 }, readOnly: ['config'], volumes: { state: 'c' }, tools: ['unzip'] },
  user: { name: 'updater', root: true },
};
const allFacts = { ...fullFacts, job: { ...fullFacts.job, ofALaterVersion: 1 } };
type Full<T> = {
  [Field in keyof Required<T>]: T[Field] extends readonly (infer One)[] | undefined
    ? Full<One>[]
    : T[Field] extends object | null | undefined
      ? Full<NonNullable<T[Field]>>
      : NonNullable<T[Field]>;
};

/** One server answers, the other does not. */
function halfTheFleet(emit: (event: NewEvent) => void): void {
  emit({
    type: 'facts',
    server: 'box-1',
    facts,
    assessment: { status: 'loaded', detail: null, error: null, reasons: [] },
  });
  emit({
    type: 'unreachable',
    server: 'box-2',
    error: { code: 'host.refused', message: 'Nobody listens on port 22.', hint: 'Start sshd.' },
  });
}

describe('status', () => {
  it('prints one document in the order of the contract; 1 says that a server did not answer', async () => {
    const { code, stdout, stderr, calls } = await play(['status', '--json'], { refresh: halfTheFleet });
    expect(code).toBe(1);
    const document = JSON.parse(stdout) as { servers: Record<string, unknown>[] };
    expect(document).toMatchObject({ schema: 1, fleet: 'Harbour' });
    const [first, second] = document.servers;
    const contract = 'id system product app os arch status version loaded rollback reasons error'.split(' ');
    expect(Object.keys(first ?? {}).slice(0, contract.length)).toEqual(contract);
    expect(first).toMatchObject({
      version: '1.2.0',
      status: 'loaded',
      rollback: ['1.1.0', '1.0.0'],
      loaded: [{ version: '1.4.2', sha256: sha }],
      error: null,
    });
    expect(second).toMatchObject({
      status: 'unreachable',
      version: null,
      error: { code: 'host.refused', hint: 'Start sshd.' },
    });
    expect(stderr).toBe('');
    expect(calls).toEqual(['refresh box-1 box-2', 'dispose']);
  });

  it('shows people an aligned table with the reason or the next step', async () => {
    const { stdout } = await play(['status'], { refresh: halfTheFleet });
    expect(stdout.split('\n')).toEqual([
      'SERVER  SYSTEM  VERSION  STATUS       WHY, AND WHAT NEXT',
      'box-1   boxes   1.2.0    loaded       vms-fleet install',
      'box-2   boxes   –        unreachable  Nobody listens on port 22. Start sshd.',
      '',
    ]);
  });

  it('asks only the selected servers, and records facts that plan reads again', async () => {
    const file = join(scratch(), 'facts.json');
    const asked = await play(['status', '--server', 'box-1', '--facts-out', file], { refresh: halfTheFleet });
    expect(asked).toMatchObject({ code: 0, calls: ['refresh box-1', 'dispose'] });
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ 'box-1': facts });
    let read: unknown;
    const again = await play(['plan', '--facts', file], {
      plan: (given) => {
        read = given;
        return [planned('box-1')];
      },
    });
    expect(again.code).toBe(0);
    expect(read).toEqual({ 'box-1': facts });
  });

  it('records facts of which no field is lost on the way to plan, those of a newer version neither', async () => {
    const file = join(scratch(), 'facts.json');
    await writeFile(file, JSON.stringify({ 'box-1': allFacts }));
    let read: unknown;
    await play(['plan', '--facts', file], {
      plan: (given) => {
        read = given;
        return [planned('box-1')];
      },
    });
    expect(read).toEqual({ 'box-1': allFacts });
  });

  it('names the known servers and systems where one is unknown', async () => {
    const { code, stderr, calls } = await play(['status', '--server', 'box-3']);
    expect(code).toBe(2);
    expect(stderr).toContain('There is no server "box-3"');
    expect(stderr).toContain('The servers are box-1, box-2.');
    expect(calls).toEqual([]);
    expect((await play(['status', '--system', 'lake'])).stderr).toContain('The systems are boxes.');
  });
});

describe('plan', () => {
  it('prints the contract and exits 3 where a server is blocked', async () => {
    const script = {
      plan: () => [
        planned('box-1', {
          expected: { seconds: 90, downtimeSeconds: 45, windowSeconds: 210, basis: 'system', samples: 4 },
        }),
        planned('box-2', { verdict: 'blocked', path: [], reasons: [blockedReason] }),
      ],
    };
    const { code, stdout } = await play(['plan', '--json', '--to', '1.4.2'], script);
    expect(code).toBe(3);
    const document = JSON.parse(stdout) as { servers: Record<string, unknown>[] };
    expect(document).toMatchObject({ schema: 1, action: 'install', parallel: { boxes: 2 } });
    expect(Object.keys(document.servers[0] ?? {}).slice(0, 8)).toEqual(
      'id verdict from to path reasons wave steps'.split(' '),
    );
    expect(document.servers[0]?.expected).toMatchObject({ seconds: 90, basis: 'system', samples: 4 });
    expect(document.servers[1]).not.toHaveProperty('expected');
    const people = await play(['plan'], script);
    expect(people.stdout).toContain(
      'box-1  ready  1.2.0 → 1.4.2  wave 0\n' +
        '  takes about 2 min, 45 s of it without recording (as in its system 4 times before)\n   1. stop (service banalytics-box.service)\n   2. restart\n',
    );
    expect(people.stdout).toContain(
      'block banalytics.registered: The environment has no registered identifier.',
    );
  });

  it.each([
    ['not JSON', '{ "box-1": ', 'is not JSON'],
    [
      'a wrong field',
      `{ "box-1": ${JSON.stringify({ ...facts, freeBytes: { system: 'a lot', state: 1 } })} }`,
      'box-1.freeBytes.system',
    ],
  ])('refuses facts that are %s', async (_what, text, said) => {
    const file = join(scratch(), 'facts.json');
    await writeFile(file, text);
    const { code, stderr, calls } = await play(['plan', '--facts', file]);
    expect(code).toBe(2);
    expect(stderr).toContain(said);
    expect(calls).toEqual([]);
  });
});

describe('other reading verbs', () => {
  it('rollouts writes a report of all, or of one', async () => {
    const one = (id: string) => ({
      ...{ id, action: 'install' as const, fleet: '/f.jsonc', by: 'me', startedAt: at, finishedAt: at },
      state: 'done' as const,
      servers: [{ id: 'box-1', outcome: 'done' }],
    });
    const script = { rollouts: [one('r-1'), one('r-2')], journal: [] };
    const table = await play(['rollouts', '--report', 'csv'], script);
    expect(table.stdout.split('\r\n').map((line) => line.split(',')[0])).toEqual([
      'Rollout',
      'r-1',
      'r-2',
      '',
    ]);
    expect((await play(['rollouts', 'r-2', '--report', 'html'], script)).stdout).toMatch(/install r-2: /);
    const json = JSON.parse(
      (await play(['rollouts', 'r-2', '--report', 'csv', '--json'], script)).stdout,
    ) as {
      rollouts: { id: string }[];
    };
    expect(json.rollouts.map(({ id }) => id)).toEqual(['r-2']);
    expect(await play(['rollouts', '--report', 'pdf'], script)).toMatchObject({ code: 2 });
  });

  it('rollouts lists the newest first', async () => {
    const summary = {
      action: 'install' as const,
      fleet: 'Harbour',
      by: 'pat@desk',
      finishedAt: at,
      state: 'done' as const,
    };
    const rollouts = [
      {
        ...summary,
        id: 'old',
        startedAt: '2026-01-01T00:00:00Z',
        servers: [{ id: 'box-1', outcome: 'done' }],
      },
      { ...summary, id: 'new', startedAt: '2026-02-01T00:00:00Z', servers: [{ id: 'box-2', outcome: null }] },
    ];
    const { stdout } = await play(['rollouts', '--json'], { rollouts });
    expect((JSON.parse(stdout) as { rollouts: { id: string }[] }).rollouts.map(({ id }) => id)).toEqual([
      'new',
      'old',
    ]);
    const one = await play(['rollouts', '--server', 'box-1'], { rollouts });
    expect(one.stdout).toContain('old');
    expect(one.stdout).not.toContain('new');
  });

  it('doctor exits 1 with the hint of what is wrong, and works without a fleet file', async () => {
    const checks = [{ server: 'box-1', name: 'login', ok: false, message: 'Refused.', hint: 'Add the key.' }];
    const { code, stdout } = await play(['doctor'], { checks });
    expect(code).toBe(1);
    expect(stdout).toContain('FAIL  box-1: login: Refused.\n      Add the key.');
    expect(stdout).toContain('ok    data folder:');
    const without = await play(['doctor', '--json'], { fleetText: '' });
    expect(without.code).toBe(1);
    expect(without.stdout).toContain('"fleet file"');
  });

  it('doctor notices an agent that does not answer', async () => {
    const { code, stdout } = await play(['doctor'], {}, { env: { SSH_AUTH_SOCK: join(scratch(), 'gone') } });
    expect(code).toBe(1);
    expect(stdout).toMatch(/FAIL {2}SSH agent: .*gone/);
  });

  it('says its version and its help on stdout, mistakes on stderr', async () => {
    expect(await play(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
    expect((await play(['--help'])).stdout).toContain('Exit codes');
    expect(await play(['stats'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: 'vms-fleet: There is no verb "stats".\n  Did you mean status?\n',
    });
  });

  it('needs a fleet file where servers are meant', async () => {
    expect(await play(['status'], { fleetText: '' })).toMatchObject({ code: 2, stdout: '' });
    expect((await play(['packages'], { fleetText: '' })).code).toBe(0);
    expect((await play(['status'], { fleetText: '{}' })).code).toBe(2);
  });
});
