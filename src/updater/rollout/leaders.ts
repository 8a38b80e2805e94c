import type { PlanServer } from '../plan/plan';
import type { RolloutContext } from './rollout';
import type { WorkResult } from './work';

/** Servers whose role goes first: what is behind them is begun only when each of them runs the version. */
export class Leaders {
  private readonly bySystem = new Map<string, PlanServer[]>();
  /** Ids of those that had their chance: they were left out, or nobody chose them again when the rollout was gone on with. */
  private readonly gone: ReadonlySet<string>;

  /** @param results how parts have ended, as they do */
  constructor(
    { plan, before }: Pick<RolloutContext, 'plan' | 'before'>,
    private readonly results: ReadonlyMap<string, WorkResult>,
  ) {
    const left = new Set(plan.servers.map(({ id }) => id));
    const earlier = before?.leaders?.filter(({ id }) => !left.has(id)) ?? [];
    this.gone = new Set(earlier.map(({ id }) => id));
    const done = before?.done.map(({ planned }) => planned) ?? [];
    for (const one of [...earlier, ...done, ...plan.servers]) {
      if (one.leads === undefined) continue;
      const list = this.bySystem.get(one.system) ?? [];
      this.bySystem.set(one.system, list);
      list.push(one);
    }
  }

  /** Why a server must not be begun any more; undefined where nothing of the kind holds it. */
  missing({ system, wave }: PlanServer): string | undefined {
    const failed = this.bySystem
      .get(system)
      ?.find((one) => one.wave < wave && (this.gone.has(one.id) || this.hasFailed(one.id)));
    return failed && `${failed.id} of role ${failed.leads ?? ''} goes first, and was not updated`;
  }

  private hasFailed(id: string): boolean {
    const result = this.results.get(id);
    return result !== undefined && result.outcome !== 'done';
  }
}
