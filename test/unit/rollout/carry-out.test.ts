import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FleetError } from '../../../src/updater/errors';
import type { Fleet } from '../../../src/updater/fleet/model';
import { openLibrary } from '../../../src/updater/packages/library';
import type { Plan } from '../../../src/updater/plan/plan';
import type { FleetEvent } from '../../../src/updater/rollout/events';
import { Journal, readJournal } from '../../../src/updater/rollout/journal';
import { carryOut, type Ended } from '../../../src/updater/rollout/rollout';
import { Supplies } from '../../../src/updater/rollout/supply';
import type { WorkResult } from '../../../src/updater/rollout/work';
import type { Links } from '../../../src/updater/targets/link';
import { at, fleetOf, planned, planOf, scratch } from './fixtures';

const noLinks: Links = {
  get: () => Promise.reject(new Error('no link here')),
  fresh: () => Promise.reject(new Error('no link here')),
  sshArguments: () => Promise.reject(new Error('no link here')),
  drop: () => undefined,
  dispose: () => undefined,
};
const failed = (server: string): WorkResult => ({
  outcome: 'failed',
  status: 'failed',
  error: new FleetError('job.failed', `${server} failed.`, { server }),
});
const done: WorkResult = { outcome: 'done', status: 'installed', error: null };

interface Played {
  ended: Ended;
  events: FleetEvent[];
  /** Servers in the order in which work on them began. */
  worked: string[];
  most: Record<string, number>;
  outcomes: Record<string, string>;
}

/** Carries a plan out with work that a test decides; `behave` may throw, wait, or abort. */
async function play(
  fleet: Fleet,
  plan: Plan,
  behave: (
    server: string,
    stop: { cancel: AbortController; detach: AbortController },
  ) => WorkResult | Promise<WorkResult>,
): Promise<Played> {
  const dir = await scratch();
  const journal = await Journal.open(dir, 'r');
  const library = openLibrary(dir);
  const stop = { cancel: new AbortController(), detach: new AbortController() };
  const events: FleetEvent[] = [];
  const worked: string[] = [];
  const now: Record<string, number> = {};
  const most: Record<string, number> = {};
  const ended = await carryOut(
    {
      id: 'r',
      fleet,
      plan,
      by: 'tester@desk',
      resumed: false,
      links: noLinks,
      library,
      supplies: new Supplies(library, () => fleet),
      journal,
      emit: (event) => events.push(event),
      now: () => new Date(at(0)),
      cancel: stop.cancel.signal,
      detach: stop.detach.signal,
    },
    {
      work: async ({ server, planned: one }) => {
        expect(one.id).toBe(server.id);
        worked.push(server.id);
        now[server.system] = (now[server.system] ?? 0) + 1;
        most[server.system] = Math.max(most[server.system] ?? 0, now[server.system] ?? 0);
        await sleep(1 + Math.random() * 4);
        try {
          return await behave(server.id, stop);
        } finally {
          now[server.system] = (now[server.system] ?? 0) - 1;
        }
      },
    },
  );
  await journal.close();
  expect(await readJournal(dir, 'r')).toEqual(JSON.parse(JSON.stringify(events)));
  const outcomes = Object.fromEntries(
    events.flatMap((event) => (event.type === 'server-finished' ? [[event.server, event.outcome]] : [])),
  );
  return { ended, events, worked, most, outcomes };
}

const ids = (system: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${system}-${i}`);

describe('the halt', () => {
  it.each([
    // maxFailures, so many of ten fail (one at a time, the first ones), so many are begun
    { maxFailures: 0, failures: 0, begun: 10 },
    { maxFailures: 0, failures: 1, begun: 1 },
    { maxFailures: 1, failures: 1, begun: 10 },
    { maxFailures: 1, failures: 2, begun: 2 },
    { maxFailures: 3, failures: 3, begun: 10 },
    { maxFailures: 3, failures: 4, begun: 4 },
    { maxFailures: 9, failures: 9, begun: 10 },
    { maxFailures: 9, failures: 10, begun: 10 },
    { maxFailures: 10, failures: 10, begun: 10 },
  ])(
    'bears $maxFailures: with $failures failures, $begun are begun',
    async ({ maxFailures, failures, begun }) => {
      const fleet = fleetOf({ s: { servers: 10, maxFailures } });
      const bad = new Set(ids('s', failures));
      const { ended, worked, outcomes, events } = await play(
        fleet,
        planOf(
          ids('s', 10).map((id) => planned(id)),
          { s: 1 },
        ),
        (id) => (bad.has(id) ? failed(id) : done),
      );
      expect(worked).toEqual(ids('s', begun));
      expect(Object.keys(outcomes)).toHaveLength(10);
      expect(Object.values(outcomes).filter((one) => one === 'not-started')).toHaveLength(10 - begun);
      expect(ended).toMatchObject({ outcome: failures > 0 ? 'failed' : 'done', letGo: false });
      expect(ended.failures.map(({ server }) => server)).toEqual(ids('s', failures));
      expect(events.at(-1)).toMatchObject({
        type: 'rollout-finished',
        counts: {
          done: begun - failures,
          failed: failures,
          'not-started': 10 - begun,
          cancelled: 0,
          skipped: 0,
          blocked: 0,
        },
      });
    },
  );

  it('lets those in work end, and begins no other', async () => {
    const fleet = fleetOf({ s: { servers: 6 } });
    const { outcomes } = await play(
      fleet,
      planOf(
        ids('s', 6).map((id) => planned(id)),
        { s: 3 },
      ),
      async (id) => {
        if (id === 's-1') return failed(id);
        await sleep(40);
        return done;
      },
    );
    expect(outcomes).toEqual({
      's-0': 'done',
      's-1': 'failed',
      's-2': 'done',
      's-3': 'not-started',
      's-4': 'not-started',
      's-5': 'not-started',
    });
  });

  it('of one system is not that of another', async () => {
    const fleet = fleetOf({ a: { servers: 3 }, b: { servers: 3 } });
    const plan = planOf(
      [...ids('a', 3), ...ids('b', 3)].map((id) => planned(id)),
      { a: 1, b: 1 },
    );
    const { outcomes } = await play(fleet, plan, (id) => (id === 'a-0' ? failed(id) : done));
    expect(outcomes).toEqual({
      'a-0': 'failed',
      'a-1': 'not-started',
      'a-2': 'not-started',
      'b-0': 'done',
      'b-1': 'done',
      'b-2': 'done',
    });
  });

  it('counts what was thrown as a failure with its cause', async () => {
    const fleet = fleetOf({ s: { servers: 2 } });
    const { ended, outcomes } = await play(
      fleet,
      planOf(
        ids('s', 2).map((id) => planned(id)),
        { s: 1 },
      ),
      () => {
        throw new Error('a bug');
      },
    );
    expect(outcomes).toEqual({ 's-0': 'failed', 's-1': 'not-started' });
    expect(ended.failures[0]?.error).toMatchObject({ code: 'internal', server: 's-0' });
  });
});

describe('waves', () => {
  const waves = (count: number, canary: number): Plan =>
    planOf(
      ids('s', count).map((id, i) => planned(id, { wave: i < canary ? 0 : 1 })),
      { s: 3 },
    );

  it('end one before the next begins', async () => {
    const fleet = fleetOf({ s: { servers: 6, canary: 2 } });
    const ended: string[] = [];
    const { worked } = await play(fleet, waves(6, 2), async (id) => {
      if (!['s-0', 's-1'].includes(id)) expect(ended).toEqual(expect.arrayContaining(['s-0', 's-1']));
      else await sleep(20);
      ended.push(id);
      return done;
    });
    expect(worked).toHaveLength(6);
  });

  it('stop when a canary fails', async () => {
    const fleet = fleetOf({ s: { servers: 5, canary: 1 } });
    const { worked, outcomes } = await play(fleet, waves(5, 1), (id) => failed(id));
    expect(worked).toEqual(['s-0']);
    expect(Object.values(outcomes)).toEqual([
      'failed',
      'not-started',
      'not-started',
      'not-started',
      'not-started',
    ]);
  });
});

describe('the limit', () => {
  it.each([1, 2, 3])('of %i is never passed, and is used', async (width) => {
    const fleet = fleetOf({ s: { servers: 9 } });
    const { most, worked, events } = await play(
      fleet,
      planOf(
        ids('s', 9).map((id) => planned(id)),
        { s: width },
      ),
      () => done,
    );
    expect(most).toEqual({ s: width });
    expect(worked).toHaveLength(9);
    const queued = events.filter((event) => event.type === 'status' && event.status === 'queued');
    expect(queued).toHaveLength(9 - width);
    for (const event of queued)
      expect(event).toMatchObject({ detail: expect.stringContaining('behind ') as string });
  });

  it('for downloads is not that of installs', async () => {
    const fleet = fleetOf({ s: { servers: 9 } });
    const plan = planOf(
      ids('s', 9).map((id) => planned(id)),
      { s: 1 },
      { action: 'download' },
    );
    expect((await play(fleet, plan, () => done)).most).toEqual({ s: 6 });
  });
});

describe('servers that do nothing', () => {
  it('end as what the plan says of them, without work', async () => {
    const fleet = fleetOf({ s: { servers: 4 } });
    const plan = planOf(
      [
        planned('s-0', { verdict: 'blocked' }),
        planned('s-1', { verdict: 'skip' }),
        planned('s-2', { verdict: 'confirm' }),
        planned('s-3'),
      ],
      { s: 4 },
    );
    const { worked, outcomes, ended } = await play(fleet, plan, () => done);
    expect(worked.sort()).toEqual(['s-2', 's-3']);
    expect(outcomes).toEqual({ 's-0': 'blocked', 's-1': 'skipped', 's-2': 'done', 's-3': 'done' });
    expect(ended.outcome).toBe('done');
  });

  it('are named when the fleet file no longer has them, or their system', async () => {
    const fleet = fleetOf({ s: { servers: 1 } });
    const plan = planOf([planned('s-0'), planned('s-7'), planned('gone-0')], { s: 1, gone: 1 });
    const { outcomes, ended } = await play(fleet, plan, () => done);
    expect(outcomes).toEqual({ 's-0': 'done', 's-7': 'not-started', 'gone-0': 'not-started' });
    expect(ended.outcome).toBe('failed');
  });
});

describe('a cancelled rollout', () => {
  it('begins no other server and ends as cancelled', async () => {
    const fleet = fleetOf({ s: { servers: 4 } });
    const { worked, outcomes, ended, events } = await play(
      fleet,
      planOf(
        ids('s', 4).map((id) => planned(id)),
        { s: 1 },
      ),
      (id, { cancel }) => {
        if (id === 's-1') cancel.abort();
        return id === 's-1' ? { outcome: 'cancelled', status: 'loaded', error: null } : done;
      },
    );
    expect(worked).toEqual(['s-0', 's-1']);
    expect(outcomes).toEqual({ 's-0': 'done', 's-1': 'cancelled', 's-2': 'cancelled', 's-3': 'cancelled' });
    expect(ended.outcome).toBe('cancelled');
    expect(events.at(-1)).toMatchObject({ type: 'rollout-finished', outcome: 'cancelled' });
  });

  it('that came too late is done', async () => {
    const fleet = fleetOf({ s: { servers: 1 } });
    const { ended } = await play(fleet, planOf([planned('s-0')], { s: 1 }), (_, { cancel }) => {
      cancel.abort();
      return done;
    });
    expect(ended.outcome).toBe('done');
  });

  it('let go of, has not ended', async () => {
    const fleet = fleetOf({ s: { servers: 2 } });
    const { ended, outcomes, events } = await play(
      fleet,
      planOf(
        ids('s', 2).map((id) => planned(id)),
        { s: 1 },
      ),
      (_, { detach }) => {
        detach.abort();
        return { outcome: 'cancelled', status: 'installing', error: null };
      },
    );
    expect(ended.letGo).toBe(true);
    expect(outcomes).toEqual({ 's-0': 'cancelled', 's-1': 'not-started' });
    expect(events.map(({ type }) => type)).not.toContain('rollout-finished');
  });
});

describe('a journal that cannot be written', () => {
  it('ends the rollout here by name, and begins nothing that it does not hold', async () => {
    const dir = await scratch();
    const library = openLibrary(dir);
    const fleet = fleetOf({ s: { servers: 3 } });
    const worked: string[] = [];
    let lines = 0;
    let letGo = false;
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const rollout = carryOut(
      {
        id: 'r',
        fleet,
        plan: planOf(
          ids('s', 3).map((id) => planned(id)),
          { s: 2 },
        ),
        by: 'tester@desk',
        resumed: false,
        links: noLinks,
        library,
        supplies: new Supplies(library, () => fleet),
        journal: {
          append: () => (++lines > 2 ? Promise.reject(full) : Promise.resolve()),
        } as unknown as Journal,
        emit: () => undefined,
        now: () => new Date(at(0)),
        cancel: new AbortController().signal,
        detach: new AbortController().signal,
      },
      {
        work: async (own) => {
          const { server, detach } = own;
          worked.push(server.id);
          if (server.id === 's-1')
            await new Promise<void>((resolve) =>
              detach.addEventListener('abort', () => {
                letGo = true;
                resolve();
              }),
            );
          else
            await own.say({
              type: 'status',
              server: server.id,
              status: 'installing',
              step: null,
              detail: null,
            });
          return done;
        },
      },
    );
    await expect(rollout).rejects.toMatchObject({ code: 'journal.failed', cause: full });
    expect(worked).toEqual(['s-0', 's-1']);
    expect(letGo).toBe(true);
  });
});
