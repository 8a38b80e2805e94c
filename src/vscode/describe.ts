import type { Server } from '../updater/fleet/model';
import { coreModule } from '../updater/packages/coordinates';
import { runsOnePackage } from '../updater/packages/loaded-version';
import type { Severity } from '../updater/plan/plan';
import { waitsArmed, type ServerState } from '../updater/rollout/state';
import { t } from './l10n';
import { escapeMarkdown } from './markdown';
import { wholeTime } from './time';
import {
  busyStatuses,
  failedStatuses,
  modulesToChange,
  oneLine,
  severityWords,
  statusWord,
  wantedVersion,
} from './words';

/**
 * What stands behind a server's name: "1.4.1 → 1.4.2 · loaded", "downloading 42 % · 1.4.1 → 1.4.2".
 * A narrow side bar cuts the end off: what is being done, or went wrong, stands first, and so does the status of the vendor's own
 * table where there is one ("Not downloaded · 4.3.1 → 4.4.12").
 */
export function describeServer(server: Server, state: ServerState): string {
  const { status, checking, rollout } = state;
  const asking = checking && rollout === null;
  if (asking && status === 'unknown') return t('asking …');
  const both = [versions(server, state), describeStatus(state)];
  const urgent =
    busyStatuses.has(status) ||
    failedStatuses.has(status) ||
    status === 'unreachable' ||
    runsOnePackage(server.product) ||
    blockedBy(state) !== undefined;
  const parts = [...(urgent ? both.reverse() : both), asking ? t('asking …') : ''];
  // A rule's sentence may set a word as code; a row shows plain text.
  return oneLine(parts.filter((part) => part !== '').join(' · ')).replaceAll('`', '');
}

function versions(server: Server, state: ServerState): string {
  const { version, facts } = state;
  const wanted = wantedVersion(server, state);
  const installed = version ?? (facts === null ? '' : t('nothing installed'));
  if (installed === '') return '';
  if (runsOnePackage(server.product) && (state.status === 'installed' || state.status === 'unsupported')) {
    const [before] = state.rollback;
    return before === undefined ? installed : t('{0} (before: {1})', installed, before);
  }
  if (wanted !== null && wanted !== version) return `${installed} → ${wanted}`;
  // The product itself is as wanted, but there are modules that are not.
  const changes = moduleRows(server, state).filter(({ differs }) => differs).length;
  return changes === 0 ? installed : `${installed} · ${modulesToChange(changes)}`;
}

/** "downloading 42 %", "failed: No space", "blocked: needs 5 GB. · not downloaded". */
export function describeStatus(state: ServerState): string {
  const { id, status, detail, progress, reasons, product } = state;
  // It runs what it runs: nobody has said what it shall run.
  if (
    status === 'installed' &&
    runsOnePackage(product) &&
    reasons.some(({ rule }) => rule === 'version.none')
  )
    return t('no package loaded');
  const word = statusWord(product, status);
  if (progress && progress.total > 0) return t('{0} {1} %', word, percent(progress));
  // "queued" would say that it waits for others.
  if (waitsArmed(state) && detail !== null) return detail;
  if (busyStatuses.has(status)) return [word, doneNow(state)].filter((part) => part).join(': ');
  if (failedStatuses.has(status) || status === 'unreachable' || status === 'unsupported') {
    const why = besideName(id, state.error?.message ?? detail ?? '');
    return why ? `${word}: ${why}` : word;
  }
  const blocked = blockedBy(state);
  return blocked === undefined ? word : `${t('blocked: {0}', blocked)} · ${word}`;
}

/** What is being done to a server, beside its status: a step of the same name says nothing more. */
export function doneNow({ status, step, detail }: ServerState): string {
  return detail ?? (step === null || status.startsWith(step) ? '' : step);
}

/** Why something failed, where the server's name stands before it: its own sentence begins with that name. */
export function besideName(server: string, why: string): string {
  const start = `${server} failed in `;
  return why.startsWith(start) ? why.slice(start.length) : why;
}

/** The sentence of the first rule that stands in the way; undefined if none does. */
export function blockedBy({ reasons }: ServerState): string | undefined {
  return reasons.find(({ severity }) => severity === 'block')?.message;
}

/** Whole percent, 100 only when it is all there. */
export function percent({ done, total }: { done: number; total: number }): number {
  return Math.max(0, Math.min(100, Math.floor((done / total) * 100)));
}

/** Everything known of a server, as Markdown in which nothing that a server says is more than text. */
export function serverTooltip(server: Server, state: ServerState): string {
  const { error } = state;
  const action = oneAction(server, state);
  const lines = [
    // What went wrong stands below in full.
    `**${escapeMarkdown(server.id)}** ${escapeMarkdown(error ? statusWord(server.product, state.status) : describeServer(server, state))}`,
    ...(error ? [`**${t('Error')}** ${escapeMarkdown(error.message)} (${escapeMarkdown(error.code)})`] : []),
    ...(error?.hint ? [`**${t('Next')}** ${escapeMarkdown(error.hint)}`] : []),
    ...(action === undefined ? [] : [`**${t('Action')}** ${escapeMarkdown(action)}`]),
    ...state.reasons.map(
      ({ rule, severity, message }) =>
        `- ${severityText(severity)}: ${escapeMarkdown(message)} (${escapeMarkdown(rule)})`,
    ),
    factRows(server, state)
      .map(([name, value]) => `${name}: ${escapeMarkdown(value)}`)
      .join('  \n'),
  ];
  return lines.join('\n\n').replace(/\n\n- /g, '\n- ');
}

/** Markdown. */
function severityText(severity: Severity): string {
  const word = severityWords()[severity];
  return severity === 'block' ? `**${word}**` : word;
}

/** What the menus offer first, with its version, which no menu can name. */
function oneAction(server: Server, state: ServerState): string | undefined {
  const wanted = wantedVersion(server, state);
  const [before] = state.rollback;
  if (!runsOnePackage(server.product) || blockedBy(state) !== undefined) return undefined;
  if (state.status === 'not-downloaded' && wanted !== null) return t('Download {0}', wanted);
  if (state.status === 'loaded' && wanted !== null) return t('Install version {0}', wanted);
  return state.status === 'installed' && before !== undefined ? t('Roll back to {0}', before) : undefined;
}

/** What is known of a server beside its state; what is not known is left out. */
export function factRows(server: Server, state: ServerState): [name: string, value: string][] {
  const place = server.port === undefined ? server.host : `${server.host}:${server.port}`;
  const loaded = state.loaded.map(({ version, file }) => (file === undefined ? version : `${file}`));
  const rows: [string, string | null | undefined][] = [
    [t('Host'), server.user === undefined ? place : `${server.user}@${place}`],
    [t('By way of'), server.jump],
    [t('Site'), server.site],
    [t('Role'), server.role],
    [t('Tags'), server.tags.join(', ')],
    [t('System'), [state.os, state.arch].filter((part) => part !== null).join(', ')],
    [t('Product'), [server.product, state.app].filter((part) => part).join(', ')],
    [t('Since'), state.status === 'unknown' ? null : wholeTime(state.since)],
    [t('Loaded'), loaded.join(', ')],
    [t('Rollback to'), state.rollback.join(', ')],
    [t('Rollout'), state.rollout],
    [t('Out of band'), server.outOfBand ?? t('none noted')],
  ];
  return rows.flatMap(([name, value]): [string, string][] => (value ? [[name, value]] : []));
}

export interface Icon {
  id: string;
  /** A theme colour. */
  color?: string;
}

export function serverIcon(state: ServerState): Icon {
  if (state.checking && state.rollout === null) return { id: 'sync~spin' };
  switch (state.status) {
    case 'unknown':
      return { id: 'server' };
    case 'unreachable':
      // Not a matter of the network: somebody may stand in between.
      if (state.error?.code === 'hostkey.changed') return { id: 'shield', color: 'list.errorForeground' };
      return { id: 'debug-disconnect', color: 'list.warningForeground' };
    case 'unsupported':
      return { id: 'circle-slash', color: 'disabledForeground' };
    case 'not-downloaded':
      return blockedBy(state) === undefined
        ? { id: 'cloud-download', color: 'charts.blue' }
        : { id: 'warning', color: 'list.warningForeground' };
    case 'loaded':
      return blockedBy(state) === undefined
        ? { id: 'package', color: 'charts.blue' }
        : { id: 'warning', color: 'list.warningForeground' };
    case 'queued':
      return { id: 'clock' };
    case 'downloading':
    case 'installing':
    case 'verifying':
    case 'rolling-back':
      return { id: 'loading~spin' };
    case 'restarting':
      return { id: 'debug-restart', color: 'charts.yellow' };
    case 'installed':
      return { id: 'pass', color: 'testing.iconPassed' };
    case 'failed':
    case 'rollback-failed':
      return { id: 'error', color: 'list.errorForeground' };
    case 'stalled':
      return { id: 'watch', color: 'list.warningForeground' };
  }
}

export interface ModuleRow {
  module: string;
  description: string;
  /** It is not as the fleet file wants it. */
  differs: boolean;
}

/** Modules installed or wanted: "1.4.1 → 1.4.2", short, for side bars are narrow. Only products with modules have any. */
export function moduleRows(server: Server, state: ServerState): ModuleRow[] {
  const wanted = server.banalytics?.modules ?? {};
  const installed = state.facts?.modules;
  const names = new Set([...Object.keys(wanted), ...Object.keys(installed ?? {})]);
  // The core's version is the product's: it goes before its modules.
  const inOrder = [...names].sort(
    (a, b) => Number(b === coreModule) - Number(a === coreModule) || (a < b ? -1 : 1),
  );
  return inOrder.flatMap((module): ModuleRow[] => {
    const want = wanted[module] ?? null;
    if (installed === undefined)
      return want === null ? [] : [{ module, description: t('{0} wanted', want), differs: false }];
    const have = installed[module] ?? null;
    if (have === null && want === null) return [];
    if (have === want) return [{ module, description: String(have), differs: false }];
    return [{ module, description: `${have ?? t('not there')} → ${want ?? t('removed')}`, differs: true }];
  });
}
