import { describe, expect, it } from 'vitest';
import { leftBehind, unfinished } from '../../../src/updater/rollout/left-behind';
import type { RolloutSummary } from '../../../src/updater/updater';

const rollout = (
  id: string,
  state: RolloutSummary['state'],
  servers: Record<string, string | null>,
  action: RolloutSummary['action'] = 'install',
): RolloutSummary => ({
  id,
  action,
  fleet: '/f.jsonc',
  by: 'me',
  startedAt: `2026-11-21T04:0${id}:00.000Z`,
  finishedAt: null,
  state,
  servers: Object.entries(servers).map(([server, outcome]) => ({ id: server, outcome })),
});
const ids = (...rollouts: RolloutSummary[]) => leftBehind(rollouts).map(({ id }) => id);

describe('rollouts worth going on with', () => {
  it('are those that left a server behind, newest first', () => {
    const done = rollout('1', 'done', { a: 'done', b: 'skipped' });
    const halted = rollout('2', 'failed', { c: 'failed', d: 'not-started' });
    expect(ids(done, halted, rollout('3', 'interrupted', { e: null }))).toEqual(['3', '2']);
    expect(ids(rollout('1', 'running', { a: null }))).toEqual([]);
  });

  it('are not offered once a later one has worked on all of their servers', () => {
    const cut = rollout('1', 'interrupted', { a: 'done', b: null, c: null });
    expect(ids(cut, rollout('2', 'done', { b: 'done' }))).toEqual(['1']);
    expect(ids(cut, rollout('2', 'done', { b: 'done', c: 'done' }))).toEqual([]);
    expect(ids(cut, rollout('2', 'cancelled', { b: 'cancelled', c: 'not-started' }))).toEqual(['2', '1']);
    expect(ids(cut, rollout('2', 'done', { b: 'done', c: 'done' }, 'rollback'))).toEqual([]);
  });

  it('stay when a later one did not touch their servers, for a rule blocked them', () => {
    const cut = rollout('1', 'interrupted', { a: null, b: 'done' });
    expect(ids(cut, rollout('2', 'done', { a: 'blocked', b: 'done' }))).toEqual(['1']);
    expect(ids(cut, rollout('2', 'done', { a: 'skipped' }))).toEqual([]);
  });

  it('do not stay for servers that a rule had blocked: nobody goes on with these', () => {
    const halted = rollout('1', 'failed', { a: 'failed', b: 'blocked' });
    expect(unfinished(halted)).toEqual(['a']);
    expect(ids(halted, rollout('2', 'done', { a: 'done', b: 'blocked' }))).toEqual([]);
  });

  it('stay when a later one only downloaded or restarted', () => {
    const cut = rollout('1', 'interrupted', { a: null });
    expect(ids(cut, rollout('2', 'done', { a: 'done' }, 'download'))).toEqual(['1']);
    expect(ids(cut, rollout('2', 'done', { a: 'done' }, 'restart'))).toEqual(['1']);
    const restart = rollout('1', 'interrupted', { a: null }, 'restart');
    expect(ids(restart, rollout('2', 'done', { a: 'done' }, 'restart'))).toEqual([]);
  });
});
