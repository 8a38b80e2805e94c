import type { System } from '../fleet/model';
import { sizeOf } from '../fleet/share';
import type { Expected } from './expected';

export type Action = 'install' | 'download' | 'rollback' | 'restart';
export type Verdict = 'ready' | 'blocked' | 'confirm' | 'skip';
export type Severity = 'block' | 'confirm' | 'warn' | 'skip';

/** Why a verdict is what it is: a rule's id (SYSTEMS.md) and its sentence with this server's figures. */
export interface Reason {
  rule: string;
  severity: Severity;
  message: string;
}

/** One thing that will be done, for people and programs: `step` is a word of the fixed vocabulary, the rest says to what. */
export interface PlanStep {
  step: string;
  [detail: string]: string | number | boolean | null;
}

/** One server of a plan: the contract of `plan --json` (DESIGN.md section 5). */
export interface PlanServer {
  id: string;
  system: string;
  verdict: Verdict;
  from: string | null;
  to: string | null;
  /** Every version to be installed in order, the target last; empty if there is nothing to do. */
  path: string[];
  reasons: Reason[];
  /** Waves count from 0. */
  wave: number;
  steps: PlanStep[];
  /** A rollback: how many entries of its history stay. */
  entriesLeft?: number;
  /** Servers of its system at work at the same time while this one is; only where that is less than the system's figure. */
  parallel?: number;
  /** Its role, where that goes first in its system: the others wait until it runs the version. */
  leads?: string;
  /** Armed: when it begins by itself, at the earliest (ISO 8601). */
  startsAt?: string;
  /** And at the latest: behind that it is too late, and nothing begins. */
  startsBy?: string;
  /** Where something will be done; for a download only where an earlier one tells. */
  expected?: Expected;
}

export interface Plan {
  schema: 1;
  action: Action;
  /** `--to`: the version asked for, null: what the fleet file wants. */
  to: string | null;
  servers: PlanServer[];
  /** System id → servers at the same time. */
  parallel: Record<string, number>;
  /** Maintenance windows hold up nothing: somebody who knows what that means has asked for it. */
  ignoreWindow?: true;
  /** Its servers begin by themselves, each at its `startsAt`. */
  armed?: true;
}

const verdictOf: Record<Severity, Verdict | undefined> = {
  block: 'blocked',
  skip: 'skip',
  confirm: 'confirm',
  warn: undefined,
};

/**
 * The verdict that reasons add up to: blocked over skip over confirm over ready.
 * @param busy the rule that skips a server that somebody works on, whatever else blocks it: behind that job it may stand differently
 */
export function verdict(reasons: readonly Reason[], busy?: string): Verdict {
  if (reasons.some(({ rule, severity }) => rule === busy && severity === 'skip')) return 'skip';
  const said = reasons.map((reason) => verdictOf[reason.severity]);
  return (['blocked', 'skip', 'confirm'] as const).find((one) => said.includes(one)) ?? 'ready';
}

export const willAct = ({ verdict }: Pick<PlanServer, 'verdict'>): boolean =>
  verdict === 'ready' || verdict === 'confirm';

/** The one version that all servers that will act go to; null where there are several, or none. */
export function oneVersion(servers: readonly Pick<PlanServer, 'verdict' | 'to'>[]): string | null {
  const [to, ...others] = new Set(servers.filter(willAct).map((server) => server.to));
  return others.length > 0 ? null : (to ?? null);
}

/**
 * Sorts the servers that will act into waves: one for each role that goes first, then the system's canaries, then waves of the
 * sizes that it names. Servers that do nothing stay in wave 0.
 * @param rankOf by id, where its role stands in the order
 */
export function assignWaves(
  systems: readonly System[],
  planned: PlanServer[],
  rankOf: (id: string) => number,
): void {
  for (const system of systems) {
    const acting = planned.filter((server) => server.system === system.id && willAct(server));
    const leading = acting.filter(({ leads }) => leads !== undefined);
    const ranks = [...new Set(leading.map(({ id }) => rankOf(id)))].sort((a, b) => a - b);
    for (const server of leading) server.wave = ranks.indexOf(rankOf(server.id));
    const others = acting.filter(({ leads }) => leads === undefined);
    let begun = 0;
    for (const [wave, size] of waveSizes(system, others.length).entries()) {
      for (const server of others.slice(begun, begun + size)) server.wave = ranks.length + wave;
      begun += size;
    }
  }
}

/** Sizes of the waves of so many servers; they add up to them. */
export function waveSizes({ canary, waves }: Pick<System, 'canary' | 'waves'>, total: number): number[] {
  const sizes: number[] = [];
  let left = total;
  const wave = (size: number): void => {
    if (left > 0) sizes.push(Math.min(size, left));
    left -= size;
  };
  if (canary > 0) wave(canary);
  for (const size of waves) wave(sizeOf(size, total));
  const last = waves.at(-1);
  while (left > 0) wave(last === undefined ? left : sizeOf(last, total));
  return sizes;
}
