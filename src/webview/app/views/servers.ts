import { html, nothing, type TemplateResult } from 'lit';
import { lazily, t } from '../../../vscode/l10n';
import { actionWords, serverCount, serversOf, serversSelected } from '../../../vscode/words';
import type { Offer, ServerRow } from '../../protocol';
import { bulkActions, leftOutSentences, offerWords, type BulkAction } from '../bulk';
import { button, dropdown, iconButton, textField } from '../controls';
import { icon } from '../icons';
import {
  facetNames,
  facets,
  groupings,
  isFiltered,
  tally,
  wordOf,
  type Facet,
  type Grouping,
} from '../model';
import { memo } from '../memo';
import type { Page } from '../page';
import { detail } from './detail';
import type { Grid } from './grid';

export const filterFieldId = 'filter';

const groupingWords = lazily((): Record<Grouping, string> => ({
  none: t('Not grouped'),
  system: t('By system'),
  site: t('By site'),
  status: t('By status'),
  tag: t('By tag'),
}));

const filterWords = lazily((): Record<Facet, string> => ({
  status: t('Filter by status'),
  system: t('Filter by system'),
  site: t('Filter by site'),
  tag: t('Filter by tag'),
  product: t('Filter by product'),
  version: t('Filter by version'),
}));

/** The table of all servers, what it is narrowed down by, and what can be done with those selected. */
export function servers(page: Page, grid: Grid): TemplateResult {
  const { rows, view } = page;
  const all = page.all.length;
  return html`<div class="servers ${view.details ? 'with-details' : ''}">
    <div class="list">
      <div class="toolbar">
        ${textField({
          label: t('Filter servers'),
          id: filterFieldId,
          value: view.filter.text,
          change: (text) => page.filter({ text }),
        })}
        ${iconButton({
          label: t('Filter by system, site, tag, product, version'),
          icon: 'filter',
          expanded: page.filtering,
          pressed: facets.some((facet) => facet !== 'status' && view.filter.chips[facet].length > 0),
          run: () => {
            page.filtering = !page.filtering;
            page.redraw();
          },
        })}
        ${dropdown({
          label: t('Group servers'),
          value: view.grouping,
          choices: groupings.map((value) => ({ value, label: groupingWords()[value] })),
          change: (grouping) => page.group(grouping),
        })}
        ${chips(page)}
        <span class="grow"></span>
        ${rows.length === all ? nothing : html`<span class="dim nowrap">${serversOf(rows.length, all)}</span>`}
        ${iconButton({
          label: t('Details of the server'),
          icon: view.details ? 'layout-sidebar-right' : 'layout-sidebar-right-off',
          pressed: view.details,
          run: () => page.toggleDetails(),
        })}
      </div>
      ${page.filtering ? facetPanel(page) : nothing} ${actions(page)}
      ${page.lines.length > 0 ? grid.draw() : empty(page)}
    </div>
    ${view.details ? detail(page) : nothing}
  </div>`;
}

// Drawn anew with each step of scrolling: with thousands of servers that must not be counted anew each time.
const statusCounts = memo((rows: readonly ServerRow[]) => new Map(tally(rows, 'status')));
const offersOf = memo((rows: readonly ServerRow[]) => {
  const offered = bulkActions(rows);
  return { offered, sentences: leftOutSentences(offered) };
});

const dueOf = memo((rows: readonly ServerRow[]) =>
  rows.filter(({ offers, status }) => offers.includes('install') && status !== 'unknown'),
);

/** Status chips count and narrow down at once; those of other facets are there only while they narrow down. */
function chips(page: Page): TemplateResult {
  const { filter } = page.view;
  const counts = statusCounts(page.all);
  const statuses = [...new Set([...counts.keys(), ...filter.chips.status])];
  const others = facets.filter((facet) => facet !== 'status');
  return html`<span class="chips" role="group" aria-label=${filterWords().status}>
      ${statuses.map((value) => chip(page, 'status', value, counts.get(value) ?? 0))}
    </span>
    ${others.flatMap((facet) =>
      filter.chips[facet].map(
        (value) =>
          html`<button
            type="button"
            class="chip on"
            title=${t('Remove this filter')}
            aria-label=${t('Remove filter {0}: {1}', facetNames()[facet], wordOf(facet, value))}
            @click=${() => page.toggleChip(facet, value)}
          >
            ${facetNames()[facet]}: ${wordOf(facet, value)} ${icon('close')}
          </button>`,
      ),
    )}
    ${
      isFiltered(filter)
        ? html`<button type="button" class="link" @click=${() => page.clearFilter()}>${t('Clear')}</button>`
        : nothing
    }`;
}

function chip(page: Page, facet: Facet, value: string, n: number): TemplateResult {
  const on = page.view.filter.chips[facet].includes(value);
  return html`<button
    type="button"
    class="chip ${on ? 'on' : ''}"
    aria-pressed=${on}
    @click=${() => page.toggleChip(facet, value)}
  >
    ${facet === 'status' ? html`<span class="dot s-${value}"></span>` : nothing}${wordOf(facet, value)}
    <span class="count">${n}</span>
  </button>`;
}

/** Values that are offered of each facet; more are found by the text. */
const mostValues = 40;

function facetPanel(page: Page): TemplateResult {
  const rows = page.all;
  const offered = facets
    .filter((facet) => facet !== 'status')
    .map((facet) => ({ facet, values: tally(rows, facet) }))
    .filter(({ values }) => values.length > 1);
  if (offered.length === 0)
    return html`<div class="facets">
      <span class="dim">${t('All servers are alike in system, site, tag, product and version.')}</span>
    </div>`;
  return html`<div class="facets">
    ${offered.map(
      ({ facet, values }) =>
        html`<div class="facet" role="group" aria-label=${filterWords()[facet]}>
          <span class="facet-name">${facetNames()[facet]}</span>
          ${values.slice(0, mostValues).map(([value, n]) => chip(page, facet, value, n))}
          ${
            values.length > mostValues
              ? html`<span class="dim"
                  >${t('and {0} more: type a part of the name above', values.length - mostValues)}</span
                >`
              : nothing
          }
        </div>`,
    )}
  </div>`;
}

const looks: Record<Offer, string> = {
  install: 'play',
  download: 'cloud-download',
  rollback: 'discard',
  restart: 'debug-restart',
  resume: 'debug-continue',
  cancel: 'debug-stop',
};

/** What can be done with the selected servers, and whom each action leaves out. */
function actions(page: Page): TemplateResult {
  const selected = page.selectedRows;
  if (selected.length === 0) {
    const due = dueOf(page.rows);
    return html`<div class="actions" role="group" aria-label=${t('Actions')}>
      ${
        due.length > 0
          ? html`<span
                >${due.length === 1 ? t('1 server can be updated.') : t('{0} servers can be updated.', due.length)}</span
              >
              <button type="button" class="link" @click=${() => page.selectServers(due.map(({ id }) => id))}>
                ${due.length === 1 ? t('Select it') : t('Select them')}
              </button>`
          : html`<span class="dim">${t('Select servers to act on them.')}</span>`
      }
    </div>`;
  }
  const { offered, sentences } = offersOf(selected);
  const { rows } = page;
  const shown =
    rows.length === page.all.length
      ? selected.length
      : rows.filter(({ id }) => page.selection.ids.has(id)).length;
  const hidden = selected.length - shown;
  return html`<div class="actions" role="group" aria-label=${t('Actions on the selected servers')}>
    <span class="nowrap"
      ><b>${serversSelected(selected.length)}</b>${hidden > 0 ? ` ${t('({0} not shown)', hidden)}` : ''}</span
    >
    ${offered.map((one, index) => action(page, one, index === 0))}
    ${button({
      label: t('Refresh'),
      icon: 'refresh',
      run: () =>
        page.run(
          'refreshSelected',
          selected.map(({ id }) => id),
        ),
    })}
    <button type="button" class="link" @click=${() => page.selectNone()}>${t('Clear selection')}</button>
    ${sentences.length > 0 ? html`<span class="left-out">${icon('info')} ${sentences.join(' ')}</span>` : nothing}
  </div>`;
}

function action(page: Page, { offer, taken, left }: BulkAction, first: boolean): TemplateResult {
  const label = left.length > 0 ? `${offerWords()[offer]} (${taken.length})` : offerWords()[offer];
  const look = looks[offer];
  const plans = offer !== 'resume' && offer !== 'cancel';
  return button({
    label,
    icon: look,
    kind: first && offer === 'install' ? 'primary' : 'secondary',
    title: plans
      ? t(
          'Shows the plan ({0}, {1}); nothing is done before you agree',
          actionWords()[offer].verb,
          serverCount(taken.length),
        )
      : `${offerWords()[offer]} ${serverCount(taken.length)}`,
    run: () => {
      const ids = taken.map(({ id }) => id);
      if (plans) void page.plan(offer, ids);
      else page.run(offer, ids);
    },
  });
}

function empty(page: Page): TemplateResult {
  const filtered = isFiltered(page.view.filter) && page.all.length > 0;
  return html`<div class="empty">
    ${
      filtered
        ? html`<p>${t('No server passes the filter.')}</p>
            ${button({ label: t('Clear the Filter'), run: () => page.clearFilter() })}`
        : html`<p>${t('The fleet file names no server yet.')}</p>`
    }
  </div>`;
}
