import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { servers } from '../../../src/updater/fleet/model';
import type { Action } from '../../../src/updater/plan/plan';
import type { NewEvent, Outcome, ServerStatus } from '../../../src/updater/rollout/events';
import { Experiences } from '../../../src/updater/rollout/experience';
import { at, fleetOf, planned, planOf, scratch } from './fixtures';

const fleet = fleetOf({ s: { servers: 2 } });
const [server, second] = servers(fleet);
if (server === undefined || second === undefined) throw new Error('no servers');

type Said = [second: number, event: NewEvent];
const started = (path: string[], action: Action = 'install', over: object = {}): NewEvent => ({
  ...{ type: 'rollout-started', action, fleet: fleet.file, by: 'me@desk', resumed: false },
  ...{ plan: planOf([planned('s-0', { path }), planned('s-1', { path })], { s: 2 }), ...over },
});
const status = (state: ServerStatus, step: string | null = null, id = 's-0'): NewEvent => ({
  ...{ type: 'status', server: id, status: state, step, detail: null },
});
const up: NewEvent = { type: 'log', server: 's-0', step: 'check-service', level: 'info', message: 'done' };
const ended = (outcome: Outcome, id = 's-0'): NewEvent => ({
  ...{ type: 'server-finished', server: id, outcome, status: 'installed', error: null },
});

const lines = (said: Said[]): string =>
  said.map(([second, event], i) => `${JSON.stringify({ n: i + 1, at: at(second), ...event })}\n`).join('');
const header = '{"journal":"vms-fleet-rollout","version":2}\n';

async function journals(...all: Said[][]) {
  const dir = await scratch();
  for (const [i, said] of all.entries())
    await writeFile(join(dir, `2026112${i}.jsonl`), header + lines(said));
  return dir;
}
async function expects(...all: Said[][]) {
  const experience = await new Experiences(await journals(...all)).of(fleet);
  return experience.expect(server ?? fail(), 'install', 1);
}
const fail = (): never => {
  throw new Error('no server');
};

const usual: Said[] = [
  [0, started(['1.5.0', '2.0.0'])],
  [1, status('queued')],
  [5, status('downloading')],
  [20, status('installing', 'start')],
  [24, status('restarting', 'restart')],
  [40, status('verifying', 'check-service')],
  [44, up],
  [44, status('queued')],
  [50, status('downloading')],
  [52, status('installing', 'start')],
  [54, status('restarting', 'restart')],
  [60, status('verifying', 'check-service')],
  [64, up],
  [65, ended('done')],
];

describe('what earlier rollouts took', () => {
  it('counts from where a server was changed, less the waiting, for each version on the way', async () => {
    expect(await expects(usual)).toMatchObject({
      ...{ seconds: Math.round((24 + 15) / 2), downtimeSeconds: 15, basis: 'server', samples: 1 },
    });
  });

  it.each<[string, Said[]]>([
    ['failed', [...usual.slice(0, -1), [65, ended('failed')]]],
    ['dropped out later', [...usual, [90, ended('failed')]]],
    [
      'had nothing to do',
      [
        [0, started(['2.0.0'])],
        [1, ended('done')],
      ],
    ],
    [
      'took impossibly long',
      [
        [0, started(['2.0.0'])],
        [1, status('installing')],
        [14_402, ended('done')],
      ],
    ],
    [
      'was interrupted in the middle',
      [...usual.slice(0, 5), [30, started(['2.0.0'], 'install', { resumed: true })], ...usual.slice(5)],
    ],
    [
      'was begun anew where it had failed',
      [
        ...usual.slice(0, -1),
        [65, ended('failed')],
        [70, started(['2.0.0'], 'install', { resumed: true })],
        [71, status('installing')],
        [72, ended('done')],
      ],
    ],
  ])('does not count a part that %s', async (_, said) => {
    expect(await expects(said)).toMatchObject({ basis: 'none' });
  });

  it('counts a part that only waited when the rollout was interrupted', async () => {
    const said: Said[] = [
      [0, started(['2.0.0'])],
      [1, status('queued')],
      [50, started(['2.0.0'], 'install', { resumed: true })],
      [60, status('verifying')],
      [90, ended('done')],
    ];
    expect(await expects(said)).toMatchObject({ seconds: 30, basis: 'server' });
  });

  it('tells actions apart, and knows the time of a download', async () => {
    const said: Said[] = [
      [0, started([], 'download')],
      [10, status('downloading')],
      [17, ended('done')],
    ];
    const experience = await new Experiences(await journals(said)).of(fleet);
    expect(experience.expect(server, 'download', 1)).toMatchObject({ seconds: 7, downtimeSeconds: null });
    expect(experience.expect(server, 'install', 1)?.basis).toBe('none');
  });

  it('takes the product from the journal, and for an older one of this file from the file', async () => {
    const elsewhere = { fleet: '/other.jsonc' };
    const part = usual.slice(1);
    const named: Said = [0, started(['2.0.0'], 'install', { ...elsewhere, products: { s: 'banalytics' } })];
    expect(await expects([named, ...part])).toMatchObject({ basis: 'product' });
    expect(await expects([[0, started(['2.0.0'], 'install', elsewhere)], ...part])).toMatchObject({
      basis: 'none',
    });
    const another = fleetOf({ s: { servers: 1 }, t: { servers: 1 } });
    const experience = await new Experiences(await journals(usual)).of(another);
    const stranger = servers(another).find(({ id }) => id === 't-0') ?? fail();
    expect(experience.expect(stranger, 'install', 1)).toMatchObject({ basis: 'product' });
  });

  it('is not stopped by what cannot be read: torn lines, newer journals, no folder', async () => {
    const dir = await journals(usual);
    await appendFile(join(dir, '20261120.jsonl'), '{"type":"server-finished","serv');
    await writeFile(join(dir, '20261199.jsonl'), '{"journal":"vms-fleet-rollout","version":99}\n');
    const known = await new Experiences(dir).of(fleet);
    expect(known.expect(server, 'install', 1)?.samples).toBe(1);
    const none = await new Experiences(join(dir, 'nowhere')).of(fleet);
    expect(none.expect(server, 'install', 1)?.basis).toBe('none');
  });

  it('reads a journal again only when more was written, and stops when nobody waits', async () => {
    const dir = await journals(usual.slice(0, -1));
    const experiences = new Experiences(dir);
    const samples = async () => (await experiences.of(fleet)).expect(server, 'install', 1)?.samples;
    expect(await samples()).toBe(0);
    await appendFile(join(dir, '20261120.jsonl'), lines([[65, ended('done')]]));
    expect(await samples()).toBe(1);
    const stop = AbortSignal.abort(new Error('stopped'));
    await expect(experiences.of(fleet, stop)).rejects.toThrow('stopped');
  });

  it('looks at the newest fifty', async () => {
    const dir = await scratch();
    const took = (seconds: number): Said[] => [
      [0, started(['2.0.0'])],
      [1, status('installing')],
      [1 + seconds, ended('done')],
    ];
    for (let i = 0; i < 60; i++)
      await writeFile(join(dir, `r${100 + i}.jsonl`), header + lines(i < 10 ? usual : took(i)));
    const known = await new Experiences(dir).of(fleet);
    expect(known.expect(server, 'install', 1)).toMatchObject({ seconds: 54, samples: 10 });
    expect(known.expect(second, 'install', 1)).toMatchObject({ basis: 'system', samples: 10 });
  });
});
