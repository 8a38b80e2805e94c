import type { Server } from '../updater/fleet/model';
import { runsOnePackage } from '../updater/packages/loaded-version';
import type { Action, Plan, PlanServer, Reason } from '../updater/plan/plan';
import { takesText } from '../vscode/expected-words';
import { t } from '../vscode/l10n';
import { about } from '../vscode/time';
import { actionWords, listed, verdictWords } from '../vscode/words';
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
  const verb = plan.armed === true ? t('Arm Install') : actionWords()[plan.action].verb;
  const left = blocked.length + skipped.length;
  const heldUp = going.some(({ reasons }) => reasons.some(({ rule }) => windowRules.includes(rule)));
  const inWindow = heldUp ? t('{0} in the Window', verb) : verb;
  const what = withVersion(verb, plan, going, servers);
  const paragraphs = [
    cut(going.map(serverLine)),
    ...interruptions(plan, going, servers),
    ...durations(going),
    ...headed(t('To be confirmed:'), going, 'confirm'),
    ...headed(t('Note:'), going, 'warn'),
    ...(left > 0 ? [`${t('Left out:')}\n${cut([...blocked, ...skipped].map(leftOut))}`] : []),
  ];
  return {
    message: going.length === 1 ? t('{0}: 1 server?', what) : t('{0}: {1} servers?', what, going.length),
    detail: paragraphs.join('\n\n'),
    button: left > 0 ? t('{0}, Leave Out {1}', inWindow, left) : inWindow,
    outsideWindow: heldUp ? t('{0} Now, Outside the Window', verb) : undefined,
  };
}

/** True if the person must be asked whatever the settings say. */
export function mustAsk(action: Action, { going, blocked }: Split): boolean {
  return action === 'rollback' || blocked.length > 0 || going.some(({ verdict }) => verdict === 'confirm');
}

/** Why nothing can be done: one line a server. */
export function nothingToDo({ blocked, skipped }: Split): string {
  return cut([...blocked, ...skipped].map(leftOut));
}

function serverLine(server: PlanServer): string {
  const { id, from, path, to } = server;
  const hops = path.length > 0 ? path : to === null || to === from ? [] : [to];
  return `${id}: ${hops.length > 0 ? [from ?? t('nothing'), ...hops].join(' → ') : (from ?? t('nothing installed'))}`;
}

/** "Install Version 4.4.12": the one version that all go to, where it is that of the whole product. */
function withVersion(
  verb: string,
  { action }: Plan,
  going: PlanServer[],
  servers: readonly Server[],
): string {
  const [to, ...others] = new Set(going.map((server) => server.to));
  const isWhole = servers.length > 0 && servers.every(({ product }) => runsOnePackage(product));
  if (!isWhole || others.length > 0 || to === undefined || to === null || action === 'restart') return verb;
  return action === 'rollback' ? t('{0} to {1}', verb, to) : t('{0} Version {1}', verb, to);
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
  if (all.length === 1) return [takesText(first)];
  const known = all.filter(({ basis }) => basis !== 'none');
  const range = (values: readonly number[]): string => {
    const [least, most] = [about(Math.min(...values)), about(Math.max(...values))];
    return least === most ? most : t('{0} to {1}', least, most);
  };
  const down = known.flatMap(({ downtimeSeconds }) => downtimeSeconds ?? []);
  const rests =
    known.length === all.length
      ? t('as in earlier rollouts')
      : known.length === 0
        ? t('assumed: no earlier rollout from this computer tells')
        : t('assumed for {0}, else as in earlier rollouts', all.length - known.length);
  const each = range(all.map(({ seconds }) => seconds));
  return down.length > 0 && Math.max(...down) > 0
    ? [t('Each takes about {0}, without recording {1} ({2}).', each, range(down), rests)]
    : [t('Each takes about {0} ({1}).', each, rests)];
}

/** For the notification at the end, where the reasons have been said before: who was left out, in a few words. */
export function leftOutNote(left: PlanServer[]): string {
  const each = listed(
    left.map(({ id, verdict }) => `${id} (${verdictWords()[verdict]})`),
    5,
  );
  return left.length === 1
    ? t('1 server left out: {0}.', each)
    : t('{0} servers left out: {1}.', left.length, each);
}

function leftOut({ id, verdict, reasons }: PlanServer): string {
  const severity = verdict === 'blocked' ? 'block' : 'skip';
  const why = reasons.filter((reason) => reason.severity === severity).map(reasonText);
  return `${id}: ${verdictWords()[verdict]}${why.length > 0 ? `: ${why.join(' ')}` : ''}`;
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
    ([text, ids]) => `${ids.length < all ? `${listed(ids, 5)}: ` : all > 1 ? `${t('all')}: ` : ''}${text}`,
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
  return [...lines.slice(0, mostLines), t('… and {0} more', lines.length - mostLines)].join('\n');
}
