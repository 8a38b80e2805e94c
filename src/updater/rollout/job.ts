import { FleetError } from '../errors';
import type { Server } from '../fleet/model';
import type { Action } from '../plan/plan';
import type { Hands, JobContext, JobPart, Supply } from '../products/product';
import type { Facts, JobFact } from '../targets/facts';
import type { Job, JobLine, Platform } from '../targets/platform';

/** What the job of one version, step back or restart is made of. */
export interface JobOrder {
  id: string;
  rolloutId: string;
  action: Action;
  server: Server;
  facts: Facts;
  supply: Supply;
  /** The version that the product's hands work towards; null: what is wanted. */
  to: string | null;
  /** The version that the server has behind it; null for a restart. */
  target: string | null;
  by: string;
  now: Date;
  /** Armed: when it begins, and the step that waits for that. */
  start: { at: string; wait: JobLine } | null;
}

export function kindOf(action: Action): JobFact['action'] {
  return action === 'rollback' || action === 'restart' ? action : 'install';
}

/** A job for the runner there: the product's part of it, and what is the same for all. */
export function makeJob(order: JobOrder, hands: Hands, platform: Platform): Job {
  const { id, rolloutId, action, server, facts, supply, to, target, by, now, start } = order;
  const state = platform.stateDir(server);
  const part = partOf(hands, action, {
    ...{ server, facts, supply, to, platform, by, now },
    jobId: id,
    jobDir: platform.join(state, 'jobs', id),
    packagePath: (info) => platform.join(state, 'packages', info.sha256, info.file),
  });
  return {
    id,
    settings: {
      action: [kindOf(action)],
      to: [target ?? facts.installed?.version ?? '-'],
      by: [by],
      rollout: [rolloutId],
      service: [facts.service?.name ?? '-'],
      backup: [id],
      'going-down': ['180'],
      'boot-before': [facts.bootId ?? '-'],
      ...(start !== null && { 'starts-at': [start.at] }),
      ...part.settings,
    },
    lines: [...(start === null ? [] : [start.wait]), ...part.lines],
    files: part.files,
  };
}

function partOf(hands: Hands, action: Action, context: JobContext): JobPart {
  switch (action) {
    case 'rollback': {
      const entry = context.facts.entries?.at(-1);
      if (entry === undefined)
        throw new FleetError('plan.blocked', `${context.server.id} has no history to roll back.`, {
          server: context.server.id,
        });
      return hands.rollbackJob(context, entry);
    }
    case 'restart':
      return hands.restartJob(context);
    case 'install':
    case 'download':
      return hands.installJob(context);
  }
}
