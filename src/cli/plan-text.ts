import { expectedText } from '../updater/plan/expected';
import type { Action, Plan, PlanServer, PlanStep, Reason, Severity, Verdict } from '../updater/plan/plan';
import { count } from './table';
import type { Style, Terminal } from './terminal';

const verdictStyle: Record<Verdict, Style> = {
  ready: 'green',
  blocked: 'red',
  confirm: 'yellow',
  skip: 'dim',
};
const severityStyle: Record<Severity, Style> = {
  block: 'red',
  confirm: 'yellow',
  warn: 'yellow',
  skip: 'dim',
};

/** What an action does, at the start of a sentence. */
export const actionName: Record<Action, string> = {
  install: 'Install',
  download: 'Download',
  rollback: 'Roll back',
  restart: 'Restart',
};

/** The whole plan for people: each server with its verdict, way, reasons and steps. */
export function showPlan(terminal: Terminal, plan: Plan): void {
  const many = (verdict: Verdict) => plan.servers.filter((server) => server.verdict === verdict).length;
  for (const server of plan.servers) {
    showServer(terminal, server);
    server.steps.forEach((step, index) =>
      terminal.say(`  ${String(index + 1).padStart(2)}. ${stepText(step)}`),
    );
    terminal.say('');
  }
  const parallel = Object.entries(plan.parallel).map(([system, limit]) => `${system} ${limit} at a time`);
  const verdicts = (['ready', 'confirm', 'skip', 'blocked'] as const).filter((verdict) => many(verdict) > 0);
  terminal.say(
    [
      `${actionName[plan.action]}: ${count(plan.servers.length, 'server')}`,
      verdicts.map((verdict) => `${many(verdict)} ${verdict}`).join(', '),
      parallel.join(', '),
    ]
      .filter((part) => part !== '')
      .join(' · '),
  );
}

/** One server and its reasons; on stderr where it is no result but the cause of a refusal. */
export function showServer(terminal: Terminal, server: PlanServer, where: 'say' | 'note' = 'say'): void {
  const { id, verdict, wave, leads } = server;
  const parts = [terminal.paint('bold', id), terminal.paint(verdictStyle[verdict], verdict), way(server)];
  if (verdict === 'ready' || verdict === 'confirm')
    parts.push(`wave ${wave}${leads === undefined ? '' : `, role ${leads} goes first`}`);
  terminal[where](parts.filter((part) => part !== '').join('  '));
  for (const reason of server.reasons) terminal[where](`  ${reasonText(terminal, reason)}`);
  if (server.expected !== undefined) terminal[where](`  takes ${expectedText(server.expected)}`);
}

/** "1.2.0 → 1.3.0 → 1.4.2": from what is installed through every version to be installed. */
export function way({ from, to, path }: Pick<PlanServer, 'from' | 'to' | 'path'>): string {
  if (path.length > 0) return [from ?? 'nothing', ...path].join(' → ');
  return from ?? (to === null ? '' : `nothing → ${to}`);
}

export function reasonText(terminal: Terminal, { rule, severity, message }: Reason): string {
  return `${terminal.paint(severityStyle[severity], severity)} ${rule}: ${message}`;
}

function stepText({ step, ...details }: PlanStep): string {
  const said = Object.entries(details).map(([name, value]) => `${name} ${String(value)}`);
  return said.length === 0 ? step : `${step} (${said.join(', ')})`;
}
