import { describe, expect, it } from 'vitest';
import { serverCapabilities } from '../../../src/vscode/capabilities';
import { facts, state } from './fixtures';

describe('what is offered for a server', () => {
  it('offers only cancelling while a rollout works on it', () => {
    expect(
      serverCapabilities(state({ status: 'installing', rollout: 'r', facts, rollback: ['1.4.0'] })),
    ).toEqual(['server', 'running']);
  });

  it('offers cancelling where a job runs that nobody here works on', () => {
    const job = {
      ...{ id: 'r-1', action: 'install' as const, to: null, by: 'sam@desk', since: 0 },
      ...{ state: 'running' as const, step: 'wait', message: null },
    };
    expect(serverCapabilities(state({ status: 'queued', facts: { ...facts, job } }))).toContain('running');
    const ended = { ...job, state: 'done' as const };
    expect(serverCapabilities(state({ facts: { ...facts, job: ended } }))).not.toContain('running');
  });

  it('offers the likely next step', () => {
    expect(serverCapabilities(state({ status: 'not-downloaded', facts }))).toContain('next-download');
    expect(serverCapabilities(state({ status: 'loaded', facts }))).toContain('next-install');
    expect(serverCapabilities(state({ status: 'failed', facts }))).toContain('next-resume');
    expect(serverCapabilities(state({ status: 'installed', facts })).join(' ')).not.toContain('next-');
  });

  it('offers no next step that a rule blocks', () => {
    const reasons = [{ rule: 'r', severity: 'block' as const, message: 'm' }];
    expect(serverCapabilities(state({ status: 'loaded', facts, reasons })).join(' ')).not.toContain('next-');
  });

  it('offers a rollback only where there is a history, and nothing that an unsupported server cannot do', () => {
    expect(serverCapabilities(state({ status: 'installed', facts }))).not.toContain('rollbackable');
    expect(serverCapabilities(state({ status: 'installed', facts, rollback: ['1'] }))).toContain(
      'rollbackable',
    );
    expect(serverCapabilities(state({ status: 'unsupported', facts }))).toEqual(['server']);
  });
});
