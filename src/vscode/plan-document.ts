import { expectedText, spanText } from '../updater/plan/expected';
import type { Plan, PlanServer, PlanStep, Verdict } from '../updater/plan/plan';
import { escapeMarkdown as text, table } from './markdown';
import { actionWords, count } from './words';

const verdictWords: Record<Verdict, string> = {
  ready: 'ready',
  blocked: '**blocked**',
  confirm: 'ready once confirmed',
  skip: 'nothing to do',
};

/** A plan for reading, as Markdown: per server the verdict, versions, wave, reasons and steps. */
export function planDocument(plan: Plan, fleet: string): string {
  const { action, to, servers, parallel } = plan;
  const acting = servers.filter(({ verdict }) => verdict === 'ready' || verdict === 'confirm');
  const target = to === null ? '' : ` to ${text(to)}`;
  const waves = [...new Set(acting.map(({ wave }) => wave))].sort((a, b) => a - b);
  return [
    `# Plan: ${actionWords[action].verb}${target}, ${text(fleet)}`,
    `${acting.length} of ${count(servers.length, 'server')} would act. Nothing has been changed.`,
    table(
      ['Server', 'Verdict', 'From', 'Path', 'Wave', 'Takes about'],
      servers.map((server) => [
        text(server.id),
        verdictWords[server.verdict],
        text(server.from ?? '–'),
        text(server.path.join(' → ') || '–'),
        acting.includes(server) ? String(server.wave) : '–',
        server.expected === undefined ? '–' : spanText(server.expected.seconds),
      ]),
    ),
    '## Waves',
    waves
      .map((wave) => {
        const own = acting.filter((server) => server.wave === wave);
        return `- ${waveTitle(wave, own)}: ${own.map(({ id }) => text(id)).join(', ')}`;
      })
      .join('\n') || 'None.',
    Object.entries(parallel)
      .map(([system, n]) => `- ${text(system)}: at most ${count(n, 'server')} at the same time`)
      .join('\n'),
    ...servers.map(section),
    '',
  ].join('\n\n');
}

/** Systems may have servers whose role goes first; then they make a wave, beside the first of other systems. */
function waveTitle(wave: number, servers: readonly PlanServer[]): string {
  const roles = [...new Set(servers.flatMap(({ leads }) => leads ?? []))];
  return `Wave ${wave}${roles.length === 0 ? '' : ` (role ${roles.map(text).join(', ')} goes first)`}`;
}

function section(server: PlanServer): string {
  const reasons = server.reasons.map(
    ({ rule, severity, message }) => `- ${severity}: ${text(message)} (${text(rule)})`,
  );
  const takes = server.expected && `It takes ${expectedText(server.expected)}.`;
  const steps = server.steps.map((step, index) => `${index + 1}. ${stepText(step)}`);
  return [
    `## ${text(server.id)}: ${verdictWords[server.verdict]}`,
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
