import { describe, expect, it } from 'vitest';
import { FleetError } from '../../../src/updater/errors';
import { servers, type Server } from '../../../src/updater/fleet/model';
import { openLibrary } from '../../../src/updater/packages/library';
import type { Answered } from '../../../src/updater/plan/planner';
import { RolloutDesk } from '../../../src/updater/rollout/desk';
import type { FleetEvent, NewEvent, Outcome } from '../../../src/updater/rollout/events';
import { Journal, readJournal } from '../../../src/updater/rollout/journal';
import { lastOf } from '../../../src/updater/rollout/summary';
import { Supplies } from '../../../src/updater/rollout/supply';
import type { Facts, JobFact } from '../../../src/updater/targets/facts';
import type { Links } from '../../../src/updater/targets/link';
import { fleetOf, planned, planOf, scratch } from './fixtures';

const id = '20261121T080000-abcdef';
const startsAt = '2026-11-21T22:00:00.000Z';
const fleet = fleetOf({
  s: { servers: 4, window: { from: '22:00', to: '23:00', timeZone: 'UTC' } },
});
const ids = servers(fleet).map((server) => server.id);

const waits = (server: string): NewEvent => ({
  ...{ type: 'status', server, status: 'queued', step: 'wait', detail: 'armed' },
});
const ends = (server: string, outcome: Outcome): NewEvent => ({
  ...{ type: 'server-finished', server, outcome, status: 'unknown', error: null },
});
const letGo = (server: string): NewEvent[] => [waits(server), ends(server, 'cancelled')];

/** What a server says when it is asked: its job, none, or nothing at all. `deaf`: it answers, and takes no word. */
type Says = 'away' | 'deaf' | 'armed' | 'nothing' | Partial<JobFact>;

/** A rollout that whoever armed it has left, with its servers. */
async function left(told: NewEvent[], says: Record<string, Says> = {}, journal = true) {
  const dir = await scratch();
  const armed = planOf(
    ids.map((server) => planned(server, { startsAt })),
    { s: 4 },
    { armed: true },
  );
  if (journal) {
    const one = await Journal.open(dir, id);
    const started: NewEvent = {
      ...{ type: 'rollout-started', action: 'install', fleet: fleet.file, by: 'a@x', plan: armed },
      resumed: false,
    };
    for (const event of [started, ...told])
      await one.append({ at: '2026-11-21T08:00:00.000Z', rollout: id, ...event }, true);
    await one.close();
  }
  const stopped: string[] = [];
  const answer = ({ id: server }: Server): Answered => {
    const said = says[server] ?? 'armed';
    if (said === 'away') return { error: new FleetError('host.timeout', `${server} does not answer.`) };
    const job = { id: `${id}-1`, action: 'install', to: '2.0.0', state: 'running', step: 'wait', startsAt };
    const mine = typeof said === 'string' ? {} : said;
    return { facts: { job: said === 'nothing' ? null : { ...job, ...mine } } as unknown as Facts };
  };
  const library = openLibrary(dir);
  const desk = new RolloutDesk({
    ...{ dir, by: 'b@y', library, supplies: new Supplies(library, () => fleet) },
    links: {
      get: (server: Server) =>
        Promise.resolve({
          server,
          exec: () => {
            if (says[server.id] === 'deaf') throw new FleetError('link.lost', 'The connection broke.');
            stopped.push(server.id);
            return Promise.resolve({ code: 0, stdout: '', stderr: '' });
          },
        }),
    } as unknown as Links,
    fleet: () => fleet,
    emit: () => undefined,
    now: () => new Date('2026-11-21T12:00:00Z'),
    ask: (asked) => Promise.resolve(new Map(asked.map((server) => [server.id, answer(server)]))),
    onLeft: () => undefined,
    letGo: new AbortController().signal,
  });
  const shown = async (): Promise<Record<string, string | null>> => {
    const [one] = await desk.list();
    return {
      state: one?.state ?? null,
      ...Object.fromEntries(one?.servers.map((s) => [s.id, s.outcome]) ?? []),
    };
  };
  return { desk, stopped, shown, says, journal: (): Promise<FleetEvent[]> => readJournal(dir, id) };
}

describe('cancelling a rollout that nobody works on', () => {
  it('disarms its servers, and counts each as what became of it', async () => {
    const told = [ends('s-0', 'done'), ...letGo('s-1'), ...letGo('s-2'), ...letGo('s-3')];
    const they = await left(told, { 's-0': 'nothing', 's-3': { state: 'done', step: null } });
    await they.desk.cancel(id);
    expect(they.stopped).toEqual(['s-1', 's-2']);
    expect(lastOf(await they.journal(), 'rollout-finished')).toMatchObject({
      outcome: 'cancelled',
      counts: { done: 2, cancelled: 2, failed: 0 },
    });
    expect(await they.shown()).toEqual({
      ...{ state: 'cancelled', 's-0': 'done', 's-1': 'cancelled', 's-2': 'cancelled', 's-3': 'done' },
    });
  });

  it('says which it did not reach, and that these still begin; they stay armed until they are', async () => {
    const they = await left([ends('s-0', 'done'), ...letGo('s-1'), ...letGo('s-2'), ...letGo('s-3')], {
      's-0': 'nothing',
      's-2': 'away',
      's-3': 'deaf',
    });
    const failure = await they.desk.cancel(id).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'remote.failed',
      message:
        's-2, s-3 were not reached; what lies there still begins by itself on sat 2026-11-21 22:00 (UTC).',
      hint: `Cancel rollout ${id} again once they answer: whatever was reached is cancelled already.`,
    });
    expect(lastOf(await they.journal(), 'rollout-finished')).toBeUndefined();
    expect(await they.shown()).toEqual({
      ...{ state: 'interrupted', 's-0': 'done', 's-1': 'cancelled', 's-2': 'armed', 's-3': 'armed' },
    });
    // Whoever was reached once need not be again.
    Object.assign(they.says, { 's-1': 'away', 's-2': 'armed', 's-3': 'armed' });
    await they.desk.cancel(id);
    expect(they.stopped).toEqual(['s-1', 's-2', 's-3']);
    expect(await they.shown()).toMatchObject({ state: 'cancelled', 's-2': 'cancelled', 's-3': 'cancelled' });
  });

  it('need not reach servers on which nothing had begun', async () => {
    const loads: NewEvent = {
      ...{ type: 'status', server: 's-0', status: 'downloading', step: 'load', detail: null },
    };
    const they = await left([loads], { 's-0': 'away', 's-1': 'nothing', 's-2': 'nothing', 's-3': 'nothing' });
    await they.desk.cancel(id);
    expect(lastOf(await they.journal(), 'rollout-finished')).toMatchObject({ counts: { cancelled: 4 } });
  });

  it('leaves what had failed as failed: one that was to be taken back, one that failed by itself', async () => {
    const error = { code: 'verify.health', message: 'not well', hint: null } as const;
    const told: NewEvent[] = [{ type: 'server-failing', server: 's-0', error }, ...letGo('s-1')];
    const they = await left([...told, ends('s-2', 'done'), ends('s-3', 'done')], {
      's-0': 'nothing',
      's-1': { state: 'failed', step: 'check-space', message: 'full' },
      's-2': 'nothing',
      's-3': 'nothing',
    });
    await they.desk.cancel(id);
    expect(they.stopped).toEqual([]);
    expect(await they.shown()).toMatchObject({ state: 'failed', 's-0': 'failed', 's-1': 'failed' });
    const [first] = (await they.journal()).filter((e) => e.type === 'server-finished' && e.server === 's-0');
    expect(first).toMatchObject({ outcome: 'failed', error });
  });

  it('of a colleague stops its jobs, and says what it cannot know', async () => {
    const they = await left([], { 's-0': 'armed', 's-1': 'nothing', 's-2': 'nothing', 's-3': 'away' }, false);
    await expect(they.desk.cancel(id)).rejects.toMatchObject({
      message: `s-3 was not reached; whether something of rollout ${id} lies there is not known.`,
    });
    expect(they.stopped).toEqual(['s-0']);
    they.says['s-3'] = 'nothing';
    await they.desk.cancel(id);
    they.says['s-0'] = 'nothing';
    await expect(they.desk.cancel(id)).rejects.toMatchObject({ code: 'rollout.unknown' });
  });
});

describe('leaving a server out of a rollout that nobody works on', () => {
  it('is refused where a job lies there, or an update is to be taken back', async () => {
    const error = { code: 'verify.health', message: 'not well', hint: null } as const;
    const works = { type: 'status', server: 's-1', status: 'installing', step: 'run', detail: null } as const;
    const fails = { type: 'server-failing', server: 's-2', error } as const;
    const they = await left([...letGo('s-0'), works, ends('s-2', 'done'), fails]);
    await expect(they.desk.skip(id, 's-0', 'x')).rejects.toMatchObject({
      code: 'usage',
      message: `s-0 is armed in rollout ${id}, and begins by itself on sat 2026-11-21 22:00 (UTC).`,
    });
    for (const server of ['s-1', 's-2'])
      await expect(they.desk.skip(id, server, 'x')).rejects.toMatchObject({ code: 'usage', server });
    await they.desk.skip(id, 's-3', 'x');
    expect(await they.shown()).toMatchObject({ 's-0': 'armed', 's-1': null, 's-3': 'skipped' });
  });

  it('is done where it was disarmed', async () => {
    const they = await left(letGo('s-0'), { 's-0': 'armed' });
    await they.desk.cancel(id);
    await they.desk.skip(id, 's-0', 'x');
    expect(await they.shown()).toMatchObject({ 's-0': 'skipped' });
  });
});
