import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { servers } from '../../../src/updater/fleet/model';
import { openLibrary } from '../../../src/updater/packages/library';
import { RolloutDesk } from '../../../src/updater/rollout/desk';
import type { FleetEvent } from '../../../src/updater/rollout/events';
import { readJournal } from '../../../src/updater/rollout/journal';
import { ownerOf } from '../../../src/updater/rollout/owner';
import { request, takeRequests } from '../../../src/updater/rollout/requests';
import { Supplies } from '../../../src/updater/rollout/supply';
import { goesOnUnasked, outcomesOf } from '../../../src/updater/rollout/summary';
import type { Links } from '../../../src/updater/targets/link';
import { fleetOf, planned, planOf, scratch } from './fixtures';

const now = new Date('2026-11-21T12:00:00Z');
/** Closed at noon: its servers wait, and nobody need be reached. */
const window = { from: '22:00', to: '23:00', timeZone: 'UTC' };

function deskIn(dir: string, by: string) {
  const fleet = fleetOf({ s: { servers: 3, window } });
  const events: FleetEvent[] = [];
  const left: string[] = [];
  const letGo = new AbortController();
  const library = openLibrary(dir);
  const desk = new RolloutDesk({
    ...{ dir, by, library, links: {} as Links },
    fleet: () => fleet,
    supplies: new Supplies(library, () => fleet),
    emit: (event) => events.push(event),
    now: () => now,
    ask: () => Promise.resolve(new Map()),
    onLeft: (id) => left.push(id),
    letGo: letGo.signal,
  });
  const plan = planOf(
    servers(fleet).map(({ id }) => planned(id)),
    { s: 1 },
    { action: 'restart' },
  );
  const begun = async (count = 3): Promise<string> => {
    const waiting = () => events.filter((event) => event.type === 'status' && event.status === 'queued');
    await vi.waitFor(() => expect(waiting().length).toBeGreaterThanOrEqual(count), 10_000);
    return waiting()[0]?.rollout ?? '';
  };
  return { desk, events, left, letGo, plan, begun };
}

const asked = (events: readonly FleetEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'rollout-asked' ? [`${event.ask} ${event.by}`] : []));

describe('two desks over the same journals', () => {
  it('work on one rollout: what one is asked, the other does', async () => {
    const dir = await scratch();
    const [mine, other] = [deskIn(dir, 'a@x'), deskIn(dir, 'b@y')];
    const rollout = mine.desk.run(mine.plan);
    const id = await mine.begun();
    await expect(other.desk.resume(id)).rejects.toMatchObject({ code: 'job.busy' });
    await other.desk.pause(id);
    await vi.waitFor(() => expect(asked(mine.events)).toEqual(['pause b@y']), 10_000);
    expect(await other.desk.list()).toMatchObject([{ id, state: 'running', asked: 'pause' }]);
    await other.desk.proceed(id);
    await other.desk.skip(id, 's-0', 'a camera is being repaired');
    await expect(other.desk.skip(id, 's-9', 'x')).rejects.toMatchObject({ code: 'usage' });
    await expect(mine.desk.skip(id, 's-9', 'x')).rejects.toMatchObject({ code: 'usage' });
    await vi.waitFor(() => expect(outcomesOf(mine.events).get('s-0')).toBe('skipped'), 10_000);
    await expect(other.desk.skip(id, 's-0', 'x')).rejects.toMatchObject({ code: 'usage' });
    await other.desk.cancel(id);
    expect(await rollout).toMatchObject({ id, outcome: 'cancelled' });
    expect(asked(mine.events)).toEqual(['pause b@y', 'continue b@y', 'cancel b@y']);
    expect(await other.desk.list()).toMatchObject([{ id, state: 'cancelled' }]);
    await expect(other.desk.pause(id)).rejects.toMatchObject({ code: 'usage' });
    await expect(other.desk.proceed('20260101T000000-abcdef')).rejects.toMatchObject({ code: 'usage' });
  });

  it('a rollout that one has let go of is nobody’s once that one has settled', async () => {
    const dir = await scratch();
    const [mine, other] = [deskIn(dir, 'a@x'), deskIn(dir, 'b@y')];
    const rollout = mine.desk.run(mine.plan);
    const id = await mine.begun();
    mine.letGo.abort();
    await mine.desk.settled();
    expect(await ownerOf(dir, id)).toBeNull();
    expect(await rollout).toMatchObject({ letGo: true });
    await other.desk.cancel(id);
    expect(await other.desk.list()).toMatchObject([{ id, state: 'cancelled' }]);
  });

  it('take over from each other: paused it stays paused unasked, by hand it goes on; what was skipped stays out', async () => {
    const dir = await scratch();
    const first = deskIn(dir, 'a@x');
    const rollout = first.desk.run(first.plan);
    const id = await first.begun();
    await first.desk.pause(id);
    await vi.waitFor(() => expect(asked(first.events)).toHaveLength(1));
    first.letGo.abort();
    await rollout;
    const [left] = await first.desk.list();
    expect(left).toMatchObject({ state: 'interrupted', asked: 'pause' });
    expect(left && goesOnUnasked(left, now)).toBe(true);
    expect(left && goesOnUnasked(left, new Date(now.getTime() + 13 * 3600_000))).toBe(false);
    expect(left && goesOnUnasked({ ...left, asked: 'cancel' }, now)).toBe(false);

    await first.desk.skip(id, 's-1', 'out of order');
    const second = deskIn(dir, 'b@y');
    const unasked = second.desk.resume(id, { unasked: true });
    await second.begun(2);
    expect(asked(second.events)).toEqual([]);
    expect(second.events[0]).toMatchObject({ type: 'rollout-started', resumed: true });
    second.letGo.abort();
    await unasked;

    const third = deskIn(dir, 'c@z');
    const byHand = third.desk.resume(id, { servers: ['s-2'] });
    await third.begun(1);
    await vi.waitFor(() => expect(asked(third.events)).toEqual(['continue c@z']));
    await third.desk.cancel(id);
    await byHand;
    const outcomes = outcomesOf(await readJournal(dir, id));
    expect([outcomes.get('s-1'), outcomes.get('s-2')]).toEqual(['skipped', 'cancelled']);
  });
});

describe('a desk whose rollout breaks off', () => {
  it('says that nobody works on it any more: another process has taken it over', async () => {
    const dir = await scratch();
    const mine = deskIn(dir, 'a@x');
    const rollout = mine.desk.run(mine.plan);
    const id = await mine.begun();
    await writeFile(join(dir, `${id}.owner`), String(process.ppid));
    // What the other is asked is left to it.
    await request(dir, id, { ask: 'cancel', by: 'b@y' });
    await new Promise((next) => setTimeout(next, 1_500));
    expect(await takeRequests(dir, id)).toHaveLength(1);
    await mine.desk.pause(id);
    await expect(rollout).rejects.toMatchObject({ code: 'job.busy' });
    expect(mine.left).toEqual([id]);
  });

  it('says nothing of the kind where it ends, or is let go of', async () => {
    const dir = await scratch();
    const mine = deskIn(dir, 'a@x');
    const rollout = mine.desk.run(mine.plan);
    await mine.desk.cancel(await mine.begun());
    await rollout;
    const second = mine.desk.run(mine.plan);
    await mine.begun(6);
    mine.letGo.abort();
    await second;
    expect(mine.left).toEqual([]);
  });
});
