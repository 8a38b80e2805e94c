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
    expect(tail.event('f', log('a', 'one'))).toBe('a');
    tail.event('f', log('b', 'two'));
    tail.event('f', { type: 'checking', at: '', server: 'a' });
    expect(tail.of('f', new Set(['a']))).toBe('2026-11-28T01:02:03.000Z [info] [a] stop: one\n');
    expect(tail.of('f', new Set(['a', 'b'])).split('\n')).toHaveLength(3);
    expect(tail.of('f', new Set(['c']))).toBe('');
  });

  it('keeps servers of two fleets apart that have the same id', () => {
    const tail = new LogTail();
    tail.event('file:///a', log('srv-01', 'of A'));
    tail.event('file:///b', log('srv-01', 'of B'));
    expect(tail.of('file:///a', new Set(['srv-01']))).toBe(
      '2026-11-28T01:02:03.000Z [info] [srv-01] stop: of A\n',
    );
  });

  it('forgets the oldest lines, and never grows beyond its bound', () => {
    const tail = new LogTail(100);
    for (let n = 0; n < 1000; n++) tail.event('f', log('a', `line ${n}.`));
    const lines = tail
      .of('f', new Set(['a']))
      .trimEnd()
      .split('\n');
    expect(lines.length).toBeLessThanOrEqual(100);
    expect(lines.length).toBeGreaterThanOrEqual(50);
    expect(lines.at(-1)).toContain('line 999.');
  });
});
