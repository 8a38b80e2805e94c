import { html, nothing, type TemplateResult } from 'lit';
import { lazily, t } from '../../../vscode/l10n';
import type { ServerRow } from '../../protocol';
import { dropdown, iconButton, waiting } from '../controls';
import { icon } from '../icons';
import { memo } from '../memo';
import type { Page } from '../page';
import type { Tab } from '../view-state';
import type { Grid } from './grid';
import { plan } from './plan';
import { banner, rollouts } from './rollouts';
import { servers } from './servers';
import { systems } from './systems';

/** The whole page. */
export function whole(page: Page, grid: Grid): TemplateResult {
  return html`
    ${page.fault === undefined ? nothing : fault(page, page.fault)} ${inside(page, grid)}
    <div class="unseen" role="status" aria-live="polite">${page.said}</div>
  `;
}

function fault(page: Page, text: string): TemplateResult {
  return html`<div class="fault-bar" role="alert">
    ${icon('error')} <span class="grow">${text}</span>
    ${iconButton({ label: t('Dismiss'), icon: 'close', run: () => page.tellFault(undefined) })}
  </div>`;
}

function inside(page: Page, grid: Grid): TemplateResult {
  const { data } = page;
  if (!data) return html`<main class="empty">${waiting(t('Loading the fleet'))}</main>`;
  if (data.snapshot.fleet === null)
    return html`<main class="empty">
      <h1>${t('No fleet to show')}</h1>
      <p>
        ${
          data.snapshot.errors > 0
            ? t('The fleet file has errors; Problems shows where.')
            : t('Open a folder that holds a fleet file, or begin one.')
        }
      </p>
    </main>`;
  return html`${header(page)} ${banner(page)} ${tabList(page)}
    <main class="panel">
      <div class="panel" id="panel" role="tabpanel" aria-labelledby=${`tab-${page.view.tab}`}>
        ${tabContent(page, grid)}
      </div>
    </main>`;
}

const sizeOf = memo((rows: readonly ServerRow[]) => ({
  ids: rows.map(({ id }) => id),
  systems: new Set(rows.map(({ system }) => system)).size,
}));

function header(page: Page): TemplateResult {
  const { data } = page;
  const { fleets, fleet, errors } = data?.snapshot ?? { fleets: [], fleet: null, errors: 0 };
  const own = fleets.find(({ id }) => id === fleet);
  const { ids, systems } = sizeOf(page.all);
  return html`<header class="top">
    <h1>${own?.name ?? t('Fleet')}</h1>
    ${
      fleets.length > 1
        ? dropdown({
            label: t('Fleet'),
            value: fleet ?? '',
            choices: fleets.map(({ id, name, file }) => ({ value: id, label: `${name} (${file})` })),
            change: (id) => void page.load(id),
          })
        : nothing
    }
    <span class="dim">${sizeText(ids.length, systems)}</span>
    ${
      errors > 0
        ? html`<span class="warning"
            >${icon('warning', 'list.warningForeground')} ${errorsText(errors)}</span
          >`
        : nothing
    }
    <span class="grow"></span>
    ${iconButton({ label: t('Refresh all servers'), icon: 'refresh', run: () => page.run('refreshSelected', ids) })}
    ${iconButton({ label: t('Open the fleet file'), icon: 'go-to-file', run: () => page.run('openFleetFile', ids) })}
    ${iconButton({ label: t('Run the doctor'), icon: 'pulse', run: () => page.run('doctor', ids) })}
    ${iconButton({ label: t('Show the log'), icon: 'output', run: () => page.run('showLog', ids) })}
  </header>`;
}

/** How large the fleet is. */
function sizeText(servers: number, systems: number): string {
  if (servers === 1) return t('1 server in 1 system');
  return systems === 1
    ? t('{0} servers in 1 system', servers)
    : t('{0} servers in {1} systems', servers, systems);
}

const errorsText = (n: number): string =>
  n === 1
    ? t('The fleet file has 1 error; its last good state is shown.')
    : t('The fleet file has {0} errors; its last good state is shown.', n);

const titles = lazily((): Record<Tab, string> => ({
  servers: t('Servers'),
  systems: t('Systems'),
  rollouts: t('Rollouts'),
  plan: t('Plan'),
}));

function tabList(page: Page): TemplateResult {
  const { tab } = page.view;
  const shown = (Object.keys(titles()) as Tab[]).filter((one) => one !== 'plan' || page.planned);
  const onKey = (event: KeyboardEvent): void => {
    const at = shown.indexOf(page.view.tab);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: shown.length - 1 }[event.key];
    const next = to === undefined ? undefined : shown[(to + shown.length) % shown.length];
    if (next === undefined) return;
    event.preventDefault();
    page.showTab(next);
    requestAnimationFrame(() => document.getElementById(`tab-${next}`)?.focus());
  };
  return html`<div class="tabs" role="tablist" aria-label=${t('Parts of the fleet view')} @keydown=${onKey}>
    ${shown.map(
      (one) =>
        html`<button
          type="button"
          class="tab ${one === tab ? 'on' : ''}"
          id=${`tab-${one}`}
          role="tab"
          aria-selected=${one === tab}
          aria-controls=${one === tab ? 'panel' : nothing}
          tabindex=${one === tab ? 0 : -1}
          @click=${() => page.showTab(one)}
        >
          ${titles()[one]}
        </button>`,
    )}
  </div>`;
}

function tabContent(page: Page, grid: Grid): TemplateResult {
  switch (page.view.tab) {
    case 'servers':
      return servers(page, grid);
    case 'systems':
      return systems(page);
    case 'rollouts':
      return rollouts(page);
    case 'plan':
      return page.planned ? plan(page) : html``;
  }
}
