import type { OsFamily, ProductId, Server } from '../fleet/model';
import type { PackageInfo, PackageKind } from '../packages/package-info';
import type { Action, PlanStep, Reason, Severity } from '../plan/plan';
import type { Answers, Ask } from '../targets/answers';
import type { Facts, HistoryEntry } from '../targets/facts';
import type { JobLine, Platform } from '../targets/platform';

/** A rule as the vendor's manual gives it; ids, severities and sentences are those of SYSTEMS.md. */
export interface Rule {
  id: string;
  severity: Severity;
  /** What the rule says, for every server alike. */
  sentence: string;
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
  steps: PlanStep[];
  reasons: Reason[];
}

/** A file that must lie on the server before an install, where the library knows it. */
export interface Need {
  version: string;
  module: string | null;
  kind: PackageKind;
  package: PackageInfo | null;
}

/** What a product lays into a job: its own part of the steps, and the files these name. */
export interface JobPart {
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
}

/**
 * A vendor's system, read like its manual: what to ask a server, which rules hold, which files are needed, which steps to
 * take. The engine knows products only through this.
 */
export interface Product {
  id: ProductId;
  title: string;
  platforms: readonly OsFamily[];
  /** Servers of one system updated at the same time unless the fleet file says less. */
  parallel: number;
  rules: readonly Rule[];
  /** The rule that speaks when a job runs on a server already. */
  oneJobRule: string;
  asks(server: Server, platform: Platform): Ask[];
  /** Fills in what only this product can read out of the answers. */
  read(server: Server, answers: Answers): Partial<Facts>;
  /** Places where packages come from, for `Supply.silent`. */
  repositories(server: Server): string[];
  /** Every file of the target, loaded or not. */
  needs(situation: Situation): Need[];
  install(situation: Situation): Proposal;
  /** The steps and reasons of one hop down, from `entry` to the one below it. */
  rollback(
    situation: Situation,
    entry: HistoryEntry | null,
    down: string,
  ): Pick<Proposal, 'steps' | 'reasons'>;
  restart(situation: Situation): Pick<Proposal, 'steps' | 'reasons'>;
  installJob(context: JobContext): JobPart;
  rollbackJob(context: JobContext, entry: HistoryEntry): JobPart;
  restartJob(context: JobContext): JobPart;
  /** True once the facts show what a job was to bring about: the proof after it. */
  reached(situation: Situation, action: Action): boolean;
}

/** A reason that cites a rule; `about` puts this server's figures behind the rule's sentence. */
export function cite(rules: readonly Rule[], id: string, about?: string): Reason {
  const rule = rules.find((one) => one.id === id);
  if (rule === undefined) throw new Error(`no rule ${id}`);
  return {
    rule: id,
    severity: rule.severity,
    message: about === undefined ? rule.sentence : `${rule.sentence} ${about}`,
  };
}
