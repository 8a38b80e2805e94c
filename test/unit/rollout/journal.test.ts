import { spawnSync } from 'node:child_process';
import { appendFile, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FleetEvent } from '../../../src/updater/rollout/events';
import {
  cancelRequested,
  Journal,
  listJournals,
  ownerOf,
  readJournal,
  requestCancel,
} from '../../../src/updater/rollout/journal';
import { adoptedPlan, remainingPlan } from '../../../src/updater/rollout/resume';
import { summaries, summarise } from '../../../src/updater/rollout/summary';
import type { Facts } from '../../../src/updater/targets/facts';
import { at, fleetOf, planned, planOf, scratch } from './fixtures';

const log = (message: string): FleetEvent => ({
  at: at(0),
  rollout: 'r',
  type: 'log',
  server: 's-0',
  step: null,
  level: 'info',
  message,
});

describe('a journal', () => {
  it('keeps every event but progress, in order, over reopening', async () => {
    const dir = await scratch();
    const one = await Journal.open(dir, 'r');
    await Promise.all([
      one.append(log('1'), true),
      one.append({ at: at(0), type: 'progress', server: 's-0', step: 'x', done: 1, total: 2 }, false),
      one.append(log('2'), false),
    ]);
    await one.close();
    const two = await Journal.open(dir, 'r');
    await two.append(log('3'), true);
    await two.close();
    expect(await readJournal(dir, 'r')).toEqual([log('1'), log('2'), log('3')]);
    expect((await readFile(join(dir, 'r.jsonl'), 'utf8')).split('\n')[0]).toBe(
      '{"journal":"vms-fleet-rollout","version":1}',
    );
  });

  it('goes on behind a torn line and passes over garbage', async () => {
    const dir = await scratch();
    const one = await Journal.open(dir, 'r');
    await one.append(log('1'), true);
    await one.close();
    await appendFile(join(dir, 'r.jsonl'), 'null\n[]\n17\n"type"\n\0\0\0\n\n{"type":');
    const two = await Journal.open(dir, 'r');
    await two.append(log('2'), true);
    await two.close();
    expect(await readJournal(dir, 'r')).toEqual([log('1'), log('2')]);
  });

  it.each(['', '..', '../r', 'a/b', 'a\0b', 'x'.repeat(90)])('of the name %j is unknown', async (id) => {
    await expect(readJournal(await scratch(), id)).rejects.toMatchObject({ code: 'rollout.unknown' });
  });

  it('does not take the others down with a file of a foreign name, or one without a beginning', async () => {
    const dir = await scratch();
    const one = await Journal.open(dir, '20260101-a');
    await one.append(
      {
        at: at(1),
        rollout: '20260101-a',
        type: 'rollout-started',
        action: 'install',
        fleet: 'f',
        by: 'b',
        plan: planOf([planned('s-0')], { s: 1 }),
        resumed: false,
      },
      true,
    );
    await one.close();
    await writeFile(join(dir, 'copy of (1).jsonl'), '');
    await writeFile(join(dir, '20260102-b.jsonl'), '{"journal":"vms-fleet-rollout","version":1}\n');
    expect(await listJournals(dir)).toEqual(['20260102-b', '20260101-a']);
    expect((await summaries(dir)).map(({ id, state }) => [id, state])).toEqual([
      ['20260101-a', 'interrupted'],
    ]);
    expect(await listJournals(join(dir, 'none'))).toEqual([]);
  });

  it('writes on after a line that could not be written, and always lets go of its rollout', async () => {
    const dir = await scratch();
    const one = await Journal.open(dir, 'r');
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    await expect(one.append(circle as unknown as FleetEvent, true)).rejects.toThrow();
    await one.append(log('1'), true);
    await one.close();
    expect(await readJournal(dir, 'r')).toEqual([log('1')]);
    expect(await ownerOf(dir, 'r')).toBeNull();
  });
});

describe('the owner of a rollout', () => {
  it('is the process that has its journal open', async () => {
    const dir = await scratch();
    const one = await Journal.open(dir, 'r');
    expect(await ownerOf(dir, 'r')).toBe(process.pid);
    await one.close();
    expect(await ownerOf(dir, 'r')).toBeNull();
  });

  it('is nobody when its process is dead, or the word is none', async () => {
    const dir = await scratch();
    const { pid } = spawnSync('true');
    for (const word of [String(pid), '', '0', '-1', '1.5', 'x', '99999999999999999999']) {
      await writeFile(join(dir, 'r.owner'), word);
      expect(await ownerOf(dir, 'r'), word).toBeNull();
    }
  });

  it('is nobody when its number has passed to another process', async () => {
    const dir = await scratch();
    // As after a restart of the workstation: the number lives, but nobody has given a sign of life for long.
    await writeFile(join(dir, 'r.owner'), String(process.ppid));
    expect(await ownerOf(dir, 'r')).toBe(process.ppid);
    const old = new Date(Date.now() - 10 * 60_000);
    await utimes(join(dir, 'r.owner'), old, old);
    expect(await ownerOf(dir, 'r')).toBeNull();
  });

  it('is asked to cancel once', async () => {
    const dir = await scratch();
    expect(await cancelRequested(dir, 'r')).toBe(false);
    await requestCancel(dir, 'r');
    await requestCancel(dir, 'r');
    expect(await cancelRequested(dir, 'r')).toBe(true);
    expect(await cancelRequested(dir, 'r')).toBe(false);
  });
});

const plan = planOf(
  ['s-0', 's-1', 's-2', 's-3', 's-4'].map((id) => planned(id)).concat(planned('s-5', { verdict: 'blocked' })),
  { s: 2 },
);
const started = (
  second: number,
  over: Partial<FleetEvent & { type: 'rollout-started' }> = {},
): FleetEvent => ({
  at: at(second),
  rollout: 'r',
  type: 'rollout-started',
  action: 'install',
  fleet: 'f',
  by: 'b',
  plan,
  resumed: false,
  ...over,
});
const finished = (
  server: string,
  outcome: 'done' | 'failed' | 'cancelled' | 'not-started' | 'skipped' | 'blocked',
): FleetEvent => ({
  at: at(5),
  rollout: 'r',
  type: 'server-finished',
  server,
  outcome,
  status: 'unknown',
  error: null,
});

describe('going on', () => {
  it('takes the servers that are not done, whatever came of them', () => {
    const events = [
      started(1),
      finished('s-5', 'blocked'),
      finished('s-0', 'done'),
      finished('s-1', 'failed'),
      finished('s-2', 'cancelled'),
      finished('s-3', 'not-started'),
    ];
    expect(remainingPlan(events).servers.map(({ id }) => id)).toEqual(['s-1', 's-2', 's-3', 's-4']);
    const left = planOf([planned('s-1'), planned('s-2')], { s: 2 });
    const again = [
      ...events,
      started(6, { plan: left, resumed: true }),
      finished('s-1', 'done'),
      finished('s-2', 'failed'),
    ];
    expect(remainingPlan(again).servers.map(({ id }) => id)).toEqual(['s-2', 's-3', 's-4']);
    expect(remainingPlan(again).parallel).toEqual({ s: 2 });
  });

  it('has nothing to do where all are done, and no plan without a beginning', () => {
    const all = ['s-0', 's-1', 's-2', 's-3', 's-4'].map((id) => finished(id, 'done'));
    expect(() => remainingPlan([started(1), finished('s-5', 'blocked'), ...all])).toThrow(
      'nothing to go on with',
    );
    expect(() => remainingPlan([])).toThrow('no beginning');
  });

  it('sums up the last run', () => {
    const events = [
      started(1),
      finished('s-0', 'done'),
      started(6, { resumed: true, plan: planOf([planned('s-1')], { s: 2 }) }),
    ];
    expect(summarise('r', events, true)).toMatchObject({
      state: 'running',
      startedAt: at(1),
      finishedAt: null,
      servers: [{ id: 's-1', outcome: null }],
    });
    expect(summarise('r', events, false)?.state).toBe('interrupted');
    expect(summarise('r', [], true)).toBeUndefined();
  });

  const facts = (id: string, state: 'running' | 'interrupted' | 'done'): Facts => ({
    os: { family: 'linux', name: 'Debian' },
    arch: 'x64',
    bootId: null,
    freeBytes: { system: 0, state: 0 },
    installed: { version: '1.0.0' },
    loaded: [],
    history: [],
    job: { id, action: 'rollback', to: '0.9.0', state, by: 'b', since: 1, step: null, message: null },
  });

  it('adopts a rollout from the servers that work on it', () => {
    const fleet = fleetOf({ s: { servers: 5 } });
    const answered = new Map([
      ['s-0', { facts: facts('r-1', 'running') }],
      ['s-1', { facts: facts('r-2', 'interrupted') }],
      ['s-2', { facts: facts('r-1', 'done') }],
      ['s-3', { facts: facts('r2-1', 'running') }],
    ]);
    const adopted = adoptedPlan(fleet, 'r', answered);
    expect(adopted).toMatchObject({ action: 'rollback', parallel: { s: 5 } });
    expect(adopted.servers.map(({ id, from, to, verdict }) => [id, from, to, verdict])).toEqual([
      ['s-0', '1.0.0', '0.9.0', 'ready'],
      ['s-1', '1.0.0', '0.9.0', 'ready'],
    ]);
    expect(() => adoptedPlan(fleet, 'q', answered)).toThrow('unfinished rollout q');
  });
});
