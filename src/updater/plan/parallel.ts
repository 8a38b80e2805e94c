import type { System } from '../fleet/model';
import { productOf } from '../products';
import { willAct, type PlanServer } from './plan';

/**
 * System id → servers at work at the same time: what the fleet file says, never above the product's limit. That limit may
 * differ from server to server: the system's figure is the widest of those that will act, and one that bears fewer at work
 * beside it gets a figure of its own, which holds while it is at work.
 */
export function assignParallel(systems: readonly System[], planned: PlanServer[]): Record<string, number> {
  return Object.fromEntries(
    systems.map((system) => {
      const product = productOf(system.product);
      const limit = ({ from }: PlanServer): number =>
        Math.min(system.maxParallel ?? Infinity, product?.parallel(from) ?? 1);
      const own = planned.filter((server) => server.system === system.id);
      const acting = own.filter(willAct);
      const figure = Math.max(...(acting.length > 0 ? acting : own).map(limit));
      for (const server of acting) if (limit(server) < figure) server.parallel = limit(server);
      return [system.id, figure];
    }),
  );
}
