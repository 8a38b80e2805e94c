import { expect, it } from 'vitest';
import { rolloutDocument } from '../../../src/webview/rollout-document';
import { at, ms, part, rollout } from './fixtures';

it('reports what was done where, how long each was away, what failed and who was left out', () => {
  const phases = [
    { status: 'installing', step: 'place', detail: null, at: at(2) },
    { status: 'restarting', step: 'restart', detail: null, at: at(10) },
    { status: 'verifying', step: 'check-service', detail: null, at: at(25) },
  ] as const;
  const view = rollout(
    [
      part('box-1', { phases: [...phases], outcome: 'done', endedAt: at(30) }),
      part('box|2', {
        wave: 1,
        outcome: 'failed',
        endedAt: at(50),
        error: { message: 'The disk is <b>full</b>.', hint: 'Free space.' },
      }),
      part('box-3', { verdict: 'blocked', outcome: 'blocked' }),
    ],
    { finishedAt: at(60), outcome: 'failed' },
  );
  const text = rolloutDocument(view, 'Har*bour*', ms(999));
  expect(text).toContain('# Install 2\\.0\\.0: failed, Har\\*bour\\*');
  expect(text).toContain('after 1 min.');
  expect(text).toContain('1 of 2 servers done.');
  expect(text).toContain(
    '| box\\-1 | boxes | 0 | 1\\.0\\.0 | 2\\.0\\.0 | done | 2026-11-25T08:00:02.000Z | 28 s | 15 s |',
  );
  expect(text).toContain('- **box\\|2** The disk is \\<b\\>full\\<\\/b\\>\\. Free space\\.');
  expect(text).toContain('- box\\-3: blocked');
});

it('says of a rollout that runs that it has not ended', () => {
  const text = rolloutDocument(rollout([part('a')]), 'F', ms(5));
  expect(text).toContain('Install 2\\.0\\.0: not ended');
  expect(text).toMatch(/\| a .*not ended \| – \| 0 s \| – \|/);
});
