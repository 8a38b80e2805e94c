import { expect, it, vi } from 'vitest';
import { FleetError } from '../../../src/updater/errors';
import { servers } from '../../../src/updater/fleet/model';
import type { Library } from '../../../src/updater/packages/library';
import { look } from '../../../src/updater/rollout/look';
import type { Facts, JobFact } from '../../../src/updater/targets/facts';
import type { Link, Links } from '../../../src/updater/targets/link';
import { linux } from '../../../src/updater/targets/linux';
import type { Platform } from '../../../src/updater/targets/platform';
import { fleetOf } from './fixtures';

const well = {
  installed: { version: '2.0.0' },
  service: { name: 'box', state: 'running' },
  job: null,
} as unknown as Facts;
let answer: () => Facts = () => well;
vi.mock('../../../src/updater/targets/read-facts', async (original) => ({
  ...(await original<object>()),
  readFacts: () => Promise.resolve(answer()),
}));

// Ten seconds are long in a test.
vi.mock('node:timers/promises', () => ({ setTimeout: () => Promise.resolve() }));

const [server] = servers(fleetOf({ s: { servers: 1 } }));
async function seen(
  now: () => Facts,
  signal = new AbortController().signal,
  of = server,
  arming: { arming?: string } = {},
) {
  if (of === undefined) throw new Error('no server');
  answer = now;
  const links = {
    get: () => Promise.resolve({ server: of, open: true } as Link),
    drop: () => undefined,
  } as unknown as Links;
  const library = { list: () => Promise.resolve([]) } as unknown as Library;
  return look({ server: of, links, library, signal, ...arming });
}
const job = (state: JobFact['state']): Facts => ({
  ...well,
  job: { id: 'q-1', by: 'b@y', state } as JobFact,
});

it.each<[string, Facts, string | undefined]>([
  ['well', well, undefined],
  ['a service that is down', { ...well, service: { name: 'box', state: 'failed' } }, 'verify.service'],
  [
    'one that never had the product',
    { ...well, installed: null, service: { name: 'box', state: 'missing' } },
    undefined,
  ],
  ['a job that runs', job('running'), 'job.busy'],
  ['a job that nobody runs', job('interrupted'), 'job.busy'],
  ['a job that has ended', job('done'), undefined],
])('a look sees %s', async (_, facts, code) => {
  expect((await seen(() => facts)).wrong?.code).toBe(code);
});

it('a partner that is armed is in the way of all but those that were armed with it', async () => {
  const waits = { startsAt: '2026-11-21T22:00:00Z', step: 'wait' };
  const armed = (over: Partial<JobFact> = {}): Facts => {
    const facts = job('running');
    return { ...facts, job: { ...facts.job, ...waits, ...over } as JobFact };
  };
  const codeOf = async (facts: Facts, arming?: string) =>
    (await seen(() => facts, undefined, undefined, arming === undefined ? {} : { arming })).wrong?.code;
  expect(await codeOf(armed(), 'q')).toBeUndefined();
  expect(await codeOf(armed())).toBe('job.busy');
  expect(await codeOf(armed(), 'r')).toBe('job.busy');
  expect((await seen(() => armed())).wrong?.message).toContain('is armed on s-0: ');
  expect(await codeOf(armed({ step: 'backup' }), 'q')).toBe('job.busy');
  // Nobody runs it, so it does not begin at its time.
  expect(await codeOf(armed({ state: 'interrupted' }), 'q')).toBe('job.busy');
  const down = { name: 'box', state: 'failed' } as const;
  expect(await codeOf({ ...armed(), service: down }, 'q')).toBe('verify.service');
});

it('a look tells of what no waiting mends at once, and ends when nobody waits for it', async () => {
  const changed = new FleetError('hostkey.changed', 'Another key.');
  const fail = (): Facts => {
    throw changed;
  };
  expect(await seen(fail)).toEqual({ wrong: changed, facts: null });
  const stop = new AbortController();
  stop.abort(new FleetError('cancelled', 'Cancelled.'));
  await expect(seen(fail, stop.signal)).rejects.toMatchObject({ code: 'cancelled' });
});

it('a look asks for ports, command and URL too, and believes a bad answer only the third time', async () => {
  let looks = 0;
  const seenAfter = async (wellFrom: number, installed = true) => {
    looks = 0;
    const probe: Platform['probe'] = () =>
      Promise.resolve({ listening: ++looks >= wellFrom ? [8080] : [], code: 0 });
    vi.spyOn(linux, 'probe').mockImplementation(probe);
    const [checked] = servers(fleetOf({ s: { servers: 1, health: { port: 8080 } } }));
    const found = seen(() => (installed ? well : { ...well, installed: null }), undefined, checked);
    return { code: (await found).wrong?.code, looks };
  };
  expect(await seenAfter(1)).toEqual({ code: undefined, looks: 1 });
  expect(await seenAfter(3)).toEqual({ code: undefined, looks: 3 });
  expect(await seenAfter(4)).toEqual({ code: 'verify.health', looks: 3 });
  // One that never had the product cannot be well.
  expect(await seenAfter(9, false)).toEqual({ code: undefined, looks: 0 });
  vi.restoreAllMocks();
});

it('a look asks a server again that does not say whether its service runs, and tells so the third time', async () => {
  let looks = 0;
  const seenAfter = async (saysFrom: number) => {
    looks = 0;
    const silent: Facts = { ...well, service: { name: 'box', state: 'unknown' } };
    const { wrong } = await seen(() => (++looks >= saysFrom ? well : silent));
    return { message: wrong?.message, looks };
  };
  expect(await seenAfter(3)).toEqual({ message: undefined, looks: 3 });
  expect(await seenAfter(4)).toEqual({
    message: 's-0 does not say whether its service box is running.',
    looks: 3,
  });
});
