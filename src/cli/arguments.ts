import { parseArgs } from 'node:util';
import { FleetError } from '../updater/errors';
import { isVersion } from '../updater/packages/versions';
import type { Arming } from '../updater/plan/arm';
import type { Action } from '../updater/plan/plan';
import { reportFormats, type ReportFormat } from '../updater/rollout/report';
import { didYouMean } from './similar';

export const verbs = [
  'status',
  'load',
  'packages',
  'plan',
  'download',
  'install',
  'rollback',
  'restart',
  'rollouts',
  'resume',
  'pause',
  'continue',
  'skip',
  'cancel',
  'doctor',
] as const;
export type Verb = (typeof verbs)[number];

const actions = ['install', 'download', 'rollback', 'restart'] as const satisfies readonly Action[];

const options = {
  file: { type: 'string', short: 'f' },
  server: { type: 'string', multiple: true },
  system: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
  action: { type: 'string' },
  to: { type: 'string' },
  facts: { type: 'string' },
  'facts-out': { type: 'string' },
  yes: { type: 'boolean' },
  'skip-blocked': { type: 'boolean' },
  'ignore-window': { type: 'boolean' },
  arm: { type: 'boolean' },
  at: { type: 'string' },
  'password-env': { type: 'string' },
  'trust-new-host-keys': { type: 'boolean' },
  product: { type: 'string' },
  'package-version': { type: 'string' },
  arch: { type: 'string' },
  kind: { type: 'string' },
  module: { type: 'string' },
  reason: { type: 'string' },
  report: { type: 'string' },
} as const;
type Option = keyof typeof options;

const everywhere: Option[] = ['file', 'json', 'help', 'version'];
const selection: Option[] = ['server', 'system'];
const link: Option[] = ['password-env', 'trust-new-host-keys'];
const acting: Option[] = [...selection, ...link, 'yes', 'skip-blocked'];
const hints: Option[] = ['product', 'package-version', 'arch', 'kind', 'module'];

const accepted: Record<Verb, Option[]> = {
  status: [...selection, ...link, 'facts-out'],
  load: [...selection, ...hints],
  packages: [],
  plan: [...selection, ...link, 'action', 'to', 'facts', 'ignore-window', 'arm', 'at'],
  download: [...acting, 'to'],
  install: [...acting, 'to', 'ignore-window', 'arm', 'at'],
  rollback: [...acting, 'to', 'ignore-window'],
  restart: [...acting, 'ignore-window'],
  rollouts: [...selection, 'report'],
  resume: [...selection, ...link],
  pause: [],
  continue: [],
  skip: ['server', 'reason'],
  cancel: link,
  doctor: [...selection, ...link],
};

/** How many words may follow the verb. */
const words: Record<Verb, { min: number; max: number; name: string }> = {
  ...(Object.fromEntries(verbs.map((verb) => [verb, { min: 0, max: 0, name: '' }])) as Record<
    Verb,
    { min: number; max: number; name: string }
  >),
  load: { min: 0, max: Infinity, name: 'a file or URL' },
  rollouts: { min: 0, max: 1, name: 'the id of a rollout' },
  resume: { min: 1, max: 1, name: 'the id of a rollout' },
  pause: { min: 1, max: 1, name: 'the id of a rollout' },
  continue: { min: 1, max: 1, name: 'the id of a rollout' },
  skip: { min: 1, max: 1, name: 'the id of a rollout' },
  cancel: { min: 1, max: 1, name: 'the id of a rollout' },
};

/** What the person asked for, checked as far as it can be without a fleet file. */
export interface Arguments {
  verb: Verb;
  /** What follows the verb: files and URLs, or the id of a rollout. */
  words: string[];
  file: string | undefined;
  servers: string[];
  systems: string[];
  json: boolean;
  action: Action;
  to: string | null;
  facts: string | undefined;
  factsOut: string | undefined;
  yes: boolean;
  skipBlocked: boolean;
  ignoreWindow: boolean;
  /** The install is laid down on the servers, which begin by themselves. */
  arming: Arming | undefined;
  passwordEnv: string | undefined;
  trustNewHostKeys: boolean;
  hints: PackageHints;
  /** The form in which the history of rollouts is written. */
  report: ReportFormat | undefined;
  /** Why a server is skipped. */
  reason: string | undefined;
}

/** What a person says of a package that the file itself may not tell. */
export interface PackageHints {
  product?: string;
  version?: string;
  arch?: string;
  kind?: string;
  module?: string;
}

export type Request =
  { ask: 'help'; verb: Verb | undefined } | { ask: 'version' } | ({ ask: 'verb' } & Arguments);

/** Reads the command line. Throws FleetError `usage`, one line each, with the nearest known word as the hint. */
export function readArguments(argv: readonly string[]): Request {
  const { values, positionals } = parse(argv);
  if (values.version) return { ask: 'version' };
  const [first, ...rest] = positionals;
  const verb = verbs.find((one) => one === first);
  if (first !== undefined && verb === undefined)
    throw usage(`There is no verb "${first}".`, didYouMean(first, verbs));
  if (values.help) return { ask: 'help', verb };
  if (verb === undefined)
    throw usage('Say what to do: a verb is missing.', `The verbs are ${verbs.join(', ')}.`);

  checkOptions(verb, Object.keys(values) as Option[]);
  checkWords(verb, rest);
  if (verb === 'skip' && (!values.server || !values.reason?.trim()))
    throw usage('"skip" needs a server and a reason.', 'vms-fleet skip ID --server ID --reason TEXT');
  const report = reportFormats.find((one) => one === values.report);
  if (values.report !== undefined && report === undefined)
    throw usage(`There is no report "${values.report}".`, `The reports are ${reportFormats.join(', ')}.`);
  const action = actions.find((one) => one === (values.action ?? 'install'));
  if (action === undefined)
    throw usage(`There is no action "${values.action}".`, `The actions are ${actions.join(', ')}.`);
  if (values.arm === true && action !== 'install')
    throw usage('Only an install can be armed.', '--arm goes without --action, or with --action install.');
  for (const [name, version] of [
    ['--to', values.to],
    ['--package-version', values['package-version']],
  ] as const)
    if (version !== undefined && !isVersion(version))
      throw usage(
        `${name}: "${version}" is not a version.`,
        'A version has two to four numbers, such as 1.4.2.',
      );

  return {
    ask: 'verb',
    verb,
    words: rest,
    file: values.file,
    servers: values.server ?? [],
    systems: values.system ?? [],
    json: values.json ?? false,
    action,
    to: values.to ?? null,
    facts: values.facts,
    factsOut: values['facts-out'],
    yes: values.yes ?? false,
    skipBlocked: values['skip-blocked'] ?? false,
    ignoreWindow: values['ignore-window'] ?? false,
    arming: readArming(values.arm ?? false, values.at),
    passwordEnv: values['password-env'],
    reason: values.reason,
    report,
    trustNewHostKeys: values['trust-new-host-keys'] ?? false,
    hints: {
      ...(values.product === undefined ? {} : { product: values.product }),
      ...(values['package-version'] === undefined ? {} : { version: values['package-version'] }),
      ...(values.arch === undefined ? {} : { arch: values.arch }),
      ...(values.kind === undefined ? {} : { kind: values.kind }),
      ...(values.module === undefined ? {} : { module: values.module }),
    },
  };
}

function readArming(arm: boolean, at: string | undefined): Arming | undefined {
  if (!arm && at !== undefined) throw usage('--at is when an armed install begins.', 'It goes with --arm.');
  if (!arm) return undefined;
  if (at === undefined) return { at: null };
  // Without a zone it is the time on the wall here.
  const time = new Date(at);
  const date = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d/.exec(at)?.[1];
  // The 31st of a short month would be taken for a day of the next one.
  if (
    date === undefined ||
    Number.isNaN(time.getTime()) ||
    new Date(date).getUTCDate() !== Number(date.slice(-2))
  )
    throw usage(
      `--at: "${at}" is not a time.`,
      'A time is written 2026-11-28T22:00, or with its zone 2026-11-28T22:00+02:00.',
    );
  if (time.getTime() < Date.now()) throw usage(`--at: ${at} has passed.`, 'Without --arm it begins at once.');
  return { at: time };
}

/** A mistake on the command line: one sentence, and where to look. */
export function usage(message: string, hint?: string): FleetError {
  return new FleetError('usage', message, { hint: hint ?? 'vms-fleet --help lists the verbs and options.' });
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const unknown = /^Unknown option '([^']+)'/.exec(message)?.[1];
    if (unknown === undefined) throw usage(`${(message.split(/\.\s|\n/)[0] ?? message).replace(/\.$/, '')}.`);
    const known = Object.keys(options).map((name) => `--${name}`);
    throw usage(`There is no option ${unknown}.`, didYouMean(unknown, known));
  }
}

function checkOptions(verb: Verb, given: Option[]): void {
  for (const option of given) {
    if (everywhere.includes(option) || accepted[verb].includes(option)) continue;
    const others = verbs.filter((one) => accepted[one].includes(option));
    throw usage(`"${verb}" takes no --${option}.`, `It belongs to ${others.join(', ')}.`);
  }
}

function checkWords(verb: Verb, given: string[]): void {
  const { min, max, name } = words[verb];
  if (given.length < min) throw usage(`"${verb}" needs ${name}.`, 'vms-fleet rollouts lists them.');
  const extra = given[max];
  if (extra === undefined) return;
  throw usage(
    `"${verb}" does not know what to do with "${extra}".`,
    max === 0 ? 'Servers are named by --server ID, systems by --system ID.' : `It takes ${name}, once.`,
  );
}
