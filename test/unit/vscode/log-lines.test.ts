import { describe, expect, it } from 'vitest';
import type { FleetEvent } from '../../../src/updater/rollout/events';
import { logLine } from '../../../src/vscode/log-lines';
import { summarise } from '../../../src/vscode/summary';
import { state } from '../tree/fixtures';

const at = '2026-01-01T00:00:00Z';

describe('a line of the output channel', () => {
  it('names server and step, and is one line whatever a server says', () => {
    const event: FleetEvent = {
      at,
      type: 'log',
      server: 'a',
      step: 'swap',
      level: 'warn',
      message: 'x\n[b] swap: fine\u001b[31m',
    };
    expect(logLine(event)).toEqual({ level: 'warn', text: '[a] swap: x [b] swap: fine [31m' });
  });

  it('says cause and next step of a failure', () => {
    const error = { code: 'space' as const, message: 'No room.', hint: 'Make some.', step: 'send' };
    const event: FleetEvent = {
      at,
      rollout: 'r',
      type: 'server-finished',
      server: 'a',
      outcome: 'failed',
      status: 'failed',
      error,
    };
    expect(logLine(event)).toEqual({ level: 'error', text: '[a] send: No room. (space) Next: Make some.' });
  });

  it('leaves progress out', () => {
    expect(logLine({ at, type: 'progress', server: 'a', step: 's', done: 1, total: 2 })).toBeUndefined();
  });
});

describe('the status bar', () => {
  it('says what is being done, then what failed, else how many there are', () => {
    const busy = [
      state({ status: 'downloading', rollout: 'r' }),
      state({ status: 'queued', rollout: 'r' }),
      state(),
    ];
    expect(summarise(busy).text).toBe('$(sync~spin) VMS Fleet 1/2 downloading');
    expect(summarise([state({ status: 'failed' }), state({ status: 'installed' })])).toMatchObject({
      text: '$(error) VMS Fleet 1 failed',
      failed: 1,
      words: '1 failed, 1 installed',
    });
    expect(summarise([state({ status: 'installed' })]).text).toBe('$(check) VMS Fleet 1');
  });
});
