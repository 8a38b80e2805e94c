import { describe, expect, it } from 'vitest';
import type { FleetEvent } from '../../../src/updater/rollout/events';
import { LogTail } from '../../../src/vscode/log-tail';

const log = (server: string, message: string): FleetEvent => ({
  type: 'log',
  at: '2026-11-28T01:02:03.000Z',
  server,
  level: 'info',
  step: 'stop',
  message,
});

describe('the tail of the log', () => {
  it('is told server by server', () => {
    const tail = new LogTail();
    expect(tail.event(log('a', 'one'))).toBe('a');
    tail.event(log('b', 'two'));
    tail.event({ type: 'checking', at: '', server: 'a' });
    expect(tail.of(new Set(['a']))).toBe('2026-11-28T01:02:03.000Z [info] [a] stop: one\n');
    expect(tail.of(new Set(['a', 'b'])).split('\n')).toHaveLength(3);
    expect(tail.of(new Set(['c']))).toBe('');
  });

  it('forgets the oldest lines, and never grows beyond its bound', () => {
    const tail = new LogTail(100);
    for (let n = 0; n < 1000; n++) tail.event(log('a', `line ${n}.`));
    const lines = tail
      .of(new Set(['a']))
      .trimEnd()
      .split('\n');
    expect(lines.length).toBeLessThanOrEqual(100);
    expect(lines.length).toBeGreaterThanOrEqual(50);
    expect(lines.at(-1)).toContain('line 999.');
  });
});
