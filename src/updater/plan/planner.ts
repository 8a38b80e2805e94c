import type { FleetError } from '../errors';
import type { Fleet, Server } from '../fleet/model';
import { isVersion } from '../packages/versions';
import { productOf } from '../products';
import { notThere, type Product, type Proposal, type Situation, type Supply } from '../products/product';
import { isArmed, type Facts, type HistoryEntry } from '../targets/facts';
import { Experience, type Expected } from './expected';
import { accessReasons } from './access';
import { aloneReasons, armServers, type Arming } from './arm';
import { assignParallel } from './parallel';
import { armedText } from './assess';
import { windowReasons } from './maintenance';
import { assignWaves, verdict, type Action, type Plan, type PlanServer, type Reason } from './plan';
import { leadersOf, orderRoles, rankOf, type Ranked } from './roles';

/** What a server said, or why it said nothing. */
export type Answered = { facts: Facts } | { error: FleetError };

export interface Planning {
  fleet: Fleet;
  /** Those that are chosen. */
  servers: readonly Server[];
  action: Action;
  /** `--to`; null: what the fleet file wants, or for a rollback one entry down. */
  to: string | null;
  /** What servers said: those chosen, and those that go before them (`leadersOf`). */
  answered: ReadonlyMap<string, Answered>;
  supply: Supply;
  now: Date;
  /** Maintenance windows hold up nothing; what they would have done is said. */
  ignoreWindow?: boolean;
  /** An install is laid down on the servers, which begin by themselves. */
  arming?: Arming | undefined;
  /** What earlier rollouts took; left out: none is known. */
  experience?: Experience;
}

/** What would happen: pure, from facts and packages alone. Asks nobody and writes nothing. */
export function makePlan(planning: Planning): Plan {
  const { action, fleet } = planning;
  const ranked = (server: Server): Ranked => ({ server, planned: planServer(planning, server) });
  const chosen = planning.servers.map(ranked);
  if (action === 'install') orderRoles(chosen, leadersOf(fleet, planning.servers, action).map(ranked));
  const servers = chosen.map(({ planned }) => planned);
  const own = new Set(servers.map(({ system }) => system));
  const systems = fleet.systems.filter(({ id }) => own.has(id));
  const ranks = new Map(planning.servers.map((server) => [server.id, rankOf(server)]));
  assignWaves(systems, servers, (id) => ranks.get(id) ?? 0);
  const parallel = assignParallel(systems, servers);
  const { arming, now, ignoreWindow = false } = planning;
  if (arming !== undefined) armServers(fleet, servers, { arming, now, ignoreWindow, parallel });
  return {
    schema: 1,
    action,
    to: planning.to,
    servers,
    parallel,
    ...(ignoreWindow && { ignoreWindow }),
    ...(arming !== undefined && { armed: true }),
  };
}

/** A proposal, with how long it is expected to take. */
type Timed = Proposal & { expected?: Expected | undefined };

const nothing: Proposal = { from: null, to: null, path: [], steps: [], reasons: [] };

/** One server by itself, in no order with others. */
export function planServer(planning: Omit<Planning, 'servers'>, server: Server): PlanServer {
  const proposal = propose(planning, server);
  const outcome = verdict(proposal.reasons, productOf(server.product)?.oneJobRule);
  const acts = outcome === 'ready' || outcome === 'confirm';
  return {
    id: server.id,
    system: server.system,
    verdict: outcome,
    from: proposal.from,
    to: proposal.to,
    path: outcome === 'skip' ? [] : proposal.path,
    ...(proposal.entriesLeft !== undefined && { entriesLeft: proposal.entriesLeft }),
    reasons: proposal.reasons,
    wave: 0,
    steps: acts ? proposal.steps : [],
    ...(acts && proposal.expected && { expected: proposal.expected }),
  };
}

function propose(planning: Omit<Planning, 'servers'>, server: Server): Timed {
  const { action, to, answered, supply, now, ignoreWindow = false } = planning;
  const product = productOf(server.product);
  if (product === undefined)
    return blocked('product.unsupported', `This version of VMS Fleet cannot update ${server.product} yet.`);
  const answer = answered.get(server.id);
  if (answer === undefined || 'error' in answer)
    return { ...nothing, reasons: withoutFacts(product.excludes(server, null), answer?.error) };

  const situation: Situation = { server, facts: answer.facts, supply, to };
  const proposal = byAction(product, situation, action);
  const { path, steps } = proposal;
  const { experience = new Experience() } = planning;
  const expected = steps.length > 0 ? experience.expect(server, action, path.length) : undefined;
  const way = { path, ...(expected && { expected }) };
  return {
    ...proposal,
    expected,
    reasons: [
      ...jobReasons(product, situation, action),
      ...proposal.reasons,
      ...accessReasons(situation, proposal),
      ...(planning.arming !== undefined && steps.length > 0 ? aloneReasons(answer.facts) : []),
      // Where it is armed its window is asked when that of all is known.
      ...(steps.length > 0 && planning.arming === undefined
        ? windowReasons(server, { action, way, now, ignore: ignoreWindow })
        : []),
    ],
  };
}

/** Why there are no facts, unless it was not even asked because of what the fleet file says of it. */
function withoutFacts(excluded: Reason[], error: FleetError | undefined): Reason[] {
  const isSaid =
    error?.code === 'server.unsupported' && excluded.some(({ severity }) => severity === 'block');
  return isSaid ? excluded : [...excluded, noFacts(error)];
}

/** A server that this version cannot act on was not asked; it can be planned for from recorded facts. */
function noFacts(error: FleetError | undefined): Reason {
  const rule = error?.code === 'server.unsupported' ? 'server.os' : 'server.unreachable';
  if (error === undefined) return { rule, severity: 'block', message: 'There are no facts of this server.' };
  const { message, hint } = error;
  return { rule, severity: 'block', message: hint === undefined ? message : `${message} ${hint}` };
}

function blocked(rule: string, message: string): Proposal {
  return { ...nothing, reasons: [{ rule, severity: 'block', message }] };
}

function byAction(product: Product, situation: Situation, action: Action): Proposal {
  const { facts, to } = situation;
  const installed = facts.installed?.version ?? null;
  switch (action) {
    case 'install': {
      if (to !== null && !isVersion(to)) return blocked('version.unknown', `"${to}" is not a version.`);
      const proposal = product.install(situation);
      return { ...proposal, reasons: [...drift(facts), ...proposal.reasons] };
    }
    case 'download': {
      if (to !== null && !isVersion(to)) return blocked('version.unknown', `"${to}" is not a version.`);
      return download(product, situation);
    }
    case 'rollback':
      return rollback(product, situation);
    case 'restart':
      return { from: installed, to: installed, path: [], ...product.restart(situation) };
  }
}

/**
 * A download changes nothing that runs: of what blocks the install it is warned where that can be mended until then. Whatever else
 * blocks an install blocks it too: a server that is never touched, no room, no way to the version, nobody who has the file.
 */
function download(product: Product, situation: Situation): Proposal {
  const proposal = product.install(situation);
  const files = notThere(product.needs(situation, 'download'), situation.facts);
  const settled: Reason[] =
    proposal.path.length > 0 && files.length === 0
      ? [
          {
            rule: 'package.loaded',
            severity: 'skip',
            message: 'Every file of it lies on the server, verified.',
          },
        ]
      : [];
  return {
    ...proposal,
    steps: files.map((need) => ({
      step: 'download',
      module: need.module,
      version: need.version,
      kind: need.kind,
      bytes: need.package?.size ?? null,
    })),
    reasons: [
      ...settled,
      ...proposal.reasons
        .filter(({ severity, rule }) => severity !== 'warn' || rule === 'package.not-loaded')
        .map((reason): Reason => (isMendable(product, reason) ? { ...reason, severity: 'warn' } : reason)),
    ],
  };
}

const isMendable = ({ rules }: Product, { rule }: Reason): boolean =>
  rules.some(({ id, mendable }) => id === rule && mendable === true);

/** The entries from the top of the stack down to the one that a rollback ends on, that one included. */
export function rollbackPath(facts: Facts, to: string | null): string[] | undefined {
  const below = facts.history.slice(0, -1).reverse();
  if (to === null) return below.slice(0, 1);
  const index = below.indexOf(to);
  return index < 0 ? undefined : below.slice(0, index + 1);
}

function rollback(product: Product, situation: Situation): Proposal {
  const { server, facts, to } = situation;
  const from = facts.installed?.version ?? null;
  const path = rollbackPath(facts, to);
  const nowhere = (message: string): Proposal => ({
    ...nothing,
    from,
    reasons: [...product.excludes(server, facts), { rule: 'history.empty', severity: 'block', message }],
  });
  if (facts.history.length < 2)
    return nowhere('Nothing was installed here from VMS Fleet that could be rolled back.');
  if (path === undefined)
    return nowhere(`The history holds no ${to}; it can go back to ${rollbackPoints(facts).join(', ')}.`);
  const entries = facts.entries ?? [];
  const hops = path.map((down, index): Pick<Proposal, 'steps' | 'reasons'> => {
    const entry: HistoryEntry | null = entries[entries.length - 1 - index] ?? null;
    const up = index === 0 ? from : (path[index - 1] ?? null);
    const hop = product.rollback(situation, { up, down, entry });
    return entry !== null && entry.backup === null
      ? { ...hop, reasons: [...hop.reasons, barrier(entry, down)] }
      : hop;
  });
  const said = hops.flatMap((hop) => hop.reasons);
  return {
    from,
    to: path.at(-1) ?? null,
    path,
    entriesLeft: facts.history.length - path.length,
    steps: hops.flatMap((hop) => hop.steps),
    reasons: [
      ...drift(facts),
      ...said.filter((one, index) => said.findIndex((other) => same(one, other)) === index),
    ],
  };
}

/** Somebody has changed the version by another way. */
function drift({ installed, history }: Facts): Reason[] {
  const from = installed?.version ?? null;
  const top = history.at(-1);
  if (from === null || top === undefined || top === from) return [];
  return [
    {
      rule: 'history.drift',
      severity: 'warn',
      message: `${from} was not installed from VMS Fleet: the history ends with ${top}.`,
    },
  ];
}

const same = (a: Reason, b: Reason): boolean => a.rule === b.rule && a.message === b.message;

const rollbackPoints = (facts: Facts): string[] => facts.history.slice(0, -1).reverse();

function barrier(entry: HistoryEntry, down: string): Reason {
  return {
    rule: 'history.no-backup',
    severity: 'block',
    message: `${entry.version} was found, not installed from here: there is no backup of ${down} before it.`,
  };
}

/** One job at a time on a server; one that was interrupted is gone on with before anything else starts. */
function jobReasons(product: Product, situation: Situation, action: Action): Reason[] {
  const { job } = situation.facts;
  if (job === null || action === 'download') return [];
  // Recorded facts may name a job and nothing else: it runs.
  const state = (job as Partial<typeof job>).state ?? 'running';
  const who = `Job ${job.id}${job.by ? ` of ${job.by}` : ''}`;
  if (state === 'running') {
    if (isArmed(job))
      return [
        {
          rule: product.oneJobRule,
          severity: 'skip',
          message: `${who} is armed there: ${armedText(job, situation.server)}. Cancel it first, or let it come.`,
        },
      ];
    const rule = product.rules.find((one) => one.id === product.oneJobRule);
    return [
      {
        rule: product.oneJobRule,
        severity: 'skip',
        message: `${rule?.sentence ?? 'One job at a time per server.'} ${who} runs there${job.step ? ` (${job.step})` : ''}.`,
      },
    ];
  }
  if (state === 'interrupted')
    return [
      {
        rule: 'job.interrupted',
        severity: 'block',
        message: `${who} stopped in the middle${job.step ? ` of ${job.step}` : ''}. Resume it, or cancel it, first.`,
      },
    ];
  return [];
}
