import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { servers } from '../../../../src/updater/fleet/model';
import type { Library } from '../../../../src/updater/packages/library';
import { waveSizes } from '../../../../src/updater/plan/plan';
import type { FleetEvent, NewEvent, ServerStatus } from '../../../../src/updater/rollout/events';
import { inspectJournal, Journal } from '../../../../src/updater/rollout/journal';
import { carryOut } from '../../../../src/updater/rollout/rollout';
import { applyEvent, initialState } from '../../../../src/updater/rollout/state';
import { summarise } from '../../../../src/updater/rollout/summary';
import type { Supplies } from '../../../../src/updater/rollout/supply';
import type { Links } from '../../../../src/updater/targets/link';
import { fleetOf, planned, planOf, scratch } from '../fixtures';
import { done } from '../stage';

const many = 1000;
const steps: ServerStatus[] = ['downloading', 'installing', 'installing', 'restarting', 'verifying'];

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;
/** MiB in use after a collection. */
function memory(): number {
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

it(
  'takes a thousand servers through a rollout: memory stays flat, and faces and journal agree',
  { timeout: 120_000 },
  async () => {
    const waves = [1, '10%', '100%'];
    const fleet = fleetOf({ s: { servers: many, waves, maxParallel: 40 } });
    fleet.maxParallel = 50;
    const sizes = waveSizes({ canary: 0, waves }, many);
    expect(sizes).toEqual([1, 100, 899]);
    const waveOf = (i: number): number => (i < 1 ? 0 : i < 101 ? 1 : 2);
    const plan = planOf(
      servers(fleet).map(({ id }, i) => planned(id, { wave: waveOf(i) })),
      { s: 40 },
    );
    const dir = await scratch();
    const journal = await Journal.open(dir, 'r');
    const states = initialState(fleet, '');
    const marks: number[] = [];
    let events = 0;
    let ended = 0;
    let atWork = 0;
    let most = 0;
    const emit = (event: FleetEvent): void => {
      events++;
      if (!('server' in event)) return;
      const state = states.get(event.server);
      if (state !== undefined) states.set(event.server, applyEvent(state, event));
      if (event.type === 'server-finished' && ++ended % 250 === 0) marks.push(memory());
    };
    const before = process.cpuUsage();
    const start = performance.now();
    const result = await carryOut(
      {
        ...{ id: 'r', fleet, plan, by: 'tester@desk', resumed: false, journal, emit },
        ...{ links: {} as Links, library: {} as Library, supplies: {} as Supplies },
        now: () => new Date(),
        cancel: new AbortController().signal,
        detach: new AbortController().signal,
      },
      {
        work: async (own) => {
          const { id } = own.server;
          most = Math.max(most, ++atWork);
          const say = (event: NewEvent): Promise<void> => own.say(event);
          for (const status of steps) {
            await say({ type: 'status', server: id, status, step: status, detail: null });
            for (let part = 1; part <= 4; part++)
              await say({ type: 'progress', server: id, step: status, done: part, total: 4 });
            await say({ type: 'log', server: id, step: status, level: 'info', message: 'done' });
            await setImmediate();
          }
          atWork--;
          return done;
        },
      },
    );
    const took = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    await journal.close();

    expect(result.outcome).toBe('done');
    expect(most).toBe(40);
    expect(
      [...states.values()].every(({ status, rollout }) => status === 'installed' && rollout === null),
    ).toBe(true);
    const journalled = await inspectJournal(dir, 'r');
    expect(journalled.missing).toBe(0);
    expect(summarise('r', journalled.events, false)).toMatchObject({ state: 'done' });
    const read = initialState(fleet, '');
    for (const event of journalled.events)
      if ('server' in event) {
        const state = read.get(event.server);
        if (state !== undefined) read.set(event.server, applyEvent(state, event));
      }
    expect([...read.values()]).toEqual([...states.values()]);
    // What a rollout holds does not grow with what has happened in it.
    const [first = 0, ...later] = marks;
    for (const mark of later) expect(mark - first).toBeLessThan(16);
    console.info(
      `${events} events of ${many} servers: ${((user + system) / 1000 / events).toFixed(3)} ms of processor time each, ` +
        `${(took / events).toFixed(3)} ms each by the clock; heap after every 250 servers ${marks.map((mark) => mark.toFixed(1)).join(', ')} MiB`,
    );
  },
);
