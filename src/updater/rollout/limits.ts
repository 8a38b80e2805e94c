import type { Fleet } from '../fleet/model';
import type { Plan } from '../plan/plan';
import type { Limit } from './queue';
import type { Lane, Standing } from './standing';

/** Servers that only take files are served so many at a time, whatever the installs' limit is. */
const mostDownloads = 6;

/** How many may be at work beside a server, in every scope that it belongs to. */
export function limitsOf(fleet: Fleet, plan: Plan, { server, planned }: Standing, lane: Lane): Limit[] {
  const { system, parallel } = planned;
  const { maxParallel, maxParallelPerSite } = fleet;
  const { site, failoverGroup } = server;
  const width = Math.max(1, plan.parallel[system] ?? 1);
  switch (lane) {
    case 'ahead':
      return [{ scope: `ahead:${system}`, most: mostDownloads, where: '' }];
    case 'load':
      return [{ scope: `load:${system}`, most: Math.max(width, mostDownloads), where: '' }];
    case 'change': {
      // Their times are one behind the other already.
      if (plan.armed === true) return [];
      const limits: Limit[] = [{ scope: `system:${system}`, most: parallel ?? width, where: '' }];
      const add = (scope: string, most: number, where: string): void =>
        void limits.push({ scope, most, where });
      if (failoverGroup !== undefined) add(`group:${failoverGroup}`, 1, `in failover group ${failoverGroup}`);
      if (site !== undefined && maxParallelPerSite !== undefined)
        add(`site:${site}`, maxParallelPerSite, `at site ${site}`);
      if (maxParallel !== undefined) add('fleet', maxParallel, 'in the fleet');
      return limits;
    }
  }
}
