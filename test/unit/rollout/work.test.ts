import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FleetError } from '../../../src/updater/errors';
import { servers, type Fleet } from '../../../src/updater/fleet/model';
import { parseFleet } from '../../../src/updater/fleet/read';
import type { Library } from '../../../src/updater/packages/library';
import type { PackageInfo } from '../../../src/updater/packages/package-info';
import type { PlanServer } from '../../../src/updater/plan/plan';
import { beforeOf } from '../../../src/updater/rollout/before';
import type { FleetEvent } from '../../../src/updater/rollout/events';
import { rollBack } from '../../../src/updater/rollout/roll-back';
import type { Supplies } from '../../../src/updater/rollout/supply';
import { Work, type WorkContext, type WorkResult } from '../../../src/updater/rollout/work';
import type { Facts, HistoryEntry, JobFact } from '../../../src/updater/targets/facts';
import type { Links } from '../../../src/updater/targets/link';
import type { Job, JobEnd, Platform } from '../../../src/updater/targets/platform';
import { factsOf, packageOf } from '../samples';
import { fleetOf, planned } from './fixtures';

/** The server as it would answer now, and what was laid on it. */
const there = vi.hoisted(() => ({
  facts: {},
  jobs: [] as unknown[],
  onJob: undefined as ((job: unknown) => unknown) | undefined,
}));

vi.mock('node:timers/promises', () => ({ setTimeout: () => Promise.resolve() }));
vi.mock('../../../src/updater/targets/read-facts', () => {
  const platform: Partial<Record<keyof Platform, unknown>> = {
    stateDir: () => '/state',
    join: (...parts: string[]) => parts.join('/'),
    prepare: () => Promise.resolve(),
    startJob: (_link: unknown, job: unknown) => Promise.resolve(void there.jobs.push(job)),
    followJob: () => Promise.resolve(there.onJob?.(there.jobs.at(-1))),
  };
  return { platformOf: () => platform, readFacts: () => Promise.resolve(structuredClone(there.facts)) };
});

const core = 'com.banalytics.box:core';
const media = 'com.banalytics.box.module:basic-media';
const running = { name: 'box.service', state: 'running' } as const;
const done: JobEnd = { kind: 'exit', state: 'done', step: null, message: '' };

const jobs = (): Job[] => there.jobs as Job[];
const jobFact = (over: Partial<JobFact>): JobFact => ({
  ...{
    id: 'r-1',
    action: 'install',
    to: '2.0.0',
    state: 'done',
    step: null,
    message: null,
    by: 'a@x',
    since: 0,
  },
  ...over,
});
const entry = (id: string, modules: Record<string, string>): HistoryEntry => ({
  ...{ id, version: modules[core] ?? '', modules, kept: [], at: 0, by: 'a@x' },
  backup: id.endsWith('found') ? null : id,
});

/** A box says this; its tools are those of any Debian. */
function says(over: Partial<Facts>): void {
  const said = { user: { name: 'root', root: true }, tools: ['systemd'], service: running, ...over };
  there.facts = factsOf(said);
}

function work(
  fleet: Fleet,
  plan: PlanServer,
  { packages = [], ...over }: Partial<WorkContext> & { packages?: PackageInfo[] } = {},
): WorkContext {
  const [server] = servers(fleet);
  if (server === undefined) throw new Error('no server');
  const signal = new AbortController().signal;
  return {
    ...{ rolloutId: 'r', fleet, server, planned: plan, action: 'install', to: null, by: 'a@x' },
    links: { get: () => Promise.resolve({ server }), drop: () => undefined } as unknown as Links,
    library: { list: () => Promise.resolve(packages) } as unknown as Library,
    supplies: { known: () => Promise.resolve({ packages, silent: new Map() }) } as unknown as Supplies,
    jobs: { laid: 0 },
    ignoreWindow: false,
    say: () => Promise.resolve(),
    ...{ cancel: signal, detach: signal },
    now: () => new Date(),
    mayBegin: () => true,
    ...over,
  };
}

const run = async (context: WorkContext): Promise<WorkResult> => {
  const result = await new Work(context).run();
  if (result === 'waits') throw new Error('it waits');
  return result;
};

beforeEach(() => {
  there.jobs.length = 0;
  there.onJob = () => done;
});

describe('an update that has changed modules, and not the version', () => {
  const [old, now] = [
    { [core]: '1.4.2', [media]: '1.4.0' },
    { [core]: '1.4.2', [media]: '1.4.1' },
  ];
  const fleet = fleetOf({ s: { servers: 1, onFailure: 'roll-back', modules: now } });
  const stack = [entry('r-1-found', old), entry('r-1', now)];
  const updated = {
    ...{ installed: { version: '1.4.2' }, modules: now, entries: stack, history: ['1.4.2', '1.4.2'] },
  };
  const takenBack = (job: unknown): JobEnd => {
    says({
      ...{ installed: { version: '1.4.2' }, modules: old, entries: stack.slice(0, 1), history: ['1.4.2'] },
      job: jobFact({ id: (job as Job).id, action: 'rollback', to: '1.4.2' }),
    });
    return done;
  };

  it('is rolled back by its entry', async () => {
    says({ ...updated, job: jobFact({ id: 'q-1', to: '1.4.2' }) });
    there.onJob = takenBack;
    const back = planned('s-0', { from: '1.4.2', to: '1.4.2', path: ['1.4.2'], entriesLeft: 1 });
    expect(await run(work(fleet, back, { action: 'rollback' }))).toMatchObject({ outcome: 'done' });
    expect(jobs()).toHaveLength(1);
  });

  it.each([
    ['is told as a failure', jobFact({ state: 'failed', step: 'check-port', to: '1.4.2' })],
    ['is seen from here', jobFact({ to: '1.4.2' })],
  ])('is taken back after a failure that %s', async (_, job) => {
    says({ ...updated, job });
    there.onJob = takenBack;
    const own = work(fleet, planned('s-0', { from: '1.4.2', to: '1.4.2', path: ['1.4.2'] }));
    const error = new FleetError('verify.health', 'Nothing listens.');
    const result = await rollBack(own, { outcome: 'failed', status: 'failed', error }, false);
    expect(result.error?.message).toBe('Nothing listens. It was rolled back to 1.4.2.');
    expect(jobs().map(({ id, settings }) => [id, settings['action']])).toEqual([['r-2', ['rollback']]]);
  });

  it('is not said to be rolled back where its entry is still there', async () => {
    says({ ...updated, job: jobFact({ id: 'q-1', to: '1.4.2' }) });
    const back = planned('s-0', { from: '1.4.2', to: '1.4.2', path: ['1.4.2'], entriesLeft: 1 });
    const result = await run(work(fleet, back, { action: 'rollback' }));
    expect(result).toMatchObject({ outcome: 'failed', error: { code: 'verify.version' } });
  });
});

describe('a server whose job has ended well before it is looked at', () => {
  const fleet = fleetOf({ s: { servers: 1 } });
  const brought = {
    installed: { version: '2.0.0' },
    modules: { [core]: '2.0.0' },
    history: ['1.0.0', '2.0.0'],
  };

  it('is done where it does its work', async () => {
    says({ ...brought, job: jobFact({}) });
    expect(await run(work(fleet, planned('s-0')))).toMatchObject({ outcome: 'done', status: 'installed' });
    expect(jobs()).toEqual([]);
  });

  it('has failed where its service has', async () => {
    says({ ...brought, job: jobFact({}), service: { name: 'box.service', state: 'failed' } });
    expect(await run(work(fleet, planned('s-0')))).toMatchObject({
      ...{ outcome: 'failed', error: { code: 'verify.service' } },
    });
  });
});

describe('the id of a job', () => {
  it('is not one that this rollout has laid there before, whoever worked there since', async () => {
    const fleet = fleetOf({ s: { servers: 1, modules: { [core]: '2.0.0' } } });
    const packages = [packageOf({ version: '2.0.0' })];
    says({
      ...{
        modules: { [core]: '1.0.0' },
        entries: [],
        loaded: [{ version: '2.0.0', sha256: 'a'.repeat(64) }],
      },
      job: jobFact({ id: 'q-1', action: 'restart', to: '1.0.0' }),
    });
    there.onJob = () => ({ ...done, state: 'failed', step: 'place', message: 'no' });
    await run(work(fleet, planned('s-0'), { packages, jobs: { laid: 1 } }));
    expect(jobs().map(({ id }) => id)).toEqual(['r-2']);
  });

  it('is counted by the journal', () => {
    const status = (server: string, step: string): FleetEvent => ({
      ...{
        n: 0,
        at: '2026-11-21T08:00:00Z',
        type: 'status',
        server,
        status: 'installing',
        step,
        detail: null,
      },
    });
    const events = [status('a', 'start'), status('a', 'run'), status('b', 'download'), status('a', 'start')];
    expect(beforeOf(events).jobs).toEqual(new Map([['a', 2]]));
  });
});

it('a server that somebody has changed meanwhile is not taken over what its rules ask for now', async () => {
  const system = {
    ...{ product: 'eocortex', version: '4.3.1' },
    servers: { a: { host: '10.0.0.1', os: 'windows', app: 'server' } },
  };
  const { fleet } = parseFleet(JSON.stringify({ systems: { h: system } }), '/f/fleet.jsonc');
  if (fleet === undefined) throw new Error('no fleet');
  const installer = (version: string, letter: string): PackageInfo =>
    packageOf({
      ...{ product: 'eocortex', module: null, kind: 'installer', version },
      ...{ sha256: letter.repeat(64), file: `${version}.exe` },
    });
  const packages = [installer('4.3.1', 'b'), installer('3.6.57', 'c')];
  says({
    os: { family: 'windows', name: 'Windows Server 2019', build: 17763 },
    ...{ installed: { version: '3.5.2' }, dotnetRelease: 528049 },
    service: { name: 'EocortexServer', state: 'running', account: 'LocalSystem' },
    loaded: packages.map(({ version, sha256, file }) => ({ version, sha256, file })),
  });
  const plan = planned('a', { system: 'h', from: '3.6.60', to: '4.3.1', path: ['4.3.1'] });
  const result = await run(work(fleet, plan, { packages }));
  expect(result.error).toMatchObject({ code: 'plan.changed' });
  expect(result.error?.message).toMatch(/was to go by 4\.3\.1, and now its way is 3\.6\.57, 4\.3\.1/);
  expect(jobs()).toEqual([]);
});
