import { spawnSync } from 'node:child_process';
import { appendFile, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FleetError } from '../../../src/updater/errors';
import type { FleetEvent } from '../../../src/updater/rollout/events';
import { inspectJournal, Journal, listJournals, readJournal } from '../../../src/updater/rollout/journal';
import { ownerOf } from '../../../src/updater/rollout/owner';
import { request, takeRequests } from '../../../src/updater/rollout/requests';
import { beforeOf, pausedBy } from '../../../src/updater/rollout/before';
import { adoptedPlan, remainingPlan } from '../../../src/updater/rollout/resume';
import { count } from '../../../src/updater/rollout/tally';
import { Summaries, summarise } from '../../../src/updater/rollout/summary';
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
      '{"journal":"vms-fleet-rollout","version":2}',
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

  it('counts its events, and knows how many are lost', async () => {
    const dir = await scratch();
    const file = join(dir, 'r.jsonl');
    for (const words of [
      ['1', '2', '3'],
      ['4', '5'],
    ]) {
      const one = await Journal.open(dir, 'r');
      await Promise.all(words.map((word) => one.append(log(word), true)));
      await one.close();
    }
    const text = await readFile(file, 'utf8');
    expect(text.split('\n').map((line) => /"n":(\d+)/.exec(line)?.[1])).toEqual(
      expect.arrayContaining(['1', '2', '3', '4', '5']),
    );
    expect(await inspectJournal(dir, 'r')).toMatchObject({ missing: 0 });
    await writeFile(file, text.replace(/.*"message":"3".*\n/, 'lost {"n":3\n'));
    expect(await inspectJournal(dir, 'r')).toEqual({ events: ['1', '2', '4', '5'].map(log), missing: 1 });
  });

  it('of the first version is read and gone on with; of a later one it is refused and left alone', async () => {
    const dir = await scratch();
    const old = `{"journal":"vms-fleet-rollout","version":1}\n${JSON.stringify(log('1'))}\n`;
    await writeFile(join(dir, 'r.jsonl'), old);
    const one = await Journal.open(dir, 'r');
    await one.append(log('2'), true);
    await one.close();
    expect(await inspectJournal(dir, 'r')).toEqual({ events: [log('1'), log('2')], missing: 0 });
    await writeFile(join(dir, 'q.jsonl'), old.replace('"version":1', '"version":3'));
    await expect(readJournal(dir, 'q')).rejects.toMatchObject({ code: 'journal.newer' });
    await writeFile(join(dir, 'a.jsonl'), `${JSON.stringify(started(1))}\n`);
    expect((await new Summaries(dir).all()).map(({ id }) => id)).toEqual(['a']);
  });

  it('is cut anywhere by a crash: what was whole is read, and it is written on', async () => {
    const dir = await scratch();
    const one = await Journal.open(dir, 'r');
    for (const word of ['1', '2', '3']) await one.append(log(word), true);
    await one.close();
    const whole = await readFile(join(dir, 'r.jsonl'));
    const lines = whole.toString().split('\n');
    for (let size = 1; size <= whole.length; size += size > whole.length - 4 ? 1 : 17) {
      await writeFile(join(dir, 'c.jsonl'), whole.subarray(0, size));
      const again = await Journal.open(dir, 'c');
      await again.append(log('4'), true);
      await again.close();
      const { events } = await inspectJournal(dir, 'c');
      // A line counts as soon as it is whole, with or without its end.
      const kept = lines.slice(1).filter((_, i) => lines.slice(0, i + 2).join('\n').length <= size);
      const messages = events.map((event) => (event.type === 'log' ? event.message : ''));
      expect(messages, `cut at ${size}`).toEqual([
        ...['1', '2', '3'].slice(0, kept.length > 3 ? 3 : kept.length),
        '4',
      ]);
    }
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
    expect((await new Summaries(dir).all()).map(({ id, state }) => [id, state])).toEqual([
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

  it('is one of several that want it at the same time', async () => {
    const dir = await scratch();
    const opened = await Promise.allSettled(Array.from({ length: 8 }, () => Journal.open(dir, 'r')));
    const won = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const lost = opened.flatMap((one) => (one.status === 'rejected' ? [one.reason as FleetError] : []));
    expect(won).toHaveLength(1);
    expect(lost.map(({ code }) => code)).toEqual(Array(7).fill('job.busy'));
    await won[0]?.close();
    await (await Journal.open(dir, 'r')).close();
  });

  it('that was taken over writes nothing more, and leaves the other alone', async () => {
    const dir = await scratch();
    const one = await Journal.open(dir, 'r');
    await one.append(log('1'), true);
    await writeFile(join(dir, 'r.owner'), String(process.ppid));
    await request(dir, 'r', { ask: 'cancel', by: 'a@x' });
    await expect(one.append(log('2'), true)).rejects.toMatchObject({ code: 'job.busy' });
    await one.close();
    expect(await takeRequests(dir, 'r')).toEqual([{ ask: 'cancel', by: 'a@x' }]);
    expect(await readJournal(dir, 'r')).toEqual([log('1')]);
    expect(await ownerOf(dir, 'r')).toBe(process.ppid);
  });

  it('is not kept out by one that died while it was becoming the owner', async () => {
    const dir = await scratch();
    await writeFile(join(dir, 'r.claim'), '');
    const old = new Date(Date.now() - 60_000);
    await utimes(join(dir, 'r.claim'), old, old);
    await (await Journal.open(dir, 'r')).close();
  });
});

describe('what is asked of the owner', () => {
  it('is seen once, in its order, whatever else lies there', async () => {
    const dir = await scratch();
    expect(await takeRequests(dir, 'r')).toEqual([]);
    const asks = [
      { ask: 'pause', by: 'a@x' },
      { ask: 'skip', by: 'b@x', server: 's-0', why: 'it is being repaired' },
      { ask: 'continue', by: 'a@x' },
      { ask: 'cancel', by: 'a@x' },
    ] as const;
    for (const one of asks) {
      await request(dir, 'r', one);
      await new Promise((next) => setTimeout(next, 2));
    }
    await writeFile(join(dir, 'r.asks', '000-half'), '{"ask":"canc');
    for (const [i, text] of ['', '[]', 'null', '{"ask":"cancel"}', '{"ask":"format","by":"x"}'].entries())
      await writeFile(join(dir, 'r.asks', `000-${i}.json`), text);
    expect(await takeRequests(dir, 'r')).toEqual(asks);
    expect(await takeRequests(dir, 'r')).toEqual([]);
  });

  it('and came too late for it is not for the next', async () => {
    const dir = await scratch();
    await (await Journal.open(dir, 'r')).close();
    await request(dir, 'r', { ask: 'cancel', by: 'a@x' });
    const resumed = await Journal.open(dir, 'r');
    expect(await takeRequests(dir, 'r')).toEqual([]);
    await request(dir, 'r', { ask: 'cancel', by: 'a@x' });
    expect(await takeRequests(dir, 'r')).toHaveLength(1);
    await resumed.close();
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

  it('takes only those that are named, if they are not done', () => {
    const events = [started(1), finished('s-0', 'done'), finished('s-1', 'failed')];
    expect(remainingPlan(events, ['s-0', 's-1']).servers.map(({ id }) => id)).toEqual(['s-1']);
    expect(() => remainingPlan(events, ['s-0'])).toThrow('nothing to go on with on these servers');
  });

  it('knows what was done and when, what was still to be taken back, and who had paused it', () => {
    const failing = (server: string): FleetEvent => ({
      ...{ at: at(6), rollout: 'r', type: 'server-failing', server },
      error: { code: 'verify.health', message: 'not well', hint: null },
    });
    const asked = (ask: 'pause' | 'continue' | 'cancel'): FleetEvent => ({
      ...{ at: at(7), rollout: 'r', type: 'rollout-asked', ask, by: 'a@x' },
    });
    const events = [
      ...[started(1), finished('s-0', 'done'), failing('s-1'), failing('s-2'), finished('s-2', 'failed')],
      ...[failing('s-3'), finished('s-3', 'cancelled'), finished('s-5', 'blocked'), asked('pause')],
    ];
    expect(beforeOf(events).done).toEqual([{ planned: planned('s-0'), at: Date.parse(at(5)) }]);
    const status = (server: string, word: 'queued' | 'installing'): FleetEvent => ({
      ...{ at: at(2), rollout: 'r', type: 'status', server, status: word, step: null, detail: null },
    });
    const worked = [
      started(1),
      status('s-0', 'queued'),
      status('s-1', 'installing'),
      status('s-2', 'installing'),
    ];
    worked.push(status('s-3', 'installing'), finished('s-2', 'done'), status('s-3', 'queued'));
    expect([...beforeOf(worked).atWork]).toEqual(['s-1']);
    expect([...beforeOf(events).failing.keys()]).toEqual(['s-1', 's-3']);
    expect(remainingPlan(events).servers.map(({ id }) => id)).toEqual(['s-1', 's-2', 's-3', 's-4']);
    expect(pausedBy(events)).toEqual({ by: 'a@x' });
    expect(pausedBy([...events, asked('continue')])).toBeNull();
    expect(summarise('r', events, false)?.asked).toBe('pause');
    expect(summarise('r', [...events, asked('cancel')], false)?.asked).toBe('cancel');
    expect(summarise('r', [...events, started(9)], false)?.asked).toBeUndefined();
  });

  it('has nothing to do where all are done, and no plan without a beginning', () => {
    const all = ['s-0', 's-1', 's-2', 's-3', 's-4'].map((id) => finished(id, 'done'));
    const over: FleetEvent = { at: at(9), type: 'rollout-finished', outcome: 'done', counts: count([]) };
    const events = [started(1), finished('s-5', 'blocked'), ...all];
    expect(() => remainingPlan([...events, over])).toThrow('nothing to go on with');
    // It was interrupted while they were being watched.
    expect(remainingPlan(events).servers).toEqual([]);
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
      servers: [
        { id: 's-0', outcome: 'done' },
        ...['s-1', 's-2', 's-3', 's-4', 's-5'].map((id) => ({ id, outcome: null })),
      ],
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
