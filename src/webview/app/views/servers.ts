import { html, nothing, type TemplateResult } from 'lit';
import { actionWords, count } from '../../../vscode/words';
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

const groupingWords: Record<Grouping, string> = {
  none: 'Not grouped',
  system: 'By system',
  site: 'By site',
  status: 'By status',
  tag: 'By tag',
};

/** The table of all servers, what it is narrowed down by, and what can be done with those selected. */
export function servers(page: Page, grid: Grid): TemplateResult {
  const { rows, data, view } = page;
  const all = data?.rows.length ?? 0;
  return html`<div class="servers ${view.details ? 'with-details' : ''}">
    <div class="list">
      <div class="toolbar">
        ${textField({
          label: 'Filter servers',
          id: filterFieldId,
          value: view.filter.text,
          change: (text) => page.filter({ text }),
        })}
        ${iconButton({
          label: 'Filter by system, site, tag, product, version',
          icon: 'filter',
          expanded: page.filtering,
          pressed: facets.some((facet) => facet !== 'status' && view.filter.chips[facet].length > 0),
          run: () => {
            page.filtering = !page.filtering;
            page.redraw();
          },
        })}
        ${dropdown({
          label: 'Group servers',
          value: view.grouping,
          choices: groupings.map((value) => ({ value, label: groupingWords[value] })),
          change: (grouping) => page.group(grouping),
        })}
        ${chips(page)}
        <span class="grow"></span>
        ${rows.length === all ? nothing : html`<span class="dim nowrap">${rows.length} of ${all} servers</span>`}
        ${iconButton({
          label: 'Details of the server',
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

const none: readonly ServerRow[] = [];
// Drawn anew with each step of scrolling: with thousands of servers that must not be counted anew each time.
const statusCounts = memo((rows: readonly ServerRow[]) => new Map(tally(rows, 'status')));
const offersOf = memo((rows: readonly ServerRow[]) => {
  const offered = bulkActions(rows);
  return { offered, sentences: leftOutSentences(offered) };
});

/** Status chips count and narrow down at once; those of other facets are there only while they narrow down. */
function chips(page: Page): TemplateResult {
  const { filter } = page.view;
  const counts = statusCounts(page.data?.rows ?? none);
  const statuses = [...new Set([...counts.keys(), ...filter.chips.status])];
  const others = facets.filter((facet) => facet !== 'status');
  return html`<span class="chips" role="group" aria-label="Filter by status">
      ${statuses.map((value) => chip(page, 'status', value, counts.get(value) ?? 0))}
    </span>
    ${others.flatMap((facet) =>
      filter.chips[facet].map(
        (value) =>
          html`<button
            type="button"
            class="chip on"
            title="Remove this filter"
            aria-label=${`Remove filter ${facetNames[facet]}: ${wordOf(facet, value)}`}
            @click=${() => page.toggleChip(facet, value)}
          >
            ${facetNames[facet]}: ${wordOf(facet, value)} ${icon('close')}
          </button>`,
      ),
    )}
    ${
      isFiltered(filter)
        ? html`<button type="button" class="link" @click=${() => page.clearFilter()}>Clear</button>`
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
  const rows = page.data?.rows ?? [];
  const offered = facets
    .filter((facet) => facet !== 'status')
    .map((facet) => ({ facet, values: tally(rows, facet) }))
    .filter(({ values }) => values.length > 1);
  if (offered.length === 0)
    return html`<div class="facets">
      <span class="dim">All servers are alike in system, site, tag, product and version.</span>
    </div>`;
  return html`<div class="facets">
    ${offered.map(
      ({ facet, values }) =>
        html`<div class="facet" role="group" aria-label=${`Filter by ${facetNames[facet].toLowerCase()}`}>
          <span class="facet-name">${facetNames[facet]}</span>
          ${values.slice(0, mostValues).map(([value, n]) => chip(page, facet, value, n))}
          ${
            values.length > mostValues
              ? html`<span class="dim"
                  >and ${values.length - mostValues} more: type a part of the name above</span
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
    const due = page.rows.filter(({ offers, status }) => offers.includes('install') && status !== 'unknown');
    return html`<div class="actions" role="group" aria-label="Actions">
      ${
        due.length > 0
          ? html`<span>${count(due.length, 'server')} can be updated.</span>
              <button type="button" class="link" @click=${() => page.selectServers(due.map(({ id }) => id))}>
                Select ${due.length === 1 ? 'it' : 'them'}
              </button>`
          : html`<span class="dim">Select servers to act on them.</span>`
      }
    </div>`;
  }
  const { offered, sentences } = offersOf(selected);
  const hidden = selected.length - page.rows.filter(({ id }) => page.selection.ids.has(id)).length;
  return html`<div class="actions" role="group" aria-label="Actions on the selected servers">
    <span class="nowrap"
      ><b>${count(selected.length, 'server')}</b> selected${hidden > 0 ? ` (${hidden} not shown)` : ''}</span
    >
    ${offered.map((one, index) => action(page, one, index === 0))}
    ${button({
      label: 'Refresh',
      icon: 'refresh',
      run: () =>
        page.run(
          'refreshSelected',
          selected.map(({ id }) => id),
        ),
    })}
    <button type="button" class="link" @click=${() => page.selectNone()}>Clear selection</button>
    ${sentences.length > 0 ? html`<span class="left-out">${icon('info')} ${sentences.join(' ')}</span>` : nothing}
  </div>`;
}

function action(page: Page, { offer, taken, left }: BulkAction, first: boolean): TemplateResult {
  const ids = taken.map(({ id }) => id);
  const label = left.length > 0 ? `${offerWords[offer]} (${taken.length})` : offerWords[offer];
  const look = looks[offer];
  const plans = offer !== 'resume' && offer !== 'cancel';
  return button({
    label,
    icon: look,
    kind: first && offer === 'install' ? 'primary' : 'secondary',
    title: plans
      ? `Shows the plan (${actionWords[offer].verb}, ${count(ids.length, 'server')}); nothing is done before you agree`
      : `${offerWords[offer]} ${count(ids.length, 'server')}`,
    run: () => (plans ? void page.plan(offer, ids) : page.run(offer, ids)),
  });
}

function empty(page: Page): TemplateResult {
  const filtered = isFiltered(page.view.filter) && (page.data?.rows.length ?? 0) > 0;
  return html`<div class="empty">
    ${
      filtered
        ? html`<p>No server passes the filter.</p>
            ${button({ label: 'Clear the Filter', run: () => page.clearFilter() })}`
        : html`<p>The fleet file names no server yet.</p>`
    }
  </div>`;
}
