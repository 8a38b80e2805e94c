import type { Outcome } from '../updater/rollout/events';
import type { RolloutRecord, ServerRecord } from '../updater/rollout/history';
import type { ServerState } from '../updater/rollout/state';
import { isLeftArmed } from '../updater/rollout/summary';
import type { RolloutSummary } from '../updater/updater';
import { besideName, describeStatus, serverIcon, type Icon } from '../vscode/describe';
import { capabilities, type Capability } from '../vscode/ids';
import { t } from '../vscode/l10n';
import { escapeMarkdown } from '../vscode/markdown';
import { dayAndTime, duration, wholeTime } from '../vscode/time';
import { askedWords, outcomeWords, rolloutStateWords, rolloutWords, tallied } from '../vscode/words';

/** "running · 2 of 5 done, 1 failed · Nov 26, 22:10 · me@here". */
export function rolloutDescription(rollout: RolloutSummary): string {
  const { startedAt, by } = rollout;
  return [stateWord(rollout), counts(rollout), dayAndTime(Date.parse(startedAt)), by].join(' · ');
}

function stateWord(rollout: RolloutSummary): string {
  const word = wordOf(rollout);
  return rollout.damaged ? t('{0}, journal damaged', word) : word;
}

function wordOf(rollout: RolloutSummary): string {
  const { state, asked } = rollout;
  if (isLeftArmed(rollout)) return outcomeWords().armed;
  if (state !== 'running' || asked === undefined) return rolloutStateWords()[state];
  return askedWords()[asked];
}

/** Of those that it acts on, how many are done; and how the others ended. */
function counts({ servers }: RolloutSummary): string {
  const tally = new Map<string, number>();
  for (const { outcome } of servers) if (outcome) tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
  const of = (outcome: string): number => tally.get(outcome) ?? 0;
  const acting = servers.length - of('skipped') - of('blocked');
  const others = (['armed', 'failed', 'cancelled', 'not-started', 'blocked', 'skipped'] as const).filter(
    (outcome) => of(outcome) > 0,
  );
  const words = others.map((outcome) => tallied(of(outcome), outcomeWords()[outcome]));
  return [t('{0} of {1} done', of('done'), acting), ...words].join(', ');
}

export function rolloutIcon(rollout: RolloutSummary): Icon {
  const { state, asked } = rollout;
  if (isLeftArmed(rollout)) return { id: 'clock' };
  switch (state) {
    case 'running':
      return asked === 'pause' ? { id: 'debug-pause', color: 'charts.yellow' } : { id: 'loading~spin' };
    case 'interrupted':
      return { id: 'warning', color: 'list.warningForeground' };
    case 'done':
      return { id: 'pass', color: 'testing.iconPassed' };
    case 'failed':
      return { id: 'error', color: 'list.errorForeground' };
    case 'cancelled':
      return { id: 'circle-slash', color: 'disabledForeground' };
  }
}

/** @param isOpen it left servers behind that no later rollout has seen to */
export function rolloutCapabilities({ state, asked }: RolloutSummary, isOpen: boolean): Capability[] {
  const { rollout, running, pausable, paused, resumable } = capabilities;
  if (state !== 'running') return isOpen ? [rollout, resumable] : [rollout];
  if (asked === 'cancel') return [rollout];
  return [rollout, running, asked === 'pause' ? paused : pausable];
}

/** Markdown. */
export function rolloutTooltip(rollout: RolloutSummary, fleet: string): string {
  const { id, by, startedAt, finishedAt } = rollout;
  const lines: [string, string][] = [
    [t('Rollout'), id],
    [t('Fleet'), fleet],
    [t('Began'), wholeTime(startedAt)],
    [
      t('Ended'),
      finishedAt === null
        ? t('not yet')
        : t(
            '{0}, after {1}',
            wholeTime(finishedAt),
            duration(Date.parse(finishedAt) - Date.parse(startedAt)),
          ),
    ],
    [t('By'), by],
    [t('Servers'), counts(rollout)],
  ];
  return [
    `**${escapeMarkdown(rolloutWords(rollout).verb)}** ${escapeMarkdown(stateWord(rollout))}`,
    lines.map(([name, value]) => `${name}: ${escapeMarkdown(value)}`).join('  \n'),
  ].join('\n\n');
}

/** A server's part in a rollout as a row shows it. */
export interface Part {
  outcome: Outcome | 'armed' | null;
  /** By the journal, when it was read last. */
  record: ServerRecord;
  /** While the rollout works on the server, or makes it wait. */
  state: ServerState | undefined;
  /** The rollout runs, and works on it or will. */
  isOpen: boolean;
}

/** "1.4.2 → 1.5.0 · done · 3 min"; while it is worked on what is being done; where it failed, why. */
export function partDescription({ outcome, record, state, isOpen }: Part): string {
  const { id, seconds, recordingGapSeconds: gap, reason } = record;
  if (isOpen && state) return [describeStatus(state), versions(record)].filter((word) => word).join(' · ');
  const words = [
    outcome === null ? (isOpen ? t('waiting') : t('not ended')) : outcomeWords()[outcome],
    reason && besideName(id, reason),
    versions(record),
    seconds !== null && seconds > 0 ? duration(seconds * 1000) : null,
    gap !== null && gap > 0 ? t('without recording {0}', duration(gap * 1000)) : null,
  ];
  return words.filter((word) => word).join(' · ');
}

function versions({ from, to }: ServerRecord): string | undefined {
  if (to === null || to === from) return from ?? undefined;
  return `${from ?? t('nothing')} → ${to}`;
}

export function partIcon({ outcome, state, isOpen }: Part): Icon {
  if (isOpen && state) return serverIcon(state);
  switch (outcome) {
    case null:
      return { id: isOpen ? 'clock' : 'question' };
    case 'armed':
      return { id: 'clock' };
    case 'done':
      return { id: 'pass', color: 'testing.iconPassed' };
    case 'failed':
      return { id: 'error', color: 'list.errorForeground' };
    case 'blocked':
      return { id: 'warning', color: 'list.warningForeground' };
    case 'skipped':
    case 'cancelled':
    case 'not-started':
      return { id: 'circle-slash', color: 'disabledForeground' };
  }
}

/** Failed ones first once it is over; while it runs every row stays where it is. */
export function partsInOrder(parts: readonly ServerRecord[], state: RolloutRecord['state']): ServerRecord[] {
  if (state === 'running') return [...parts];
  const rank = ({ outcome }: ServerRecord): number =>
    outcome === 'failed' ? 0 : outcome === null ? 1 : outcome === 'done' ? 3 : 2;
  return [...parts].sort((a, b) => rank(a) - rank(b));
}
