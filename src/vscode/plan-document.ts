import type { Plan, PlanServer, PlanStep } from '../updater/plan/plan';
import { takesText } from './expected-words';
import { t } from './l10n';
import { escapeMarkdown as text, table } from './markdown';
import { about } from './time';
import { actionWords, listed, severityWords, verdictWords } from './words';

/** A plan for reading, as Markdown: per server the verdict, versions, wave, reasons and steps. */
export function planDocument(plan: Plan, fleet: string): string {
  const { action, to, servers, parallel } = plan;
  const acting = servers.filter(({ verdict }) => verdict === 'ready' || verdict === 'confirm');
  const { verb } = actionWords()[action];
  const waves = [...new Set(acting.map(({ wave }) => wave))].sort((a, b) => a - b);
  return [
    `# ${to === null ? t('Plan: {0}, {1}', verb, text(fleet)) : t('Plan: {0} to {1}, {2}', verb, text(to), text(fleet))}`,
    wouldAct(acting.length, servers.length),
    table(
      [t('Server'), t('Verdict'), t('From'), t('Path'), t('Wave'), t('Takes about')],
      servers.map((server) => [
        text(server.id),
        verdictText(server),
        text(server.from ?? '–'),
        text(server.path.join(' → ') || '–'),
        acting.includes(server) ? String(server.wave) : '–',
        server.expected === undefined ? '–' : about(server.expected.seconds),
      ]),
    ),
    `## ${t('Waves')}`,
    waves
      .map((wave) => {
        const own = acting.filter((server) => server.wave === wave);
        return `- ${waveTitle(wave, own)}: ${own.map(({ id }) => text(id)).join(', ')}`;
      })
      .join('\n') || t('None.'),
    Object.entries(parallel)
      .map(([system, n]) => `- ${atOnce(text(system), n)}`)
      .join('\n'),
    ...servers.map(section),
    '',
  ].join('\n\n');
}

function wouldAct(acting: number, all: number): string {
  return all === 1
    ? t('{0} of 1 server would act. Nothing has been changed.', acting)
    : t('{0} of {1} servers would act. Nothing has been changed.', acting, all);
}

function verdictText({ verdict }: PlanServer): string {
  const word = verdictWords()[verdict];
  return verdict === 'blocked' ? `**${word}**` : word;
}

function atOnce(system: string, n: number): string {
  return n === 1
    ? t('{0}: at most 1 server at the same time', system)
    : t('{0}: at most {1} servers at the same time', system, n);
}

/** Systems may have servers whose role goes first; then they make a wave, beside the first of other systems. */
function waveTitle(wave: number, servers: readonly PlanServer[]): string {
  const roles = [...new Set(servers.flatMap(({ leads }) => leads ?? []))];
  if (roles.length === 0) return t('Wave {0}', wave);
  return t('Wave {0} (role {1} goes first)', wave, listed(roles.map(text)));
}

function section(server: PlanServer): string {
  const reasons = server.reasons.map(
    ({ rule, severity, message }) => `- ${severityWords()[severity]}: ${text(message)} (${text(rule)})`,
  );
  const takes = server.expected && takesText(server.expected);
  const steps = server.steps.map((step, index) => `${index + 1}. ${stepText(step)}`);
  return [
    `## ${text(server.id)}: ${verdictText(server)}`,
    ...(reasons.length > 0 ? [reasons.join('\n')] : []),
    ...(takes ? [takes] : []),
    ...(steps.length > 0 ? [steps.join('\n')] : []),
  ].join('\n\n');
}

function stepText({ step, ...details }: PlanStep): string {
  const said = Object.entries(details).filter(([, value]) => value !== null);
  const more = said.map(([name, value]) => `${text(name)} ${text(String(value))}`);
  return `**${text(step)}**${more.length > 0 ? ` ${more.join(', ')}` : ''}`;
}
