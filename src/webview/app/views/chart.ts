import { html, svg, type TemplateResult } from 'lit';
import { t } from '../../../vscode/l10n';
import { serverCount } from '../../../vscode/words';
import type { ServerRow } from '../../protocol';
import { inOrder, tally, wordOf } from '../model';

/** Versions that get a colour of their own; what is rarer stands together. */
const mostVersions = 6;

export interface Share {
  version: string | null;
  label: string;
  count: number;
  /** Of the style sheet: `target`, `none`, or a number. */
  colour: string;
}

/** How many servers run which version: the newest first, rare ones together. */
export function sharesOf(rows: readonly ServerRow[], target: string | null): Share[] {
  const all = tally(rows, 'version').sort(([a], [b]) => inOrder(b, a));
  const common = new Set(
    [...all]
      .sort(([, a], [, b]) => b - a)
      .slice(0, mostVersions)
      .map(([version]) => version),
  );
  let next = 0;
  const shares = all
    .filter(([version]) => common.has(version))
    .map(([version, n]): Share => {
      const colour = version === '' ? 'none' : version === target ? 'target' : String(next++);
      return { version, label: wordOf('version', version), count: n, colour };
    });
  const rest = all.filter(([version]) => !common.has(version));
  if (rest.length === 0) return shares;
  const others = rest.reduce((sum, [, n]) => sum + n, 0);
  return [
    ...shares,
    {
      version: null,
      label: rest.length === 1 ? t('1 other version') : t('{0} other versions', rest.length),
      count: others,
      colour: 'none',
    },
  ];
}

/** The distribution of versions as one bar, with a legend that narrows the table down. */
export function distribution(
  rows: readonly ServerRow[],
  target: string | null,
  choose: (version: string) => void,
): TemplateResult {
  const shares = sharesOf(rows, target);
  const words = shares.map(({ label, count: n }) => `${label}: ${serverCount(n)}`).join(', ');
  let x = 0;
  return html`<div class="distribution">
    <svg
      class="bar"
      viewBox="0 0 100 10"
      preserveAspectRatio="none"
      role="img"
      aria-label=${t('Versions: {0}', words)}
    >
      ${shares.map(({ count: n, colour }) => {
        const width = (n / rows.length) * 100;
        const from = x;
        x += width;
        return svg`<rect class="v-${colour}" x=${from} y="0" width=${width} height="10"></rect>`;
      })}
    </svg>
    <ul class="legend">
      ${shares.map(({ version, label, count: n, colour }) => {
        const text = html`<span class="swatch v-${colour}"></span>${label} <span class="count">${n}</span>`;
        return html`<li>
          ${
            version === null
              ? html`<span class="legend-item">${text}</span>`
              : html`<button
                  type="button"
                  class="legend-item"
                  title=${t('Show these servers')}
                  @click=${() => choose(version)}
                >
                  ${text}
                </button>`
          }
        </li>`;
      })}
    </ul>
  </div>`;
}
