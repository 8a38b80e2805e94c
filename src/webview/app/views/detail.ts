import { html, nothing, type TemplateResult } from 'lit';
import type { Severity } from '../../../updater/plan/plan';
import { t } from '../../../vscode/l10n';
import { actionWords, outcomeWords, severityWords, statusWords } from '../../../vscode/words';
import type { LogEntry, ServerDetail, ServerRow } from '../../protocol';
import { downtimeOf, spansOf, stretchesOf } from '../../rollout-view';
import { offerWords } from '../bulk';
import { button, iconButton, waiting } from '../controls';
import { icon } from '../icons';
import type { Page } from '../page';
import { withElements } from '../sentence';
import { clockTime, dayAndTime, duration } from '../../../vscode/time';

/** All about the server that has the focus: what is known, what stands in the way, what was done, what can be done next. */
export function detail(page: Page): TemplateResult {
  const id = page.activeServer;
  const row = id === undefined ? undefined : page.data?.row(id);
  return html`<aside class="details" aria-label=${t('Details of the server')}>
    <div class="details-head">
      <h2>${row ? html`${icon(row.icon, row.colour)} ${row.id}` : t('Details')}</h2>
      ${iconButton({ label: t('Close the details'), icon: 'close', run: () => page.toggleDetails(false) })}
    </div>
    ${row ? content(page, row) : html`<p class="dim pad">${t('Choose a server in the table.')}</p>`}
  </aside>`;
}

function content(page: Page, row: ServerRow): TemplateResult {
  const known = page.detail?.id === row.id ? page.detail : undefined;
  const status = statusWords()[row.status];
  const word = html`<b>${row.percent === null ? status : t('{0} {1} %', status, row.percent)}</b>`;
  return html`<div class="details-body" tabindex="0" role="region" aria-label=${t('Server {0}', row.id)}>
    <p class="state">
      ${
        row.since === null
          ? word
          : withElements(
              t('{0} since {1}'),
              word,
              html`<time datetime=${row.since}>${dayAndTime(Date.parse(row.since))}</time>`,
            )
      }
      ${row.note && !known?.error ? html`<br />${row.note}` : nothing}
    </p>
    ${next(page, row)} ${known ? parts(page, known) : html`<p>${waiting(t('Asking'))}</p>`}
  </div>`;
}

function next(page: Page, row: ServerRow): TemplateResult {
  return html`<div class="next" role="group" aria-label=${t('Next actions')}>
    ${row.offers.map((offer) =>
      button({
        label: offerWords()[offer],
        kind: offer === 'install' || offer === 'resume' ? 'primary' : 'secondary',
        run: () =>
          offer === 'resume' || offer === 'cancel'
            ? page.run(offer, [row.id])
            : void page.plan(offer, [row.id]),
      }),
    )}
    ${button({ label: t('Run Doctor'), run: () => page.run('doctor', [row.id]) })}
  </div>`;
}

const looks: Record<Severity, [icon: string, colour: string]> = {
  block: ['error', 'list.errorForeground'],
  confirm: ['warning', 'list.warningForeground'],
  warn: ['info', 'charts.blue'],
  skip: ['skip', 'descriptionForeground'],
};

export function reasonLine(severity: Severity, message: string, rule: string): TemplateResult {
  const [name, colour] = looks[severity];
  return html`<li class="reason">
    ${icon(name, colour)}<span><b>${severityWords()[severity]}:</b> ${message} <code>${rule}</code></span>
  </li>`;
}

function parts(page: Page, known: ServerDetail): TemplateResult {
  const { error, reasons, modules, rollback, facts, log } = known;
  return html`
    ${
      error
        ? html`<div class="fault">
            <p><b>${error.message}</b> <code>${error.code}</code></p>
            ${error.hint === null ? nothing : html`<p>${error.hint}</p>`}
          </div>`
        : nothing
    }
    ${
      reasons.length > 0
        ? html`<ul class="reasons">
            ${reasons.map(({ severity, message, rule }) => reasonLine(severity, message, rule))}
          </ul>`
        : nothing
    }
    ${steps(page, known)}
    ${
      modules.length > 0
        ? html`<h3>${t('Modules')}</h3>
            <dl class="facts">
              ${modules.map(
                ({ module, description, differs }) =>
                  html`<dt title=${module}>${module.split(':').at(-1)}</dt>
                    <dd class=${differs ? 'ahead' : ''}>${description}</dd>`,
              )}
            </dl>`
        : nothing
    }
    ${
      rollback.length > 0
        ? html`<h3>${t('History')}</h3>
            <p>
              ${t(
                'Can be rolled back to {0}.',
                rollback.reduce((before, next) => t('{0}, then {1}', before, next)),
              )}
            </p>`
        : nothing
    }
    <h3>${t('Facts')}</h3>
    <dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
    <h3>${t('Log')}</h3>
    ${
      log.length > 0
        ? html`<ol class="log">
            ${log.slice(-60).map((entry) => logEntry(entry, known.id))}
          </ol>`
        : html`<p class="dim">${t('No rollout has acted on this server from this computer.')}</p>`
    }
    ${button({ label: t('Show Log'), icon: 'output', run: () => page.run('showLog', [known.id]) })}
  `;
}

function logEntry({ at, text, level }: LogEntry, id: string): TemplateResult {
  const own = `[${id}] `;
  return html`<li class=${level}>
    <time class="dim">${clockTime(Date.parse(at))}</time>
    ${text.startsWith(own) ? text.slice(own.length) : text}
  </li>`;
}

/** What was done in the newest rollout, step by step, and how long each took. */
function steps(page: Page, { part }: ServerDetail): TemplateResult | typeof nothing {
  if (part === null) return nothing;
  const live = page.data?.rollouts.find(({ id }) => id === part.rollout)?.servers;
  const server = live?.find(({ id }) => id === part.server.id) ?? part.server;
  const spans = stretchesOf(spansOf(server, page.now()), 'step');
  if (spans.length === 0) return nothing;
  const away = downtimeOf(server, page.now());
  const end = server.outcome === null ? t('runs') : outcomeWords()[server.outcome];
  return html`<h3>${actionWords()[part.action].verb}: ${end}</h3>
    <p class="dim">
      ${server.from ?? t('nothing')} →
      ${server.to ?? '?'}${away > 0 ? ` · ${t('away for {0}', duration(away))}` : ''}
    </p>
    <ol class="steps">
      ${spans.map(({ status, step, from, to }, index) => {
        const last = index === spans.length - 1;
        const open = last && server.outcome === null;
        const failed = last && server.outcome === 'failed';
        const name = failed ? 'error' : open ? 'loading~spin' : 'check';
        return html`<li>
          ${icon(name, failed ? 'list.errorForeground' : open ? null : 'testing.iconPassed')}
          <span>${step ?? statusWords()[status]}</span>
          <span class="dim">${step === null ? '' : statusWords()[status]}</span>
          <span class="dim nowrap">${to - from < 1000 ? t('< 1 s') : duration(to - from)}</span>
        </li>`;
      })}
    </ol>`;
}
