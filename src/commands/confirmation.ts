import type { Plan, PlanServer, Reason } from '../updater/plan/plan';
import { actionWords, count, listed } from '../vscode/words';

/** What a plan comes to for the person who asked for it. */
export interface Split {
  going: PlanServer[];
  /** A rule stands in the way. */
  blocked: PlanServer[];
  /** There is nothing to do. */
  skipped: PlanServer[];
}

export function split(plan: Plan): Split {
  const with_ = (...verdicts: PlanServer['verdict'][]) =>
    plan.servers.filter(({ verdict }) => verdicts.includes(verdict));
  return { going: with_('ready', 'confirm'), blocked: with_('blocked'), skipped: with_('skip') };
}

export interface Question {
  message: string;
  detail: string;
  button: string;
}

const mostLines = 15;

/** The modal question before servers are changed: names, versions, count, restarts, what is to be confirmed, who is left out and why. */
export function question(plan: Plan, { going, blocked, skipped }: Split): Question {
  const { verb } = actionWords[plan.action];
  const left = blocked.length + skipped.length;
  const paragraphs = [
    cut(going.map(serverLine)),
    ...headed('To be confirmed:', going, 'confirm'),
    ...headed('Note:', going, 'warn'),
    ...(left > 0 ? [`Left out:\n${cut([...blocked, ...skipped].map(leftOut))}`] : []),
  ];
  return {
    message: `${verb}: ${count(going.length, 'server')}?`,
    detail: paragraphs.join('\n\n'),
    button: left > 0 ? `${verb}, Leave Out ${left}` : verb,
  };
}

/** True if the person must be asked whatever the settings say. */
export function mustAsk({ going, blocked }: Split): boolean {
  return blocked.length > 0 || going.some(({ verdict }) => verdict === 'confirm');
}

/** Why nothing can be done: one line a server. */
export function nothingToDo({ blocked, skipped }: Split): string {
  return cut([...blocked, ...skipped].map(leftOut));
}

function serverLine(server: PlanServer): string {
  const { id, from, path, to } = server;
  const hops = path.length > 0 ? path : to === null ? [] : [to];
  const versions = hops.length > 0 ? [from ?? 'nothing', ...hops].join(' → ') : from;
  return `${id}: ${[versions, interruption(server)].filter((part) => part !== null).join(', ')}`;
}

/** Whether the server records meanwhile. */
function interruption({ steps }: PlanServer): string | null {
  if (steps.some(({ step }) => step === 'restart')) return 'the machine restarts: recording stops meanwhile';
  if (steps.some(({ step }) => /^(restart|stop)\b/.test(step)))
    return 'its service restarts: recording stops meanwhile';
  return null;
}

export function leftOut({ id, verdict, reasons }: PlanServer): string {
  const severity = verdict === 'blocked' ? 'block' : 'skip';
  const why = reasons.filter((reason) => reason.severity === severity).map(reasonText);
  return `${id}: ${verdict === 'blocked' ? 'blocked' : 'nothing to do'}${why.length > 0 ? `: ${why.join(' ')}` : ''}`;
}

function reasonText({ rule, message }: Reason): string {
  return `${message} (${rule})`;
}

/** The same sentence for many servers is said once. */
function headed(title: string, servers: PlanServer[], severity: Reason['severity']): string[] {
  const byText = new Map<string, string[]>();
  for (const { id, reasons } of servers)
    for (const reason of reasons.filter((one) => one.severity === severity)) {
      const text = reasonText(reason);
      byText.set(text, [...(byText.get(text) ?? []), id]);
    }
  if (byText.size === 0) return [];
  const all = servers.length;
  const lines = [...byText].map(
    ([text, ids]) => `${ids.length === all && all > 1 ? 'all' : listed(ids, 5)}: ${text}`,
  );
  return [`${title}\n${cut(lines)}`];
}

function cut(lines: string[]): string {
  if (lines.length <= mostLines) return lines.join('\n');
  return [...lines.slice(0, mostLines), `… and ${lines.length - mostLines} more`].join('\n');
}
