import type { OsFamily, ProductId, Server } from '../fleet/model';
import type { PackageInfo, PackageKind } from '../packages/package-info';
import type { Action, PlanStep, Reason, Severity } from '../plan/plan';
import type { Answers, Ask } from '../targets/answers';
import type { Facts, HistoryEntry } from '../targets/facts';
import type { JobLine, Platform } from '../targets/platform';

/** A rule as the vendor's manual gives it; ids, severities and sentences are those of SYSTEMS.md. */
export interface Rule {
  id: string;
  /** null: it shapes the plan (a limit, an order) and is never a reason by itself. */
  severity: Severity | null;
  /** What the rule says, for every server alike. */
  sentence: string;
  /** It asks for what a person can still put right when the files lie on the server: a download is only warned of it. */
  mendable?: true;
}

/** What is known of the packages that a plan may need; asked for before planning, so that planning itself asks nobody. */
export interface Supply {
  /** Packages in the library on this machine. */
  packages: readonly PackageInfo[];
  /** Why a repository does not answer, by its root; no entry where it does, or where nobody asked. */
  silent: ReadonlyMap<string, string>;
}

/** One server before a decision. */
export interface Situation {
  server: Server;
  facts: Facts;
  supply: Supply;
  /** `--to`; null: what the fleet file wants, or for a rollback one entry down. */
  to: string | null;
}

/** What a product would do: the figures of a plan for one server, before the rules of every product are added. */
export interface Proposal {
  from: string | null;
  to: string | null;
  path: string[];
  /** A rollback: how many entries of its history stay. */
  entriesLeft?: number;
  steps: PlanStep[];
  reasons: Reason[];
}

/** A file that must lie on the server before an install. */
export interface Need {
  version: string;
  module: string | null;
  kind: PackageKind;
  /** The library's; null where it has none. */
  package: PackageInfo | null;
  /** SHA-256 of the file that will do: the library's, or one that lies on the server already; null where neither is known. */
  sha256: string | null;
}

/** The needs that the server does not hold yet, complete and verified there. */
export function notThere(needs: readonly Need[], facts: Facts): Need[] {
  const there = new Set(facts.loaded.map((loaded) => loaded.sha256));
  return needs.filter(({ sha256 }) => sha256 === null || !there.has(sha256));
}

/** What a product lays into a job: its own part of the steps, and the files these name. */
export interface JobPart {
  /** What the runner is told of the product, beside what every job tells it. */
  settings?: Record<string, string[]>;
  lines: JobLine[];
  files: Record<string, string>;
}

export interface JobContext extends Situation {
  platform: Platform;
  jobId: string;
  /** Absolute path of the job's folder on the server. */
  jobDir: string;
  /** Where a package of the library lies on the server once it was downloaded there. */
  packagePath(info: PackageInfo): string;
  /** user@workstation, for the history. */
  by: string;
  now: Date;
}

/**
 * A vendor's system, read like its manual: which rules hold, which files are needed, which steps to take. This alone plans,
 * from facts and asking nobody; to act on a server its `hands` are needed too. The engine knows products only through this.
 */
export interface Product {
  id: ProductId;
  title: string;
  rules: readonly Rule[];
  /** The rule that speaks when a job runs on a server already. */
  oneJobRule: string;
  /** How it is worked with, by operating system; none where this version can only plan. */
  hands: Partial<Record<OsFamily, Hands>>;
  /** Servers at work at the same time while one that runs `from` is among them, unless the fleet file says less. */
  parallel(from: string | null): number;
  /** In an install servers of these roles go first, role by role, and must run the version before the others begin. */
  rolesFirst?: { roles: readonly string[]; rule: string };
  /** What keeps a server out whatever the version: by the fleet file alone, and by its facts where there are some. */
  excludes(server: Server, facts: Facts | null): Reason[];
  /** Places where packages come from, for `Supply.silent`. */
  repositories(server: Server): string[];
  /** Every file that an action needs on the server, loaded or not; `to` is what the action leads to. */
  needs(situation: Situation, action: Action): Need[];
  install(situation: Situation): Proposal;
  rollback(situation: Situation, hop: HopDown): Pick<Proposal, 'steps' | 'reasons'>;
  restart(situation: Situation): Pick<Proposal, 'steps' | 'reasons'>;
}

/** One step down a server's history. */
export interface HopDown {
  /** The version that runs before it; null where the server has none installed. */
  up: string | null;
  /** The version that runs after it. */
  down: string;
  /** What the server keeps of the update that is taken back; null where only its version is known. */
  entry: HistoryEntry | null;
}

/** A product on one operating system: what to ask a server there, and the jobs that change it. */
export interface Hands {
  asks(server: Server, platform: Platform): Ask[];
  /** Fills in what only this product can read out of the answers. */
  read(server: Server, answers: Answers): Partial<Facts>;
  installJob(context: JobContext): JobPart;
  rollbackJob(context: JobContext, entry: HistoryEntry): JobPart;
  restartJob(context: JobContext): JobPart;
  /** True once the facts show what a job was to bring about: the proof after it. */
  reached(situation: Situation, action: Action): boolean;
}

/** A reason that cites a rule; `about` puts this server's figures behind the rule's sentence. */
export function cite(rules: readonly Rule[], id: string, about?: string): Reason {
  const rule = rules.find((one) => one.id === id);
  if (rule === undefined || rule.severity === null) throw new Error(`no rule ${id} that is a reason`);
  return {
    rule: id,
    severity: rule.severity,
    message: about === undefined ? rule.sentence : `${rule.sentence} ${about}`,
  };
}
