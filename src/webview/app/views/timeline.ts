import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../../../vscode/l10n';
import { outcomeWords, statusWords } from '../../../vscode/words';
import {
  downtimeOf,
  spansOf,
  stretchesOf,
  workTimeOf,
  type RolloutServer,
  type RolloutView,
} from '../../rollout-view';
import { icon } from '../icons';
import { about, clockTime, duration } from '../../../vscode/time';

export interface Scale {
  /** ms since 1970. */
  from: number;
  to: number;
}

/** From the first thing that was done to the end, that which was or that which is expected. */
export function scaleOf(view: RolloutView, now: number, expected: number | null): Scale {
  const from = Date.parse(view.startedAt);
  const to = view.finishedAt === null ? Math.max(now, expected ?? now) : Date.parse(view.finishedAt);
  return { from, to: Math.max(to, from + 1000) };
}

/** Three times along the top: the beginning, the middle, the end. */
export function axis({ from, to }: Scale): TemplateResult {
  return html`<div class="axis" aria-hidden="true">
    ${[from, (from + to) / 2, to].map((time) => html`<span>${clockTime(time)}</span>`)}
  </div>`;
}

/** One server's part as a bar of what it did when, and in words. */
export function timelineRow(
  server: RolloutServer,
  scale: Scale,
  now: number,
  choose: () => void,
): TemplateResult {
  const spans = spansOf(server, Math.min(now, scale.to));
  const whole = scale.to - scale.from;
  const away = downtimeOf(server, now);
  const work = workTimeOf(server, now);
  const last = spans.at(-1);
  const [name, colour] = look(server);
  const words =
    server.outcome !== null
      ? outcomeWords()[server.outcome]
      : last
        ? statusWords()[last.status]
        : t('not begun');
  const stretches = stretchesOf(spans, 'status');
  const said = stretches
    .map(({ status, from, to }) => `${statusWords()[status]} ${duration(to - from)}`)
    .join(', ');
  return html`<li class="timeline-row">
    <button type="button" class="timeline-name" title=${t('Show this server')} @click=${choose}>
      ${icon(name, colour)}<span class="name">${server.id}</span>
    </button>
    <span class="track" role="img" aria-label=${`${server.id}: ${said || t('nothing yet')}`}>
      ${stretches.map(
        ({ status, from, to }) =>
          html`<span
            class="span s-${status}"
            title=${t('{0}, {1}, from {2}', statusWords()[status], duration(to - from), clockTime(from))}
            .style=${`left: ${percent(from - scale.from, whole)}%; width: ${percent(to - from, whole)}%`}
          ></span>`,
      )}
    </span>
    <span class="timeline-words">
      <span>${words}</span>
      ${work > 0 ? html`<span class="dim">${duration(work)}</span>` : nothing}
      ${away > 0 ? html`<span class="dim">${t('away {0}', duration(away))}</span>` : nothing}
      ${
        server.outcome === null && last?.status === 'queued' && last.detail !== null
          ? html`<span class="dim">${last.detail}</span>`
          : nothing
      }
      ${
        server.outcome === null && work === 0 && server.expected !== null
          ? html`<span class="dim">${t('takes about {0}', about(server.expected.seconds))}</span>`
          : nothing
      }
      ${server.error === null ? nothing : html`<span class="dim">${server.error.message}</span>`}
    </span>
  </li>`;
}

const percent = (part: number, whole: number): number => Math.max(0, Math.min(100, (part / whole) * 100));

function look({ outcome, phases }: RolloutServer): [name: string, colour: string | null] {
  switch (outcome) {
    case 'done':
      return ['pass', 'testing.iconPassed'];
    case 'failed':
      return ['error', 'list.errorForeground'];
    case 'cancelled':
    case 'not-started':
      return ['circle-slash', 'descriptionForeground'];
    case 'blocked':
    case 'skipped':
      return ['skip', 'descriptionForeground'];
    case null:
      return phases.some(({ status }) => status !== 'queued') ? ['loading~spin', null] : ['clock', null];
  }
}

const legendStatuses = [
  'queued',
  'downloading',
  'installing',
  'restarting',
  'verifying',
  'rolling-back',
] as const;

export function legend(view: RolloutView): TemplateResult {
  const used = new Set(view.servers.flatMap(({ phases }) => phases.map(({ status }) => status)));
  return html`<ul class="legend" aria-label=${t('What the colours mean')}>
    ${legendStatuses
      .filter((status) => used.has(status))
      .map(
        (status) =>
          html`<li class="legend-item"><span class="swatch s-${status}"></span>${statusWords()[status]}</li>`,
      )}
  </ul>`;
}
