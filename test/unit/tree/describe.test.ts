import { describe, expect, it } from 'vitest';
import { describeServer, moduleRows, percent, serverIcon, serverTooltip } from '../../../src/vscode/describe';
import { serverStatuses } from '../../../src/updater/rollout/events';
import { box, facts, state } from './fixtures';

describe('what stands behind a server', () => {
  it('says version, target and status in words', () => {
    expect(describeServer(box, state())).toBe('not asked yet');
    const modules = { 'com.banalytics.box:core': '1.4.2', 'com.banalytics.box.module:onvif': '1.2.0' };
    const there = state({ status: 'installed', version: '1.4.2', facts: { ...facts, modules } });
    expect(describeServer(box, there)).toBe('1.4.2 · installed');
    const older = { ...facts, modules: { ...modules, 'com.banalytics.box.module:onvif': '1.1.0' } };
    expect(describeServer(box, state({ status: 'loaded', version: '1.4.2', facts: older }))).toBe(
      '1.4.2 · 1 module to change · loaded',
    );
    expect(describeServer(box, state({ status: 'loaded', version: '1.4.1', facts }))).toBe(
      '1.4.1 → 1.4.2 · loaded',
    );
  });

  it('says the percent while bytes go out, and the step while installing', () => {
    const progress = { step: 'download', done: 426, total: 1000 };
    expect(describeServer(box, state({ status: 'downloading', progress }))).toBe('downloading 42 %');
    expect(describeServer(box, state({ status: 'installing', step: 'swap' }))).toBe('installing: swap');
    expect(describeServer(box, state({ status: 'queued', detail: 'behind box-2' }))).toBe(
      'queued: behind box-2',
    );
  });

  it('says of an armed server when it begins, not that it waits for others', () => {
    const detail = 'armed: begins by itself on sat 2026-11-28 22:00 (UTC)';
    expect(describeServer(box, state({ status: 'queued', step: 'wait', detail }))).toBe(detail);
  });

  it('does not repeat the name that stands before it', () => {
    const message = `${box.id} failed in check-service: the service is not steadily up.`;
    const error = { code: 'job.failed' as const, message, hint: null };
    expect(describeServer(box, state({ status: 'failed', error }))).toBe(
      'failed: check-service: the service is not steadily up.',
    );
  });

  it('puts what is being done before the versions, and says once that it asks', () => {
    expect(
      describeServer(box, state({ status: 'restarting', version: '1.4.1', facts, detail: 'away' })),
    ).toBe('restarting: away · 1.4.1 → 1.4.2');
    expect(describeServer(box, state({ checking: true }))).toBe('asking …');
    expect(describeServer(box, state({ status: 'loaded', version: '1.4.1', facts, checking: true }))).toBe(
      '1.4.1 → 1.4.2 · loaded · asking …',
    );
  });

  it('says why it is blocked or failed', () => {
    const reasons = [{ rule: 'banalytics.free-space', severity: 'block' as const, message: 'needs 5 GB.' }];
    expect(describeServer(box, state({ status: 'not-downloaded', reasons }))).toBe(
      'blocked: needs 5 GB. · not downloaded',
    );
    const error = { code: 'job.failed' as const, message: 'No\nspace', hint: null };
    expect(describeServer(box, state({ status: 'failed', error }))).toBe('failed: No space');
  });

  it('never says 100 % before it is all there', () => {
    expect(percent({ done: 999, total: 1000 })).toBe(99);
    expect(percent({ done: 1000, total: 1000 })).toBe(100);
    expect(percent({ done: 1001, total: 1000 })).toBe(100);
  });

  it('has an icon for each status', () => {
    const icons = serverStatuses.map((status) => serverIcon(state({ status })).id);
    expect(icons.every((id) => /^[a-z-]+(~spin)?$/.test(id))).toBe(true);
    expect(serverIcon(state({ status: 'failed' })).color).toBe('list.errorForeground');
    const error = { code: 'hostkey.changed' as const, message: 'm', hint: null };
    expect(serverIcon(state({ status: 'unreachable' })).id).toBe('debug-disconnect');
    expect(serverIcon(state({ status: 'unreachable', error })).id).toBe('shield');
  });
});

describe('the tooltip', () => {
  it('names rule, error and next step, and is text whatever a server says', () => {
    const error = { code: 'job.failed' as const, message: '[x](command:evil) <b>', hint: 'Look' };
    const reasons = [{ rule: 'a.b', severity: 'warn' as const, message: 'm' }];
    const text = serverTooltip(box, state({ status: 'failed', error, reasons }));
    expect(text).toContain('\\[x\\]\\(command\\:evil\\) \\<b\\>');
    expect(text).toContain('**Next** Look');
    expect(text).toContain('note: m (a\\.b)');
  });
});

describe('modules', () => {
  it('says what is installed and what is wanted, before and after the server was asked', () => {
    expect(moduleRows(box, state()).map(({ description }) => description)).toEqual([
      '1.4.2 wanted',
      '1.2.0 wanted',
    ]);
    expect(moduleRows(box, state({ facts }))).toEqual([
      { module: 'com.banalytics.box:core', description: '1.4.1 → 1.4.2', differs: true },
      {
        module: 'com.banalytics.box.module:onvif',
        description: 'not there → 1.2.0',
        differs: true,
      },
      {
        module: 'com.banalytics.box.module:yolo',
        description: '2.0.0 → removed',
        differs: true,
      },
    ]);
  });
});
