import { expect, it, vi } from 'vitest';
import { FleetError } from '../../../src/updater/errors';
import { servers } from '../../../src/updater/fleet/model';
import type { Library } from '../../../src/updater/packages/library';
import { look } from '../../../src/updater/rollout/look';
import type { Facts, JobFact } from '../../../src/updater/targets/facts';
import type { Link, Links } from '../../../src/updater/targets/link';
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

const [server] = servers(fleetOf({ s: { servers: 1 } }));
async function seen(now: () => Facts, signal = new AbortController().signal) {
  if (server === undefined) throw new Error('no server');
  answer = now;
  const links = { get: () => Promise.resolve({} as Link), drop: () => undefined } as unknown as Links;
  const library = { list: () => Promise.resolve([]) } as unknown as Library;
  return look({ server, links, library, signal });
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
