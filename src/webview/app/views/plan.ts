import { html, nothing, type TemplateResult } from 'lit';
import { expectedText } from '../../../updater/plan/expected';
import type { Plan, PlanServer, PlanStep, Verdict } from '../../../updater/plan/plan';
import { actionWords, count, listed } from '../../../vscode/words';
import { button, waiting } from '../controls';
import { icon } from '../icons';
import type { Page, Planned } from '../page';
import { reasonLine } from './detail';

/** Servers that are shown of a wave with reasons and steps; the others by name. */
const mostServers = 100;

/** What an action would do, before anything is done. */
export function plan(page: Page): TemplateResult {
  const { planned } = page;
  if (!planned) return html``;
  const { verb } = actionWords[planned.action];
  const title = `${verb}: plan for ${count(planned.servers.length, 'server')}`;
  switch (planned.state) {
    case 'asking':
      return html`<div class="empty" role="status">
        ${waiting('Planning')}
        <p>${title}: asking ${planned.servers.length === 1 ? planned.servers[0] : 'the servers'} …</p>
        ${button({ label: 'Stop', run: () => page.closePlan() })}
      </div>`;
    case 'failed':
      return html`<div class="empty">
        <p>${icon('error', 'list.errorForeground')} ${planned.message}</p>
        ${again(page, planned)} ${button({ label: 'Close', run: () => page.closePlan() })}
      </div>`;
    case 'made':
      return made(page, planned, planned.plan);
  }
}

const again = (page: Page, { action, servers }: Planned): TemplateResult =>
  button({ label: 'Plan Again', icon: 'refresh', run: () => void page.plan(action, servers) });

function made(page: Page, planned: Planned, { action, servers, parallel }: Plan): TemplateResult {
  const going = servers.filter(acts);
  const blocked = servers.filter(({ verdict }) => verdict === 'blocked');
  const skipped = servers.filter(({ verdict }) => verdict === 'skip');
  const waves = [...new Set(going.map(({ wave }) => wave))].sort((a, b) => a - b);
  const { verb } = actionWords[action];
  return html`<div class="plan">
    <div class="plan-head">
      <div>
        <h2>${verb}: ${going.length === 0 ? 'nothing can be done now' : count(going.length, 'server')}</h2>
        <p class="dim">
          ${summary(going, waves.length, parallel)}${blocked.length > 0 ? ` ${blocked.length} blocked.` : ''}${
            skipped.length > 0 ? ` ${skipped.length} with nothing to do.` : ''
          }
          Nothing has been changed yet.
        </p>
      </div>
      <span class="grow"></span>
      ${
        going.length > 0
          ? button({
              label: `${verb} ${count(going.length, 'Server')}…`,
              icon: 'play',
              kind: 'primary',
              title: 'Asks once more, then begins',
              run: () => page.run(action, planned.servers),
            })
          : nothing
      }
      ${again(page, planned)} ${button({ label: 'Close', run: () => page.closePlan() })}
    </div>
    <div class="scroll plan-body" tabindex="0" role="region" aria-label="The plan">
      ${
        action === 'rollback' && going.length > 0
          ? html`<p class="dim">
              One step back is shown. Where a server can go further, you are asked how far.
            </p>`
          : nothing
      }
      ${waves.map((wave) =>
        part(
          waves.length > 1 ? `Wave ${wave}${wave === 0 ? ', first of all' : ''}` : 'Servers',
          going.filter((server) => server.wave === wave),
        ),
      )}
      ${part('Blocked', blocked)} ${leftOut(skipped)}
    </div>
  </div>`;
}

const acts = ({ verdict }: PlanServer): boolean => verdict === 'ready' || verdict === 'confirm';

function summary(going: PlanServer[], waves: number, parallel: Plan['parallel']): string {
  if (going.length === 0) return '';
  const systems = [...new Set(going.map(({ system }) => system))];
  const widths = systems.map((system) => `${parallel[system] ?? 1} at a time in ${system}`);
  return `${count(waves, 'wave')}; ${listed(widths, 3)}.`;
}

function part(title: string, servers: PlanServer[]): TemplateResult | typeof nothing {
  if (servers.length === 0) return nothing;
  const shown = servers.slice(0, mostServers);
  const more = servers.slice(mostServers).map(({ id }) => id);
  return html`<h3>${title} <span class="count">${servers.length}</span></h3>
    <ul class="plan-servers">
      ${shown.map(server)}
    </ul>
    ${more.length > 0 ? html`<p class="dim">And ${listed(more, 30)}.</p>` : nothing}`;
}

/** The same reason for many servers is said once. */
function leftOut(servers: PlanServer[]): TemplateResult | typeof nothing {
  if (servers.length === 0) return nothing;
  const bySame = new Map<string, PlanServer[]>();
  for (const one of servers) {
    const key = one.reasons.map(({ rule, message }) => `${rule} ${message}`).join();
    bySame.set(key, [...(bySame.get(key) ?? []), one]);
  }
  return html`<h3>Left out <span class="count">${servers.length}</span></h3>
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

const verdicts: Record<Verdict, [word: string, icon: string, colour: string]> = {
  ready: ['ready', 'pass', 'testing.iconPassed'],
  confirm: ['ready once confirmed', 'warning', 'list.warningForeground'],
  blocked: ['blocked', 'error', 'list.errorForeground'],
  skip: ['nothing to do', 'skip', 'descriptionForeground'],
};

function server(one: PlanServer): TemplateResult {
  const { id, verdict, from, to, path, steps, expected, leads } = one;
  const [word, name, colour] = verdicts[verdict];
  const hops = path.length > 0 ? path : to === null || to === from ? [] : [to];
  return html`<li class="plan-server">
    <p class="plan-server-head">
      ${icon(name, colour)} <b>${id}</b>
      <span class="dim">${word}${leads === undefined ? nothing : `, role ${leads} goes first`}</span>
      <span class="path">${[from ?? 'nothing installed', ...hops].join(' → ')}</span>
    </p>
    ${reasons(one.reasons)}
    ${expected === undefined ? nothing : html`<p class="dim">Takes ${expectedText(expected)}.</p>`}
    ${
      steps.length > 0
        ? html`<details>
            <summary>${count(steps.length, 'step')}: ${inShort(steps)}</summary>
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
