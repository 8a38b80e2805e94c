import { describe, expect, it } from 'vitest';
import { bulkActions, leftOutSentences } from '../../../src/webview/app/bulk';
import { row } from './fixtures';

describe('bulk actions', () => {
  it('are offered where a selected server can take them, and say whom they leave out', () => {
    const actions = bulkActions([
      row('pier-1', { offers: ['download', 'install', 'restart'] }),
      row('pier-2', { offers: ['cancel'], status: 'installing' }),
      row('hall', { offers: ['restart'] }),
    ]);
    expect(actions.map(({ offer, taken }) => [offer, taken.map(({ id }) => id)])).toEqual([
      ['install', ['pier-1']],
      ['download', ['pier-1']],
      ['restart', ['pier-1', 'hall']],
      ['cancel', ['pier-2']],
    ]);
    expect(leftOutSentences(actions)).toEqual([
      'Install and Download leave out hall (installed) and pier-2 (in work).',
      'Restart leaves out pier-2 (in work).',
    ]);
  });

  it('count many by how they stand', () => {
    const many = Array.from({ length: 40 }, (_, n) => row(`box-${n}`));
    const actions = bulkActions([
      row('new', { offers: ['install'] }),
      row('away', { status: 'unreachable' }),
      ...many,
    ]);
    expect(leftOutSentences(actions)).toEqual([
      'Install leaves out 41 servers (1 unreachable, 40 installed).',
    ]);
  });

  it('say nothing where nobody is left out', () => {
    expect(leftOutSentences(bulkActions([row('a', { offers: ['install'] })]))).toEqual([]);
    expect(bulkActions([])).toEqual([]);
  });
});
