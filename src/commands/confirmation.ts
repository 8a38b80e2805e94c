import type { Server } from '../updater/fleet/model';
import { runsOnePackage } from '../updater/packages/loaded-version';
import { expectedText, spanText } from '../updater/plan/expected';
import type { Plan, PlanServer, Reason } from '../updater/plan/plan';
import { actionWords, count, listed } from '../vscode/words';
import { whatHappens } from './what-happens';

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
  /** What else can be done where a maintenance window holds up a server; undefined where none does. */
  outsideWindow: string | undefined;
}

const windowRules = ['window.closed', 'window.too-short'];

const mostLines = 15;

/** The modal question before servers are changed: names, versions, count, restarts, what is to be confirmed, who is left out and why. */
export function question(
  plan: Plan,
  { going, blocked, skipped }: Split,
  servers: readonly Server[],
): Question {
  const verb = plan.armed === true ? 'Arm Install' : actionWords[plan.action].verb;
  const left = blocked.length + skipped.length;
  const heldUp = going.some(({ reasons }) => reasons.some(({ rule }) => windowRules.includes(rule)));
  const inWindow = heldUp ? `${verb} in the Window` : verb;
  const paragraphs = [
    cut(going.map(serverLine)),
    ...interruptions(plan, going, servers),
    ...durations(going),
    ...headed('To be confirmed:', going, 'confirm'),
    ...headed('Note:', going, 'warn'),
    ...(left > 0 ? [`Left out:\n${cut([...blocked, ...skipped].map(leftOut))}`] : []),
  ];
  return {
    message: `${verb}${target(plan, going, servers)}: ${count(going.length, 'server')}?`,
    detail: paragraphs.join('\n\n'),
    button: left > 0 ? `${inWindow}, Leave Out ${left}` : inWindow,
    outsideWindow: heldUp ? `${verb} Now, Outside the Window` : undefined,
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
  const hops = path.length > 0 ? path : to === null || to === from ? [] : [to];
  return `${id}: ${hops.length > 0 ? [from ?? 'nothing', ...hops].join(' → ') : (from ?? 'nothing installed')}`;
}

/** The one version that all go to, where it is that of the whole product. */
function target({ action }: Plan, going: PlanServer[], servers: readonly Server[]): string {
  const [to, ...others] = new Set(going.map((server) => server.to));
  const isWhole = servers.every(({ product }) => runsOnePackage(product));
  if (servers.length === 0 || !isWhole || others.length > 0 || to === undefined || to === null) return '';
  return action === 'rollback' ? ` to ${to}` : action === 'restart' ? '' : ` Version ${to}`;
}

/** What is done to the servers, and which do not record meanwhile: said once for all that it holds for. */
function interruptions({ action }: Plan, going: PlanServer[], servers: readonly Server[]): string[] {
  const texts = going.map((planned) => ({
    id: planned.id,
    text: whatHappens(
      planned,
      servers.find(({ id }) => id === planned.id),
      action,
    ),
  }));
  return bySame(texts.flatMap(({ id, text }) => (text === null ? [] : [{ id, text }]))).map(
    ([text, ids]) => `${ids.length === going.length ? '' : `${listed(ids, 5)}: `}${text}`,
  );
}

/** How long it takes each of them, and on what that rests: one sentence, or from what to what. */
function durations(going: readonly PlanServer[]): string[] {
  const all = going.flatMap(({ expected }) => expected ?? []);
  const [first] = all;
  if (first === undefined) return [];
  if (all.length === 1) return [`It takes ${expectedText(first)}.`];
  const known = all.filter(({ basis }) => basis !== 'none');
  const range = (values: readonly number[]): string => {
    const [least, most] = [Math.min(...values), Math.max(...values)].map(spanText);
    return least === most ? `${most}` : `${least} to ${most}`;
  };
  const down = known.flatMap(({ downtimeSeconds }) => downtimeSeconds ?? []);
  const away = down.length > 0 && Math.max(...down) > 0 ? `, without recording ${range(down)}` : '';
  const rests =
    known.length === all.length
      ? 'as in earlier rollouts'
      : known.length === 0
        ? 'assumed: no earlier rollout from this computer tells'
        : `assumed for ${all.length - known.length}, else as in earlier rollouts`;
  return [`Each takes about ${range(all.map(({ seconds }) => seconds))}${away} (${rests}).`];
}

/** For the notification at the end, where the reasons have been said before: who was left out, in a few words. */
export function leftOutNote(left: PlanServer[]): string {
  const each = left.map(({ id, verdict }) => `${id} (${leftOutWord(verdict)})`);
  return `${count(left.length, 'server')} left out: ${listed(each, 5)}.`;
}

const leftOutWord = (verdict: PlanServer['verdict']): string =>
  verdict === 'blocked' ? 'blocked' : 'nothing to do';

function leftOut({ id, verdict, reasons }: PlanServer): string {
  const severity = verdict === 'blocked' ? 'block' : 'skip';
  const why = reasons.filter((reason) => reason.severity === severity).map(reasonText);
  return `${id}: ${leftOutWord(verdict)}${why.length > 0 ? `: ${why.join(' ')}` : ''}`;
}

function reasonText({ rule, message }: Reason): string {
  return `${message} (${rule})`;
}

/** The same sentence for many servers is said once. */
function headed(title: string, servers: PlanServer[], severity: Reason['severity']): string[] {
  const said = servers.flatMap(({ id, reasons }) =>
    reasons
      .filter((one) => one.severity === severity)
      // What is to be confirmed is read to its end; a note may be read in the plan.
      .map((reason) => ({ id, text: severity === 'confirm' ? reasonText(reason) : note(reason) })),
  );
  if (said.length === 0) return [];
  const all = servers.length;
  const lines = bySame(said).map(
    ([text, ids]) => `${ids.length < all ? `${listed(ids, 5)}: ` : all > 1 ? 'all: ' : ''}${text}`,
  );
  return [`${title}\n${cut(lines)}`];
}

/** The servers that each text holds for, in their order. */
function bySame(said: { id: string; text: string }[]): [string, string[]][] {
  const ids = new Map<string, string[]>();
  for (const { id, text } of said) ids.set(text, [...(ids.get(text) ?? []), id]);
  return [...ids];
}

const longestNote = 140;

function note({ rule, message }: Reason): string {
  // Between two words, where there are any.
  const cutOff = message.slice(0, longestNote).replace(/\s+\S*$/, '');
  const short = message.length > longestNote ? `${cutOff} …` : message;
  return `${short} (${rule})`;
}

function cut(lines: string[]): string {
  if (lines.length <= mostLines) return lines.join('\n');
  return [...lines.slice(0, mostLines), `… and ${lines.length - mostLines} more`].join('\n');
}
