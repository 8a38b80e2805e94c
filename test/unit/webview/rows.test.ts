import { describe, expect, it } from 'vitest';
import { rowOf } from '../../../src/webview/rows';
import { initialState } from '../../../src/updater/rollout/state';
import { systemCards } from '../../../src/webview/systems';
import { box, facts, fleet, state } from '../tree/fixtures';
import { packageOf } from '../samples';

const core = 'com.banalytics.box:core';

describe('a line of the table', () => {
  it('shows versions, and what can be done', () => {
    const loaded = state({ status: 'loaded', facts, version: '1.4.1', rollback: ['1.4.0'] });
    expect(rowOf(box, loaded, undefined)).toMatchObject({
      ...{ id: 'box-1', version: '1.4.1', target: '1.4.2', wave: null, note: '' },
      offers: ['install', 'rollback', 'restart'],
    });
  });

  it('says behind what a server waits, in which wave, and only offers to cancel', () => {
    const queued = state({ status: 'queued', rollout: 'r', detail: 'after wave 0: box-0', facts });
    expect(rowOf(box, queued, { wave: 1, to: '1.5.0' })).toMatchObject({
      ...{ note: 'after wave 0: box-0', wave: 1, target: '1.5.0', offers: ['cancel'] },
    });
  });

  it('says what went wrong, which rule blocks, and what only modules lack', () => {
    const error = { code: 'space', message: 'The disk is full.', hint: null } as const;
    expect(rowOf(box, state({ status: 'failed', error }), undefined).note).toBe('The disk is full.');
    const reasons = [{ rule: 'x', severity: 'block', message: 'No room.' }] as const;
    expect(rowOf(box, state({ status: 'loaded', facts, reasons: [...reasons] }), undefined)).toMatchObject({
      note: 'No room.',
      blocked: true,
    });
    const same = state({ status: 'loaded', facts, version: '1.4.2' });
    expect(rowOf(box, same, undefined).note).toBe('3 modules to change');
  });

  it('shows progress in whole percent and knows no time before the first asking', () => {
    const progress = { step: 'download', done: 999, total: 1000 };
    expect(rowOf(box, state({ status: 'downloading', rollout: 'r', progress }), undefined).percent).toBe(99);
    expect(rowOf(box, state(), undefined).since).toBeNull();
  });

  it('keeps what a server says on one line', () => {
    const error = { code: 'job.failed', message: 'one\ntwo\u0007', hint: null } as const;
    expect(rowOf(box, state({ status: 'failed', error }), undefined).note).toBe('one two');
  });
});

describe('a system', () => {
  it('lists what the fleet file wants and whether it is loaded', () => {
    const [card] = systemCards(
      fleet.systems,
      [packageOf(), packageOf({ module: 'com.banalytics.box.module:onvif', version: '9' })],
      initialState(fleet, ''),
    );
    expect(card).toMatchObject({ id: 'boxes', target: '1.4.2', hasModules: true, hasRepository: false });
    expect(card?.packages.map(({ name, loaded }) => [name, loaded])).toEqual([
      [core, true],
      ['com.banalytics.box.module:onvif', false],
    ]);
  });

  it('of a product with installers has the one that was loaded last first', () => {
    const [system] = fleet.systems;
    const [server] = system?.servers ?? [];
    if (!system || !server) throw new Error('no system');
    const eocortex = {
      ...system,
      product: 'eocortex' as const,
      servers: [{ ...server, product: 'eocortex' as const, banalytics: undefined }],
    };
    const installer = { product: 'eocortex', kind: 'installer', module: null } as const;
    const [card] = systemCards(
      [eocortex],
      [
        packageOf({ ...installer, version: '4.3.1', loadedAt: '2026-01-01' }),
        packageOf({ ...installer, version: '4.4.0', loadedAt: '2026-02-01' }),
        packageOf(),
      ],
      new Map(),
    );
    expect(card?.packages.map(({ version }) => version)).toEqual(['4.4.0', '4.3.1']);
    expect(card?.target).toBe('4.4.0');
  });
});
