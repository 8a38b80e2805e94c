import { describe, expect, it } from 'vitest';
import type { ServerRecord } from '../../../src/updater/rollout/history';
import type { RolloutSummary } from '../../../src/updater/updater';
import {
  partDescription,
  partIcon,
  partsInOrder,
  rolloutCapabilities,
  rolloutDescription,
  rolloutIcon,
  rolloutTooltip,
} from '../../../src/tree/rollout-words';
import { rolloutWords } from '../../../src/vscode/words';
import { state } from './fixtures';

const rollout = (over: Partial<RolloutSummary> = {}): RolloutSummary => ({
  ...{ id: 'r', action: 'install', fleet: '/f', by: 'me@here', to: '1.5.0', state: 'running' },
  ...{ startedAt: '2026-01-01T22:00:00Z', finishedAt: null },
  servers: ['done', 'failed', 'skipped', null].map((outcome, index) => ({ id: `s-${index}`, outcome })),
  ...over,
});
const record = (over: Partial<ServerRecord> = {}): ServerRecord => ({
  ...{ id: 's-0', system: 's', from: '1.4.2', to: '1.5.0', outcome: null, status: null, reason: null },
  ...{ startedAt: null, endedAt: null, seconds: null, recordingGapSeconds: null },
  ...over,
});

describe('a rollout in the view', () => {
  it('names what goes where, and where all go to the same which version', () => {
    expect(rolloutWords(rollout())).toEqual({ verb: 'Install 1.5.0', doing: 'Installing 1.5.0' });
    expect(rolloutWords(rollout({ to: null })).verb).toBe('Install');
    expect(rolloutWords(rollout({ action: 'restart' })).verb).toBe('Restart');
  });

  it('counts those that it acts on, and says how the others ended', () => {
    expect(rolloutDescription(rollout())).toMatch(
      /^running · 1 of 3 done, 1 failed, 1 skipped · .+ · me@here$/,
    );
    expect(rolloutDescription(rollout({ asked: 'pause' }))).toMatch(/^paused · /);
    expect(rolloutDescription(rollout({ asked: 'cancel' }))).toMatch(/^being cancelled · /);
    expect(rolloutDescription(rollout({ state: 'interrupted', damaged: true }))).toMatch(
      /^interrupted, journal damaged · /,
    );
  });

  it('is armed where nobody watches and all that is open begins by itself', () => {
    const servers = [
      { id: 'a', outcome: 'done' },
      { id: 'b', outcome: 'armed' },
    ];
    const armed = rollout({ state: 'interrupted', servers });
    expect(rolloutDescription(armed)).toMatch(/^armed · 1 of 2 done, 1 armed · /);
    expect(rolloutIcon(armed).id).toBe('clock');
    const left = rollout({ state: 'interrupted', servers: [...servers, { id: 'c', outcome: null }] });
    expect(rolloutDescription(left)).toMatch(/^interrupted · /);
    expect(
      partDescription({ outcome: 'armed', record: record(), state: undefined, isOpen: false }),
    ).toContain('armed');
  });

  it('offers what can be done with it now', () => {
    expect(rolloutCapabilities(rollout(), true)).toEqual(['rollout', 'running', 'pausable']);
    expect(rolloutCapabilities(rollout({ asked: 'pause' }), false)).toEqual(['rollout', 'running', 'paused']);
    expect(rolloutCapabilities(rollout({ asked: 'cancel' }), true)).toEqual(['rollout']);
    expect(rolloutCapabilities(rollout({ state: 'failed' }), true)).toEqual(['rollout', 'resumable']);
    expect(rolloutCapabilities(rollout({ state: 'done' }), false)).toEqual(['rollout']);
    expect(rolloutIcon(rollout({ asked: 'pause' })).id).toBe('debug-pause');
    expect(rolloutIcon(rollout({ state: 'failed' })).id).toBe('error');
  });

  it('has a tooltip that is text whatever stands in the journal', () => {
    expect(rolloutTooltip(rollout({ by: '[x](command:y)' }), 'F')).toContain('By: \\[x\\]\\(command\\:y\\)');
  });
});

describe('a server in it', () => {
  const part = (over: object) => ({
    outcome: null,
    record: record(),
    state: undefined,
    isOpen: true,
    ...over,
  });

  it('says what is being done, else how it ended and why, and how long it was away', () => {
    expect(partDescription(part({ state: state({ status: 'restarting', detail: 'away' }) }))).toBe(
      'restarting: away · 1.4.2 → 1.5.0',
    );
    expect(partDescription(part({}))).toBe('waiting · 1.4.2 → 1.5.0');
    expect(partDescription(part({ isOpen: false }))).toBe('not ended · 1.4.2 → 1.5.0');
    const done = record({ seconds: 200, recordingGapSeconds: 65 });
    expect(partDescription(part({ outcome: 'done', record: done }))).toBe(
      'done · 1.4.2 → 1.5.0 · 3 min 20 s · without recording 1 min 5 s',
    );
    const failed = record({ from: null, reason: 'No space.' });
    expect(partDescription(part({ outcome: 'failed', record: failed, isOpen: false }))).toBe(
      'failed · No space. · nothing → 1.5.0',
    );
    expect(partIcon(part({ outcome: 'failed' })).id).toBe('error');
    expect(partIcon(part({})).id).toBe('clock');
  });

  it('stands at the top where it failed, once the rollout is over', () => {
    const ends = [
      record({ id: 'a', outcome: 'done' }),
      record({ id: 'b', outcome: 'failed' }),
      record({ id: 'c' }),
    ];
    const ids = (list: ServerRecord[]) => list.map(({ id }) => id).join('');
    expect(ids(partsInOrder(ends, 'failed'))).toBe('bca');
    expect(ids(partsInOrder(ends, 'running'))).toBe('abc');
  });
});
