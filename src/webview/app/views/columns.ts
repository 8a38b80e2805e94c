import { html, type TemplateResult } from 'lit';
import { lazily, t } from '../../../vscode/l10n';
import { dayAndTime, since } from '../../../vscode/time';
import { statusWords } from '../../../vscode/words';
import type { ServerRow } from '../../protocol';
import { icon } from '../icons';
import type { Column } from '../model';

interface ColumnLook {
  /** Of the grid's columns. */
  width: string;
  /** px of the whole grid below which it is left out. */
  from: number;
}

export const looks: Record<Column, ColumnLook> = {
  id: { width: 'minmax(110px, 1.3fr)', from: 0 },
  status: { width: 'minmax(140px, 1.1fr)', from: 0 },
  version: { width: 'minmax(70px, 0.7fr)', from: 380 },
  target: { width: 'minmax(70px, 0.7fr)', from: 380 },
  since: { width: 'minmax(70px, 0.6fr)', from: 780 },
  wave: { width: '58px', from: 700 },
  system: { width: 'minmax(90px, 1fr)', from: 620 },
  site: { width: 'minmax(100px, 0.9fr)', from: 900 },
  note: { width: 'minmax(120px, 2.6fr)', from: 540 },
};

export const titles = lazily((): Record<Column, string> => ({
  id: t('Server'),
  status: t('Status'),
  version: t('Version'),
  target: t('Target'),
  since: t('Since'),
  wave: t('Wave'),
  system: t('System'),
  site: t('Site'),
  note: t('Note'),
}));

/** What stands in a column of a server's line, and where it may be cut off, what all of it is. */
export function cell(row: ServerRow, column: Column, now: number): { content: unknown; title?: string } {
  switch (column) {
    case 'id':
      return {
        content: html`${icon(row.icon, row.colour)}<span class="name">${row.id}</span>`,
        title: row.id,
      };
    case 'status':
      return { content: status(row) };
    case 'version':
      return { content: row.version ?? '' };
    case 'target':
      return { content: target(row) };
    case 'since': {
      if (row.since === null) return { content: '' };
      const at = Date.parse(row.since);
      return { content: since(at, now), title: dayAndTime(at) };
    }
    case 'wave':
      return { content: row.wave === null ? '' : String(row.wave) };
    case 'system':
      return { content: row.system, title: row.system };
    case 'site':
      return { content: row.site ?? '', title: row.site ?? '' };
    case 'note':
      return {
        content: row.blocked ? html`<b>${t('blocked')}:</b> ${row.note}` : row.note,
        title: row.note,
      };
  }
}

function status(row: ServerRow): TemplateResult {
  const word = row.asking && row.status === 'unknown' ? t('asking …') : statusWords()[row.status];
  if (row.percent === null)
    return html`<span>${word}${row.asking && row.status !== 'unknown' ? ' …' : ''}</span>`;
  return html`<span>${t('{0} {1} %', word, row.percent)}</span
    ><span class="progress" aria-hidden="true"><span .style=${`width: ${row.percent}%`}></span></span>`;
}

function target(row: ServerRow): unknown {
  if (row.target === null) return '';
  const same = row.target === row.version;
  return html`<span class=${same ? 'dim' : 'ahead'}>${row.target}</span>`;
}
