import { describe, expect, it } from 'vitest';
import { summarise } from '../../../src/vscode/summary';
import { state } from '../tree/fixtures';

describe('the fleet at a glance', () => {
  const installed = state({ status: 'installed' });

  it('has a tick only where every server is as the fleet file wants it', () => {
    expect(summarise([installed, installed]).text).toBe('$(check) VMS Fleet 2');
    expect(summarise([installed, state({ status: 'loaded' })]).text).toBe(
      '$(arrow-circle-up) VMS Fleet 1 to update',
    );
    expect(summarise([installed, state({ status: 'unsupported' })]).text).toBe('$(server) VMS Fleet 2');
    expect(summarise([]).text).toBe('$(server) VMS Fleet 0');
  });

  it('says first what is being done, then what failed, then who is away', () => {
    const failed = state({ status: 'failed' });
    const away = state({ status: 'unreachable' });
    const acting = state({ status: 'restarting', rollout: 'r' });
    expect(summarise([failed, away, acting]).text).toBe('$(sync~spin) VMS Fleet 1/1 restarting');
    expect(summarise([failed, away]).text).toBe('$(error) VMS Fleet 1 failed');
    expect(summarise([installed, away]).text).toBe('$(warning) VMS Fleet 1 unreachable');
    expect(summarise([installed, failed, away]).words).toBe('1 installed, 1 failed, 1 unreachable');
  });
});
