import { html, nothing, type TemplateResult } from 'lit';
import type { Severity } from '../../../updater/plan/plan';
import { actionWords, outcomeWords, statusWords } from '../../../vscode/words';
import type { LogEntry, ServerDetail, ServerRow } from '../../protocol';
import { downtimeOf, spansOf, stretchesOf } from '../../rollout-view';
import { offerWords } from '../bulk';
import { button, iconButton, waiting } from '../controls';
import { icon } from '../icons';
import type { Page } from '../page';
import { clockTime, dayAndTime, duration } from '../../../vscode/time';

/** All about the server that has the focus: what is known, what stands in the way, what was done, what can be done next. */
export function detail(page: Page): TemplateResult {
  const id = page.activeServer;
  const row = id === undefined ? undefined : page.data?.row(id);
  return html`<aside class="details" aria-label="Details of the server">
    <div class="details-head">
      <h2>${row ? html`${icon(row.icon, row.colour)} ${row.id}` : 'Details'}</h2>
      ${iconButton({ label: 'Close the details', icon: 'close', run: () => page.toggleDetails(false) })}
    </div>
    ${row ? content(page, row) : html`<p class="dim pad">Choose a server in the table.</p>`}
  </aside>`;
}

function content(page: Page, row: ServerRow): TemplateResult {
  const known = page.detail?.id === row.id ? page.detail : undefined;
  const word = row.percent === null ? statusWords[row.status] : `${statusWords[row.status]} ${row.percent} %`;
  return html`<div class="details-body" tabindex="0" role="region" aria-label=${`Server ${row.id}`}>
    <p class="state">
      <b>${word}</b>${
        row.since === null
          ? nothing
          : html` since <time datetime=${row.since}>${dayAndTime(Date.parse(row.since))}</time>`
      }
      ${row.note && !known?.error ? html`<br />${row.note}` : nothing}
    </p>
    ${next(page, row)} ${known ? parts(page, known) : html`<p>${waiting('Asking')}</p>`}
  </div>`;
}

function next(page: Page, row: ServerRow): TemplateResult {
  return html`<div class="next" role="group" aria-label="Next actions">
    ${row.offers.map((offer) =>
      button({
        label: offerWords[offer],
        kind: offer === 'install' || offer === 'resume' ? 'primary' : 'secondary',
        run: () =>
          offer === 'resume' || offer === 'cancel'
            ? page.run(offer, [row.id])
            : void page.plan(offer, [row.id]),
      }),
    )}
    ${button({ label: 'Run Doctor', run: () => page.run('doctor', [row.id]) })}
  </div>`;
}

const severityWords: Record<Severity, [word: string, icon: string, colour: string]> = {
  block: ['blocked', 'error', 'list.errorForeground'],
  confirm: ['to be confirmed', 'warning', 'list.warningForeground'],
  warn: ['note', 'info', 'charts.blue'],
  skip: ['nothing to do', 'skip', 'descriptionForeground'],
};

export function reasonLine(severity: Severity, message: string, rule: string): TemplateResult {
  const [word, name, colour] = severityWords[severity];
  return html`<li class="reason">
    ${icon(name, colour)}<span><b>${word}:</b> ${message} <code>${rule}</code></span>
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
        ? html`<h3>Modules</h3>
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
        ? html`<h3>History</h3>
            <p>Can be rolled back to ${rollback.join(', then ')}.</p>`
        : nothing
    }
    <h3>Facts</h3>
    <dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
    <h3>Log</h3>
    ${
      log.length > 0
        ? html`<ol class="log">
            ${log.slice(-60).map((entry) => logEntry(entry, known.id))}
          </ol>`
        : html`<p class="dim">No rollout has acted on this server from this computer.</p>`
    }
    ${button({ label: 'Show Log', icon: 'output', run: () => page.run('showLog', [known.id]) })}
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
  const end = server.outcome === null ? 'runs' : outcomeWords[server.outcome];
  return html`<h3>${actionWords[part.action].verb}: ${end}</h3>
    <p class="dim">
      ${server.from ?? 'nothing'} → ${server.to ?? '?'}${away > 0 ? ` · away for ${duration(away)}` : ''}
    </p>
    <ol class="steps">
      ${spans.map(({ status, step, from, to }, index) => {
        const last = index === spans.length - 1;
        const open = last && server.outcome === null;
        const failed = last && server.outcome === 'failed';
        const name = failed ? 'error' : open ? 'loading~spin' : 'check';
        return html`<li>
          ${icon(name, failed ? 'list.errorForeground' : open ? null : 'testing.iconPassed')}
          <span>${step ?? statusWords[status]}</span>
          <span class="dim">${step === null ? '' : statusWords[status]}</span>
          <span class="dim nowrap">${to - from < 1000 ? '< 1 s' : duration(to - from)}</span>
        </li>`;
      })}
    </ol>`;
}
