import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../../../vscode/l10n';
import { listed, outcomeWords, rolloutStateWords, rolloutWords, verdictWords } from '../../../vscode/words';
import { willAct } from '../../../updater/plan/plan';
import type { PastRollout } from '../../protocol';
import {
  downtimeOf,
  forecast,
  wavesOf,
  wordsOf,
  type RolloutServer,
  type RolloutView,
} from '../../rollout-view';
import { button, waiting } from '../controls';
import { icon } from '../icons';
import { inOrder } from '../model';
import type { Page } from '../page';
import { showServer } from '../show-server';
import { clockTime, dayAndTime, duration } from '../../../vscode/time';
import { axis, legend, scaleOf, timelineRow } from './timeline';
import { waveTitle } from './wave-title';

/** Servers that are drawn of a wave: those at work and failed ones first. */
const mostServers = 150;

/** Rollouts of this fleet: a list of all, and the one that is looked at, wave by wave. */
export function rollouts(page: Page): TemplateResult {
  const list = entries(page);
  const { rollout } = page;
  if (list.length === 0)
    return html`<div class="empty">
      ${page.history ? html`<p>${t('No rollout yet. Select servers and install something.')}</p>` : waiting(t('Asking for the rollouts'))}
    </div>`;
  return html`<div class="rollouts">
    <nav class="history scroll" aria-label=${t('Rollouts, newest first')}>
      <ul>
        ${list.map((one) => entry(page, one))}
      </ul>
    </nav>
    ${rollout ? one(page, rollout) : html`<div class="empty">${waiting(t('Reading the journal'))}</div>`}
  </div>`;
}

interface Entry {
  id: string;
  verb: string;
  state: PastRollout['state'];
  startedAt: string;
  by: string;
  servers: number;
  done: number;
}

/** Those of this window go before what their journals said when they were read. */
function entries({ data, history }: Page): Entry[] {
  const live = (data?.rollouts ?? []).map((view): Entry => {
    const acting = view.servers.filter(willAct);
    return {
      id: view.id,
      verb: wordsOf(view).verb,
      state: view.outcome ?? 'running',
      startedAt: view.startedAt,
      by: view.by,
      servers: acting.length,
      done: acting.filter(({ outcome }) => outcome === 'done').length,
    };
  });
  const known = new Set(live.map(({ id }) => id));
  const past = (history ?? [])
    .filter(({ id }) => !known.has(id))
    .map(({ id, action, to, state, startedAt, by, servers }): Entry => {
      const { verb } = rolloutWords({ action, to });
      const acting = servers.filter(({ outcome }) => outcome !== 'skipped' && outcome !== 'blocked').length;
      const done = servers.filter(({ outcome }) => outcome === 'done').length;
      return { id, verb, state, startedAt, by, servers: acting, done };
    });
  return [...live, ...past].sort((a, b) => b.startedAt.localeCompare(a.startedAt));
}

const states: Record<PastRollout['state'], [name: string, colour: string | null]> = {
  running: ['loading~spin', null],
  interrupted: ['warning', 'list.warningForeground'],
  done: ['pass', 'testing.iconPassed'],
  failed: ['error', 'list.errorForeground'],
  cancelled: ['circle-slash', 'descriptionForeground'],
};

function entry(page: Page, { id, verb, state, startedAt, by, servers, done }: Entry): TemplateResult {
  const chosen = page.view.rollout === id;
  const [name, colour] = states[state];
  return html`<li>
    <button
      type="button"
      class="history-entry ${chosen ? 'on' : ''}"
      aria-current=${chosen ? 'true' : nothing}
      title=${t('{0} by {1}', id, by)}
      @click=${() => void page.showRollout(id)}
    >
      ${icon(name, colour)}
      <span class="history-words">
        <span
          >${verb}
          <span class="dim">${rolloutStateWords()[state]} · ${t('{0} of {1}', done, servers)}</span></span
        >
        <span class="dim">${dayAndTime(Date.parse(startedAt))} · ${by}</span>
      </span>
    </button>
  </li>`;
}

function one(page: Page, view: RolloutView): TemplateResult {
  const now = page.now();
  const { verb, doing } = wordsOf(view);
  const past = page.history?.find(({ id }) => id === view.id);
  const live = page.data?.rollouts.some(({ id }) => id === view.id) ?? false;
  const running = view.finishedAt === null && (live || past?.state === 'running');
  const coming = forecast(view, now);
  const scale = scaleOf(view, running ? now : lastSign(view), running ? coming.endsAt : null);
  const acting = view.servers.filter(willAct);
  return html`<section class="rollout" aria-label=${t('Rollout {0}', view.id)}>
    <div class="plan-head">
      <div>
        <h2>${running ? doing : verb}: ${doneText(acting)}</h2>
        <p class="dim">${[began(view), ...ending(view, running, coming, now)].join(' · ')}</p>
      </div>
      <span class="grow"></span>
      ${button({ label: t('Report'), icon: 'output', title: t('A document to read and keep'), run: () => page.report(view.id) })}
      ${
        running
          ? halts(page, view)
          : past?.resumable === true
            ? button({
                label: t('Resume…'),
                icon: 'debug-continue',
                run: () => page.run('resume', [], view.id),
              })
            : nothing
      }
    </div>
    <div class="scroll rollout-body" tabindex="0" role="region" aria-label=${t('Waves and timeline')}>
      ${legend(view)}
      ${wavesOf(view).map(({ wave, servers }, index) =>
        waveOf(page, view, wave, servers, scale, index === 0),
      )}
      ${leftOut(view)}
    </div>
  </section>`;
}

/** How a rollout that runs is held up, let go on, and ended. */
function halts(page: Page, { id, asked }: RolloutView): TemplateResult {
  const run = (verb: 'pause' | 'continue' | 'cancel') => () => page.run(verb, [], id);
  return html`${asked === null ? button({ label: t('Pause'), icon: 'debug-pause', run: run('pause') }) : nothing}
  ${asked === 'pause' ? button({ label: t('Continue'), icon: 'debug-continue', kind: 'primary', run: run('continue') }) : nothing}
  ${asked === 'cancel' ? nothing : button({ label: t('Cancel Rollout…'), icon: 'debug-stop', run: run('cancel') })}`;
}

/** When an interrupted rollout was last heard of. */
function lastSign(view: RolloutView): number {
  const times = view.servers.flatMap(({ phases, endedAt }) => [...phases.map(({ at }) => at), endedAt ?? '']);
  const newest = times.reduce((last, at) => (at > last ? at : last), view.startedAt);
  return Date.parse(newest);
}

/** Behind what was expected "0 s" would be a promise. */
function leftWords(ms: number): string {
  return ms < 1000 ? t('about to end') : t('about {0} left', duration(ms));
}

function began({ startedAt, resumedAt, by }: RolloutView): string {
  const when = dayAndTime(Date.parse(startedAt));
  if (resumedAt === null) return t('{0} by {1}', when, by);
  return t('{0} by {1}, resumed {2}', when, by, clockTime(Date.parse(resumedAt)));
}

function ending(
  { startedAt, finishedAt, outcome }: RolloutView,
  running: boolean,
  { endsAt, note }: ReturnType<typeof forecast>,
  now: number,
): string[] {
  if (finishedAt !== null) {
    const took = duration(Date.parse(finishedAt) - Date.parse(startedAt));
    return [t('{0} after {1}', rolloutStateWords()[outcome ?? 'done'], took)];
  }
  if (!running) return [rolloutStateWords().interrupted];
  if (endsAt === null) return note === '' ? [] : [note];
  return [t('{0}, until {1} ({2})', leftWords(endsAt - now), clockTime(endsAt), note)];
}

function doneText(acting: readonly RolloutServer[]): string {
  const all = acting.length;
  const done = acting.filter(({ outcome }) => outcome === 'done').length;
  const failed = acting.filter(({ outcome }) => outcome === 'failed').length;
  if (failed === 0)
    return all === 1 ? t('{0} of 1 server done', done) : t('{0} of {1} servers done', done, all);
  return all === 1
    ? t('{0} of 1 server done, {1} failed', done, failed)
    : t('{0} of {1} servers done, {2} failed', done, all, failed);
}

function waveOf(
  page: Page,
  view: RolloutView,
  wave: number,
  servers: readonly RolloutServer[],
  scale: ReturnType<typeof scaleOf>,
  first: boolean,
): TemplateResult {
  const now = Math.min(page.now(), view.finishedAt === null ? Infinity : Date.parse(view.finishedAt));
  const away = servers.map((server) => downtimeOf(server, now)).filter((ms) => ms > 0);
  const longest = away.length > 0 ? ` · ${t('away at most {0}', duration(Math.max(...away)))}` : '';
  const inSight = [...servers].sort((a, b) => rank(a) - rank(b) || inOrder(a.id, b.id)).slice(0, mostServers);
  return html`<section class="wave" aria-label=${t('Wave {0}', wave)}>
    <div class="wave-head">
      <h3>${waveTitle(wave, wave === 0 && view.servers.some((one) => one.wave > 0))}</h3>
      <span class="dim">${doneText(servers)}${longest}</span>
    </div>
    ${first ? axis(scale) : nothing}
    <ul class="timeline">
      ${inSight.map((server) => timelineRow(server, scale, now, () => showServer(page, server.id)))}
    </ul>
    ${
      servers.length > inSight.length
        ? html`<p class="dim">${moreText(servers.length - inSight.length)}</p>`
        : nothing
    }
  </section>`;
}

const moreText = (n: number): string =>
  n === 1
    ? t('And 1 server more, which the table shows.')
    : t('And {0} servers more, which the table shows.', n);

/** Failed ones first, then those at work, then those that wait, then those that are done. */
function rank({ outcome, phases }: RolloutServer): number {
  if (outcome === 'failed') return 0;
  if (outcome !== null) return 3;
  return phases.some(({ status }) => status !== 'queued') ? 1 : 2;
}

function leftOut({ servers }: RolloutView): TemplateResult | typeof nothing {
  const left = servers.filter((server) => !willAct(server));
  if (left.length === 0) return nothing;
  const each = left.map(
    ({ id, outcome }) => `${id} (${outcome === null ? verdictWords().skip : outcomeWords()[outcome]})`,
  );
  return html`<p class="dim">${t('Left out: {0}.', listed(each, 30))}</p>`;
}

/** The rollouts that run now, one line each; not the one that is looked at. */
export function banner(page: Page): TemplateResult | typeof nothing {
  const inFront = page.view.tab === 'rollouts' ? page.rollout?.id : undefined;
  const running = (page.data?.rollouts ?? []).filter(
    ({ id, finishedAt }) => finishedAt === null && id !== inFront,
  );
  if (running.length === 0) return nothing;
  const now = page.now();
  return html`${running.map((view) => {
    const acting = view.servers.filter(willAct);
    const ended = acting.filter(({ outcome }) => outcome !== null).length;
    const waves = wavesOf(view);
    const wave = waves.findIndex(({ servers }) => servers.some(({ outcome }) => outcome === null));
    const coming = forecast(view, now);
    const when = coming.endsAt === null ? coming.note : leftWords(coming.endsAt - now);
    return html`<section class="banner" aria-label=${t('Running rollout')}>
      ${icon(view.asked === 'pause' ? 'debug-pause' : 'sync~spin')}
      <b>${wordsOf(view).doing}</b>
      <span>${doneText(acting)}</span>
      ${waves.length > 1 ? html`<span>${t('wave {0}', waves[wave]?.wave ?? '–')}</span>` : nothing}
      <span class="dim">${when}</span>
      <span
        class="progress wide"
        role="progressbar"
        aria-label=${t('Servers that have ended')}
        aria-valuemin="0"
        aria-valuemax=${acting.length}
        aria-valuenow=${ended}
        ><span .style=${`width: ${(ended / Math.max(1, acting.length)) * 100}%`}></span
      ></span>
      <span class="grow"></span>
      <button
        type="button"
        class="link"
        @click=${() => {
          page.showTab('rollouts');
          void page.showRollout(view.id);
        }}
      >
        ${t('Show Waves')}
      </button>
      ${halts(page, view)}
    </section>`;
  })}`;
}
