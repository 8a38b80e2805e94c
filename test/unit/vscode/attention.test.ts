import { describe, expect, it } from 'vitest';
import { attention } from '../../../src/vscode/attention';
import { facts, state } from '../tree/fixtures';

const error = (code: 'hostkey.changed' | 'host.timeout') => ({ code, message: 'm', hint: null });

describe('what needs a person', () => {
  it('is what failed, hangs, or has dropped out', () => {
    expect(
      attention([
        state({ status: 'failed' }),
        state({ status: 'failed' }),
        state({ status: 'rollback-failed' }),
        state({ status: 'stalled' }),
        state({ status: 'unreachable', facts }),
        state({ status: 'unreachable', error: error('hostkey.changed') }),
      ]),
    ).toEqual({
      value: 6,
      tooltip:
        '6 servers need a person: 2 failed, 1 rollback failed, 1 stalled, 1 not reachable any more, 1 with another host key',
    });
    expect(attention([state({ status: 'failed' })])?.tooltip).toBe('1 server needs a person: 1 failed');
  });

  it('is not what is being set up, worked on, or due', () => {
    const well = ['unknown', 'installed', 'not-downloaded', 'loaded', 'installing', 'unsupported'] as const;
    expect(attention(well.map((status) => state({ status })))).toBeUndefined();
    expect(attention([state({ status: 'unreachable', error: error('host.timeout') })])).toBeUndefined();
  });
});
