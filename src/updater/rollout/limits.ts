import type { Plan } from '../plan/plan';
import type { Limit } from './queue';
import type { Lane, Standing } from './standing';

/** Servers that only take files are served so many at a time, whatever the installs' limit is. */
const mostDownloads = 6;

/** How many may be at work beside a server, in every scope that it belongs to. */
export function limitsOf(plan: Plan, { planned }: Standing, lane: Lane): Limit[] {
  const { system, parallel } = planned;
  const width = Math.max(1, plan.parallel[system] ?? 1);
  switch (lane) {
    case 'ahead':
      return [{ scope: `ahead:${system}`, most: mostDownloads, where: '' }];
    case 'load':
      return [{ scope: `load:${system}`, most: Math.max(width, mostDownloads), where: '' }];
    case 'change':
      return [{ scope: `system:${system}`, most: parallel ?? width, where: '' }];
  }
}
