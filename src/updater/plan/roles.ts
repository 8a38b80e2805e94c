import type { Fleet, Server } from '../fleet/model';
import { productOf } from '../products';
import { cite, type Product } from '../products/product';
import { verdict, willAct, type Action, type PlanServer } from './plan';

/** Where a server stands in its product's order of roles: 0 goes first. Where there is no order, all stand alike. */
export function rankOf({ product, role = '' }: Server): number {
  const roles = productOf(product)?.rolesFirst?.roles ?? [];
  const rank = roles.indexOf(role);
  return rank < 0 ? roles.length : rank;
}

/** Servers that go before some of those chosen, by their role, and were not chosen: what they run decides too. */
export function leadersOf(fleet: Fleet, chosen: readonly Server[], action: Action): Server[] {
  if (action !== 'install') return [];
  const ids = new Set(chosen.map(({ id }) => id));
  const last = new Map<string, number>();
  for (const server of chosen)
    last.set(server.system, Math.max(last.get(server.system) ?? 0, rankOf(server)));
  return fleet.systems.flatMap(({ id, servers }) => {
    const lowest = last.get(id) ?? 0;
    return servers.filter((server) => !ids.has(server.id) && rankOf(server) < lowest);
  });
}

/** One server with its part of a plan. */
export interface Ranked {
  server: Server;
  planned: PlanServer;
}

/**
 * Marks servers whose role goes first, and blocks those behind one that does not run the version and will not by this plan.
 * @param others those that go first and were not chosen
 */
export function orderRoles(chosen: readonly Ranked[], others: readonly Ranked[]): void {
  const obstacles = new Map<string, { rank: number; why: string }>();
  for (const [list, isChosen] of [
    [chosen, true],
    [others, false],
  ] as const)
    for (const { server, planned } of list) {
      const product = productOf(server.product);
      const rank = rankOf(server);
      if (product?.rolesFirst === undefined || rank === product.rolesFirst.roles.length) continue;
      if (isChosen && willAct(planned)) planned.leads = product.rolesFirst.roles[rank] ?? '';
      const why = obstacle(product, planned, isChosen);
      const known = obstacles.get(server.system);
      if (why !== null && (known === undefined || rank < known.rank))
        obstacles.set(server.system, { rank, why });
    }
  for (const { server, planned } of chosen) {
    const product = productOf(server.product);
    const found = obstacles.get(server.system);
    if (product?.rolesFirst === undefined || found === undefined || rankOf(server) <= found.rank) continue;
    if (!willAct(planned)) continue;
    planned.reasons = [...planned.reasons, cite(product.rules, product.rolesFirst.rule, found.why)];
    planned.verdict = verdict(planned.reasons);
    planned.steps = [];
    delete planned.expected;
    delete planned.leads;
  }
}

/** Why a server keeps those behind it from being begun; null where it runs the version, or will. */
function obstacle({ oneJobRule }: Product, planned: PlanServer, isChosen: boolean): string | null {
  const { id, reasons } = planned;
  const atWork = reasons.some(({ rule }) => rule === oneJobRule);
  switch (planned.verdict) {
    case 'ready':
    case 'confirm':
      return isChosen ? null : `${id} does not run it yet: update it first, or together with this one.`;
    case 'skip':
      return atWork ? `A job runs on ${id}: wait until it has ended.` : null;
    case 'blocked':
      return `${id} is blocked: ${reasons.find(({ severity }) => severity === 'block')?.message ?? ''}`;
  }
}
