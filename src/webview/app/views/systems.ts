import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../../../vscode/l10n';
import { serverCount } from '../../../vscode/words';
import type { LoadedPackage, ServerRow, SystemCard } from '../../protocol';
import { button, waiting } from '../controls';
import { icon } from '../icons';
import { groupWords } from '../model';
import type { Page } from '../page';
import { size as sizeText } from '../../../updater/size';
import { distribution } from './chart';

/** Each system: what its servers run, what is loaded for it, and how to load something else. */
export function systems(page: Page): TemplateResult {
  const { cards, data } = page;
  if (!cards || !data) return html`<div class="empty">${waiting(t('Asking for the packages'))}</div>`;
  const rows = new Map<string, ServerRow[]>();
  for (const row of data.rows) rows.set(row.system, [...(rows.get(row.system) ?? []), row]);
  return html`<div class="systems scroll" tabindex="0" role="region" aria-label=${t('Systems')}>
    ${cards.map((card) => system(page, card, rows.get(card.id) ?? []))}
  </div>`;
}

function system(page: Page, card: SystemCard, rows: ServerRow[]): TemplateResult {
  const { id, product, target, packages, hasModules, hasRepository } = card;
  const ids = rows.map((row) => row.id);
  const due = rows.filter(({ offers }) => offers.includes('install'));
  const loaded = packages.some((one) => one.loaded);
  return html`<section class="card" aria-label=${id}>
    <div class="card-head">
      <h2>${icon('server-environment')} ${id}</h2>
      <span class="dim"
        >${product} · ${serverCount(rows.length)}${rows.length > 0 ? ` · ${groupWords(rows)}` : ''}</span
      >
      <span class="grow"></span>
      ${
        due.length > 0
          ? button({
              label:
                due.length === rows.length ? t('Update…') : t('Update {0} of {1}…', due.length, rows.length),
              kind: 'primary',
              title: t('Shows the plan first; nothing is done before you agree'),
              run: () =>
                void page.plan(
                  'install',
                  due.map((row) => row.id),
                ),
            })
          : nothing
      }
      ${
        hasModules
          ? button({
              label: t('Choose Versions…'),
              icon: 'versions',
              run: () => page.run('chooseVersions', ids),
            })
          : nothing
      }
      ${button({
        label: loaded && !hasModules ? t('Replace Package…') : t('Load Package…'),
        icon: 'folder-library',
        run: () => page.run('load', ids),
      })}
    </div>
    ${rows.length > 0 ? distribution(rows, target, (version) => page.showOnly('version', version)) : nothing}
    ${
      packages.length > 0
        ? html`<table class="packages">
            <caption class="dim">
              ${hasModules ? t('What the fleet file wants, and whether it is loaded on this computer') : t('Loaded on this computer')}
            </caption>
            <thead>
              <tr>
                <th scope="col">${t('Package')}</th>
                <th scope="col">${t('Version')}</th>
                <th scope="col">${t('Loaded')}</th>
                <th scope="col">${t('Size')}</th>
                <th scope="col">SHA-256</th>
              </tr>
            </thead>
            <tbody>
              ${packages.map((one) => packageRow(one, hasRepository))}
            </tbody>
          </table>`
        : html`<p class="dim">
            ${hasModules ? t('The fleet file names no modules.') : t('No package is loaded.')}
          </p>`
    }
  </section>`;
}

function packageRow(
  { name, version, loaded, size, sha256 }: LoadedPackage,
  hasRepository: boolean,
): TemplateResult {
  return html`<tr>
    <td title=${name}>${name.split(':').at(-1)}</td>
    <td>${version}</td>
    <td>
      ${
        loaded
          ? html`${icon('pass', 'testing.iconPassed')} ${t('loaded')}`
          : html`${icon('cloud-download', 'charts.blue')}
              <span class="dim">${hasRepository ? t('fetched when needed') : t('not loaded yet')}</span>`
      }
    </td>
    <td>${size === null ? '' : sizeText(size)}</td>
    <td><code title=${sha256 ?? ''}>${sha256?.slice(0, 12) ?? ''}</code></td>
  </tr>`;
}
