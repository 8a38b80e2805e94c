import { html, nothing, type TemplateResult } from 'lit';
import { willAct, type Plan, type PlanServer, type PlanStep, type Verdict } from '../../../updater/plan/plan';
import { takesText } from '../../../vscode/expected-words';
import { t } from '../../../vscode/l10n';
import { actionWords, listed, serverCount, verdictWords } from '../../../vscode/words';
import { button, waiting } from '../controls';
import { icon } from '../icons';
import type { Page } from '../page';
import type { Planned } from '../planned';
import { reasonLine } from './detail';
import { waveTitle } from './wave-title';

/** Servers that are shown of a wave with reasons and steps; the others by name. */
const mostServers = 100;

/** What an action would do, before anything is done. */
export function plan(page: Page): TemplateResult {
  const { planned } = page;
  if (!planned) return html``;
  const { verb } = actionWords()[planned.action];
  switch (planned.state) {
    case 'asking':
      return html`<div class="empty" role="status">
        ${waiting(t('Planning'))}
        <p>${askingText(verb, planned.servers)}</p>
        ${button({ label: t('Stop'), run: () => page.closePlan() })}
      </div>`;
    case 'failed':
      return html`<div class="empty">
        <p>${icon('error', 'list.errorForeground')} ${planned.message}</p>
        ${again(page, planned)} ${button({ label: t('Close'), run: () => page.closePlan() })}
      </div>`;
    case 'made':
      return made(page, planned, planned.plan);
  }
}

function askingText(verb: string, servers: readonly string[]): string {
  const [only] = servers;
  return servers.length === 1 && only !== undefined
    ? t('{0}: plan for 1 server: asking {1} …', verb, only)
    : t('{0}: plan for {1} servers: asking the servers …', verb, servers.length);
}

const again = (page: Page, { action, servers }: Planned): TemplateResult =>
  button({ label: t('Plan Again'), icon: 'refresh', run: () => void page.plan(action, servers) });

function made(page: Page, planned: Planned, { action, servers, parallel }: Plan): TemplateResult {
  const going = servers.filter(willAct);
  const blocked = servers.filter(({ verdict }) => verdict === 'blocked');
  const skipped = servers.filter(({ verdict }) => verdict === 'skip');
  const waves = [...new Set(going.map(({ wave }) => wave))].sort((a, b) => a - b);
  const { verb } = actionWords()[action];
  return html`<div class="plan">
    <div class="plan-head">
      <div>
        <h2>${verb}: ${going.length === 0 ? t('nothing can be done now') : serverCount(going.length)}</h2>
        <p class="dim">
          ${[
            ...summary(going, waves.length, parallel),
            ...(blocked.length > 0 ? [t('{0} blocked.', blocked.length)] : []),
            ...(skipped.length > 0 ? [t('{0} with nothing to do.', skipped.length)] : []),
            t('Nothing has been changed yet.'),
          ].join(' ')}
        </p>
      </div>
      <span class="grow"></span>
      ${
        going.length > 0
          ? button({
              label:
                going.length === 1 ? t('{0} 1 Server…', verb) : t('{0} {1} Servers…', verb, going.length),
              icon: 'play',
              kind: 'primary',
              title: t('Asks once more, then begins'),
              run: () => page.run(action, planned.servers),
            })
          : nothing
      }
      ${again(page, planned)} ${button({ label: t('Close'), run: () => page.closePlan() })}
    </div>
    <div class="scroll plan-body" tabindex="0" role="region" aria-label=${t('The plan')}>
      ${
        action === 'rollback' && going.length > 0
          ? html`<p class="dim">
              ${t('One step back is shown. Where a server can go further, you are asked how far.')}
            </p>`
          : nothing
      }
      ${waves.map((wave) =>
        part(
          waves.length > 1 ? waveTitle(wave, wave === 0) : t('Servers'),
          going.filter((server) => server.wave === wave),
        ),
      )}
      ${part(t('Blocked'), blocked)} ${leftOut(skipped)}
    </div>
  </div>`;
}

function summary(going: PlanServer[], waves: number, parallel: Plan['parallel']): string[] {
  if (going.length === 0) return [];
  const systems = [...new Set(going.map(({ system }) => system))];
  const widths = systems.map((system) => t('{0} at a time in {1}', parallel[system] ?? 1, system));
  const said = listed(widths, 3);
  return [waves === 1 ? t('1 wave; {0}.', said) : t('{0} waves; {1}.', waves, said)];
}

function part(title: string, servers: PlanServer[]): TemplateResult | typeof nothing {
  if (servers.length === 0) return nothing;
  const shown = servers.slice(0, mostServers);
  const more = servers.slice(mostServers).map(({ id }) => id);
  return html`<h3>${title} <span class="count">${servers.length}</span></h3>
    <ul class="plan-servers">
      ${shown.map(server)}
    </ul>
    ${more.length > 0 ? html`<p class="dim">${t('And {0}.', listed(more, 30))}</p>` : nothing}`;
}

/** The same reason for many servers is said once. */
function leftOut(servers: PlanServer[]): TemplateResult | typeof nothing {
  if (servers.length === 0) return nothing;
  const bySame = new Map<string, PlanServer[]>();
  for (const one of servers) {
    const key = one.reasons.map(({ rule, message }) => `${rule} ${message}`).join();
    bySame.set(key, [...(bySame.get(key) ?? []), one]);
  }
  return html`<h3>${t('Left out')} <span class="count">${servers.length}</span></h3>
    <ul class="plan-servers">
      ${[...bySame.values()].map(
        (same) =>
          html`<li class="plan-server">
            <p class="plan-server-head">
              <b
                >${listed(
                  same.map(({ id }) => id),
                  12,
                )}</b
              >
            </p>
            ${reasons(same[0]?.reasons ?? [])}
          </li>`,
      )}
    </ul>`;
}

const looks: Record<Verdict, [icon: string, colour: string]> = {
  ready: ['pass', 'testing.iconPassed'],
  confirm: ['warning', 'list.warningForeground'],
  blocked: ['error', 'list.errorForeground'],
  skip: ['skip', 'descriptionForeground'],
};

function server(one: PlanServer): TemplateResult {
  const { id, verdict, from, to, path, steps, expected, leads } = one;
  const [name, colour] = looks[verdict];
  const word = verdictWords()[verdict];
  const hops = path.length > 0 ? path : to === null || to === from ? [] : [to];
  return html`<li class="plan-server">
    <p class="plan-server-head">
      ${icon(name, colour)} <b>${id}</b>
      <span class="dim">${leads === undefined ? word : t('{0}, role {1} goes first', word, leads)}</span>
      <span class="path">${[from ?? t('nothing installed'), ...hops].join(' → ')}</span>
    </p>
    ${reasons(one.reasons)}
    ${expected === undefined ? nothing : html`<p class="dim">${takesText(expected)}</p>`}
    ${
      steps.length > 0
        ? html`<details>
            <summary>
              ${steps.length === 1 ? t('1 step') : t('{0} steps', steps.length)}: ${inShort(steps)}
            </summary>
            <ol class="plan-steps">
              ${steps.map(step)}
            </ol>
          </details>`
        : nothing
    }
  </li>`;
}

/** "5 × stage · restart": the same step in a row is said once. */
function inShort(steps: readonly PlanStep[]): string {
  const runs: { step: string; n: number }[] = [];
  for (const { step: name } of steps) {
    const last = runs.at(-1);
    if (last?.step === name) last.n += 1;
    else runs.push({ step: name, n: 1 });
  }
  return runs.map(({ step: name, n }) => (n > 1 ? `${n} × ${name}` : name)).join(' · ');
}

function reasons(list: PlanServer['reasons']): TemplateResult | typeof nothing {
  if (list.length === 0) return nothing;
  return html`<ul class="reasons">
    ${list.map(({ severity, message, rule }) => reasonLine(severity, message, rule))}
  </ul>`;
}

function step({ step: name, ...details }: PlanStep): TemplateResult {
  const said = Object.entries(details).filter(([, value]) => value !== null);
  return html`<li>
    <b>${name}</b> <span class="dim">${said.map(([key, value]) => `${key} ${value}`).join(', ')}</span>
  </li>`;
}
