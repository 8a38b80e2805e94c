import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { servers } from '../../../../src/updater/fleet/model';
import { willAct } from '../../../../src/updater/plan/plan';
import { applyEvent, initialState, type ServerState } from '../../../../src/updater/rollout/state';
import { outcomesOf, summarise } from '../../../../src/updater/rollout/summary';
import type { FleetEvent } from '../../../../src/updater/rollout/events';
import { fleetOf, planned, planOf } from '../fixtures';
import { minute } from '../stage';
import { World, type Nature } from './world';

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const nature: fc.Arbitrary<Nature> = fc.record({
  takes: fc.integer({ min: 1, max: 40 }),
  failsAt: fc.option(fc.nat(2), { nil: undefined, freq: 3 }),
  dropsAfter: fc.option(fc.nat(50), { nil: undefined, freq: 3 }),
  rollbackFails: fc.boolean(),
});

const server = fc.record({
  hops: fc.integer({ min: 1, max: 3 }),
  wave: fc.nat(2),
  leads: fc.option(fc.constant('master'), { nil: undefined, freq: 3 }),
  verdict: fc.constantFrom('ready', 'ready', 'ready', 'confirm', 'skip', 'blocked'),
  site: maybe(fc.constantFrom('pier', 'hall')),
  failoverGroup: maybe(fc.constantFrom('one', 'two')),
  window: maybe(
    fc.record({ start: fc.nat(23), hours: fc.integer({ min: 1, max: 12 }) }).map(({ start, hours }) => ({
      from: `${String(start).padStart(2, '0')}:00`,
      to: `${String((start + hours) % 24).padStart(2, '0')}:00`,
      timeZone: 'UTC',
    })),
  ),
});

const system = fc.record({
  servers: fc.array(server, { minLength: 1, maxLength: 5 }),
  width: fc.integer({ min: 1, max: 3 }),
  maxFailures: fc.oneof(fc.nat(3), fc.constantFrom('0%', '25%', '50%', '100%')),
  soakMinutes: fc.constantFrom(0, 0, 20),
  watchMinutes: fc.constantFrom(0, 0, 30),
  onFailure: fc.constantFrom('stop', 'roll-back', 'keep'),
});

/** Something that happens so many minutes after the one before. */
const happening = fc.record({
  after: fc.integer({ min: 0, max: 60 }),
  what: fc.constantFrom('pause', 'continue', 'skip', 'kill', 'kill', 'kill', 'cancel'),
  which: fc.nat(20),
});

const fleet = fc.record({
  systems: fc.array(system, { minLength: 1, maxLength: 3 }),
  maxParallel: maybe(fc.integer({ min: 1, max: 4 })),
  maxParallelPerSite: maybe(fc.integer({ min: 1, max: 2 })),
  natures: fc.array(nature, { minLength: 1, maxLength: 12 }),
  happenings: fc.array(happening, { maxLength: 6 }),
  journalTakes: fc.constantFrom(0, 1, 30),
  action: fc.constantFrom('install' as const, 'install' as const, 'rollback' as const),
});
type Given = typeof fleet extends fc.Arbitrary<infer T> ? T : never;

function worldOf(given: Given): World {
  const made = fleetOf(
    Object.fromEntries(
      given.systems.map(({ servers, width: _width, ...fields }, i) => [
        `s${i}`,
        { ...fields, servers: servers.length },
      ]),
    ),
  );
  made.maxParallel = given.maxParallel;
  made.maxParallelPerSite = given.maxParallelPerSite;
  const plans = made.systems.flatMap((one, i) =>
    one.servers.map((each, j) => {
      const fields = given.systems[i]?.servers[j];
      if (fields === undefined) throw new Error('no such server');
      const { site, failoverGroup, window, verdict, hops } = fields;
      // As plans have it: who goes first by its role has a wave of its own, and only in an install.
      const leads = given.action === 'install' ? fields.leads : undefined;
      const wave = leads === undefined ? fields.wave + 1 : 0;
      Object.assign(each, { site, failoverGroup, window });
      const path = Array.from({ length: hops }, (_, hop) => `${hop + 2}.0.0`);
      return planned(each.id, { verdict: verdict as 'ready', wave, path, ...(leads && { leads }) });
    }),
  );
  const parallel = Object.fromEntries(given.systems.map(({ width }, i) => [`s${i}`, width]));
  return new World(
    made,
    planOf(plans, parallel, { action: given.action }),
    given.natures,
    Date.parse('2026-11-21T08:00:00Z'),
    given.journalTakes,
  );
}

/** Plays all that happens, and lets whoever is left go on to the end. */
async function playOut(world: World, happenings: Given['happenings']): Promise<{ killed: boolean }> {
  let killed = false;
  world.begin();
  for (const { after, what, which } of happenings) {
    let passed = false;
    void world.clock.sleep(after * minute).then(() => (passed = true));
    await world.clock.run(() => passed || world.over);
    if (world.over) break;
    const ids = [...world.machines.keys()];
    const id = ids[which % ids.length] ?? '';
    switch (what) {
      case 'pause':
        world.control.pause('a@x');
        break;
      case 'continue':
        world.control.proceed('a@x');
        break;
      case 'skip':
        if (world.control.skippable(id)) world.control.skip(id, 'a@x', 'asked for');
        break;
      case 'cancel':
        world.cancel.abort();
        break;
      case 'kill':
        killed = true;
        world.kill();
        world.begin();
    }
  }
  // Whatever was paused is let go on in the end, else it would wait for ever.
  let hours = 0;
  while (!world.over && hours < 24 * 30) {
    let passed = false;
    world.control.proceed('a@x');
    void world.clock.sleep(60 * minute).then(() => (passed = true));
    await world.clock.run(() => passed || world.over);
    hours++;
  }
  return { killed };
}

const fold = (world: World, events: readonly FleetEvent[]): ServerState[] =>
  [...initialState(world.fleet, '').values()].map((state) => events.reduce(applyEvent, state));

describe('a rollout, whatever happens', () => {
  it(
    'never breaks a limit, a window or a pause, and every server ends by name',
    { timeout: 120_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(fleet, async (given) => {
          const world = worldOf(given);
          const { killed } = await playOut(world, given.happenings);
          expect(world.broken).toEqual([]);
          expect(world.over).toBe(true);
          const outcomes = outcomesOf(world.journal);
          for (const { id } of servers(world.fleet)) expect(outcomes.get(id), id).toEqual(expect.any(String));
          expect(summarise('r', world.journal, false)?.state).not.toBe('interrupted');
          // What the journal says is true on the servers.
          for (const one of world.plan.servers.filter(willAct)) {
            const machine = world.machines.get(one.id);
            if (outcomes.get(one.id) === 'done') expect(machine?.hopsDone).toBe(machine?.hops);
            expect(machine?.job ?? null, `a job on ${one.id} after the end`).toBeNull();
          }
          // Faces that heard all of it and those that read it later show the same.
          const live = fold(world, world.emitted);
          const read = fold(world, world.journal);
          if (!killed) expect(read).toEqual(live);
          else expect(read.map(({ id, rollout }) => [id, rollout])).toEqual(live.map(({ id }) => [id, null]));
        }),
        { numRuns: Number(process.env.VMS_FLEET_MODEL_RUNS ?? 150) },
      );
    },
  );
});
