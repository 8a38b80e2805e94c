import { describe, expect, it, vi } from 'vitest';
import { FleetError } from '../../../../src/updater/errors';
import { servers } from '../../../../src/updater/fleet/model';
import type { Library } from '../../../../src/updater/packages/library';
import { beforeOf } from '../../../../src/updater/rollout/before';
import type { FleetEvent } from '../../../../src/updater/rollout/events';
import type { Journal } from '../../../../src/updater/rollout/journal';
import { remainingPlan } from '../../../../src/updater/rollout/resume';
import { carryOut } from '../../../../src/updater/rollout/rollout';
import { lastOf } from '../../../../src/updater/rollout/summary';
import type { Supplies } from '../../../../src/updater/rollout/supply';
import type { Link, Links } from '../../../../src/updater/targets/link';
import { fleetOf, planned, planOf } from '../fixtures';
import { jobSteps, Machine, machineOf, newVersion, oldVersion, type Fault } from './machine';
import { info } from './product';

vi.mock('../../../../src/updater/products', async () => {
  const { simulatedProduct } = await import('./product');
  return { productOf: () => simulatedProduct };
});
vi.mock('../../../../src/updater/targets/read-facts', async () => {
  const { simulatedPlatform } = await import('./product');
  return {
    platformOf: () => simulatedPlatform,
    readFacts: (link: Link) => {
      machineOf(link).reach();
      return Promise.resolve(machineOf(link).facts());
    },
  };
});
vi.mock('../../../../src/updater/targets/transfer', () => ({
  transfer: async (
    link: Link,
    _platform: unknown,
    _source: unknown,
    { signal }: { signal?: AbortSignal },
  ) => {
    await machineOf(link).receive(signal);
    return 'sent';
  },
}));

const forever = new Promise<never>(() => undefined);

/** Where in a server's walk the fault happens; `queued` before anything is done there. */
const places = ['queued', 'downloading', ...jobSteps] as const;
const faults: Fault[] = ['client killed', 'link cut', 'power-cycled', 'disk full'];

interface End {
  machine: Machine;
  events: FleetEvent[];
  outcome: string | undefined;
  error: { code: string; message: string; step?: string } | null;
}

/** One server's update, with one fault at one place, and a client that is started again if it was killed. */
async function suffer(
  at: string,
  fault: Fault | null,
  { sick = false, during = 'install', armed = false, window = {} } = {},
): Promise<End> {
  const fleet = fleetOf({ s: { servers: 1, ...(sick && { onFailure: 'roll-back' }), ...window } });
  const [server] = servers(fleet);
  if (server === undefined) throw new Error('no server');
  const times = armed && { startsAt: inSeconds(3), startsBy: inSeconds(60) };
  const plan = planOf(
    [planned(server.id, { from: oldVersion, to: newVersion, path: [newVersion], ...times })],
    { s: 1 },
    { ...(armed && { armed }) },
  );
  const journal: FleetEvent[] = [];
  let generation = 0;
  let struck = false;
  let result: Promise<unknown> = Promise.resolve();

  const strike = (): void => {
    struck = true;
    switch (fault) {
      case 'client killed':
        generation++;
        result = begin();
        break;
      case 'link cut':
        return machine.cutLink();
      case 'power-cycled':
        return machine.powerCycle();
      case 'disk full':
        return machine.fillDisk();
      case null:
        return;
    }
  };
  const machine = new Machine({ ...server, returnMinutes: 1 }, sick, (step, action) => {
    if (!struck && step === at && action === during) strike();
  });

  async function begin(): Promise<unknown> {
    const mine = ++generation;
    const alive = <T>(value: T): Promise<T> => (mine === generation ? Promise.resolve(value) : forever);
    const link = { server: machine.server, machine, close: () => undefined } as unknown as Link;
    const get = async (): Promise<Link> => {
      await alive(undefined);
      machine.reach();
      return link;
    };
    const resumed = journal.length > 0;
    return carryOut({
      ...{ id: 'r', fleet, by: 'tester@desk', resumed },
      plan: resumed ? remainingPlan(journal) : plan,
      ...(resumed && { before: beforeOf(journal) }),
      links: {
        get,
        fresh: get,
        sshArguments: () => Promise.resolve([]),
        drop: () => undefined,
        dispose: () => undefined,
      } satisfies Links,
      library: { list: () => Promise.resolve([info]), path: () => '/new.bin' } as unknown as Library,
      supplies: {
        known: () => Promise.resolve({ packages: [info], silent: new Map() }),
        fetch: () => Promise.resolve(),
      } as unknown as Supplies,
      journal: {
        append: async (event: FleetEvent) => {
          await alive(undefined);
          if (event.type !== 'progress') journal.push(event);
        },
      } as unknown as Journal,
      emit: () => undefined,
      now: () => new Date(),
      cancel: new AbortController().signal,
      detach: new AbortController().signal,
    });
  }

  if (at === 'queued') {
    // The rollout has begun, and nothing was done on the server.
    if (fault === 'client killed') journal.push(started(plan));
    else strike();
  }
  result = begin();
  // Whoever was killed never ends; the one who goes on does.
  const over = async (): Promise<void> => {
    while (lastOf(journal, 'rollout-finished') === undefined)
      await new Promise((next) => setTimeout(next, 5));
  };
  await over();
  await result;
  const end = lastOf(journal, 'server-finished');
  return { machine, events: journal, outcome: end?.outcome, error: end?.error ?? null };
}

const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();

const started = (plan: ReturnType<typeof planOf>): FleetEvent => ({
  ...{
    at: new Date().toISOString(),
    rollout: 'r',
    type: 'rollout-started',
    action: 'install',
    resumed: false,
  },
  ...{ fleet: '/site/fleet.jsonc', by: 'tester@desk', plan },
});

/** What a person finds: exactly one of these three. */
function found({ machine, outcome, error }: End): string {
  const version = machine.version === newVersion ? 'new' : 'old';
  if (outcome === 'done' && error === null && machine.healthy) return `${version} and healthy`;
  if (outcome === 'failed' && error !== null && error.message !== '')
    return `flagged: ${error.code}${error.step === undefined ? '' : ` in ${error.step}`}, ${version}${machine.healthy ? ' and healthy' : ''}`;
  return `nameless: ${outcome} ${JSON.stringify(error)}`;
}

/** Behind the restart nothing is written any more, so a full disk stops nothing there. */
const fullDisk: Record<string, string> = {
  queued: 'flagged: space in download, old and healthy',
  downloading: 'flagged: space in download, old and healthy',
  'check-space': 'flagged: space in check-space, old and healthy',
  backup: 'flagged: job.failed in backup, old and healthy',
  place: 'flagged: job.failed in place, old and healthy',
  record: 'flagged: job.failed in record, old and healthy',
};

describe.concurrent('the crash table', () => {
  for (const at of places)
    for (const fault of faults) {
      const away = at === 'queued' && (fault === 'link cut' || fault === 'power-cycled');
      const expected = away
        ? // Never reached, it is down, not lost: nobody waits for it.
          `flagged: ${fault === 'link cut' ? 'link.lost' : 'host.refused'}, old`
        : ((fault === 'disk full' ? fullDisk[at] : undefined) ?? 'new and healthy');
      it(`${at}, ${fault}: ${expected}`, { timeout: 30_000 }, async () => {
        const end = await suffer(at, fault);
        expect(away ? found(end).replace(/ and healthy$/, '') : found(end)).toBe(expected);
        if (end.machine.job !== null) expect(end.machine.job.exit).not.toBeNull();
        // One update that took is one entry; one that did not, none.
        const took = end.machine.version === newVersion;
        expect(end.machine.entries.map(({ version }) => version)).toEqual([
          oldVersion,
          ...(took ? [newVersion] : []),
        ]);
      });
    }
});

describe.concurrent('while a failed update is taken back', () => {
  for (const at of jobSteps)
    for (const fault of faults) {
      const isFull = fault === 'disk full' && fullDisk[at] !== undefined;
      it(
        `${at}, ${fault}: ${isFull ? 'rollback-failed' : 'old and healthy'}, and flagged`,
        { timeout: 30_000 },
        async () => {
          const end = await suffer(at, fault, { sick: true, during: 'rollback' });
          const last = lastOf(end.events, 'server-finished');
          expect(last?.outcome).toBe('failed');
          expect(end.error?.message).toContain('s-0 failed in check-service: the service failed');
          if (isFull) {
            expect(last?.status).toBe('rollback-failed');
            expect(end.error?.message).toContain('Its rollback failed too');
            return;
          }
          expect(found(end)).toMatch(/^flagged: .*, old and healthy$/);
          expect(end.error?.message).toContain(`It was rolled back to ${oldVersion}`);
          expect(end.machine.entries.map(({ version }) => version)).toEqual([oldVersion]);
        },
      );
    }
});

describe.concurrent('while an armed install waits for its time', () => {
  for (const fault of faults) {
    const expected = fault === 'disk full' ? fullDisk['check-space'] : 'new and healthy';
    it(`${fault}: ${expected}`, { timeout: 30_000 }, async () => {
      const end = await suffer('wait', fault, { armed: true });
      expect(found(end)).toBe(expected);
      const waited = end.machine.job?.lines.filter(({ step }) => step === 'wait').map(({ event }) => event);
      expect(waited).toEqual(fault === 'power-cycled' ? ['begin', 'begin', 'end'] : ['begin', 'end']);
    });
  }
});

describe.concurrent('an armed install that fails behind its restart', () => {
  it('is taken back at once by whoever watches', async () => {
    const end = await suffer('', null, { armed: true, sick: true });
    expect(found(end)).toMatch(/^flagged: .*, old and healthy$/);
    expect(end.error?.message).toContain(`It was rolled back to ${oldVersion}.`);
  });

  it('is left as it is while its maintenance window is shut', async () => {
    // One minute of the week, three days from now.
    const day = new Intl.DateTimeFormat('en', { weekday: 'short', timeZone: 'UTC' });
    const days = [day.format(Date.now() + 3 * 86_400_000).toLowerCase()];
    const window = { window: { from: '03:00', to: '03:01', days, timeZone: 'UTC' } };
    const end = await suffer('', null, { armed: true, sick: true, window });
    expect(found(end)).toBe('flagged: verify.service in check-service, new');
    expect(end.error?.message).toContain('not rolled back: its maintenance window is shut');
    expect(end.machine.entries.map(({ version }) => version)).toEqual([oldVersion, newVersion]);
  });
});

it('the simulated machine is reached only while it is up', () => {
  const [server] = servers(fleetOf({ s: { servers: 1 } }));
  if (server === undefined) throw new Error('no server');
  const machine = new Machine(server, false, () => undefined);
  machine.reach();
  machine.powerCycle();
  expect(() => machine.reach()).toThrow(FleetError);
});
