import { FleetError } from '../errors';
import type { Server } from '../fleet/model';
import { productOf } from '../products';
import { notThere, type Supply } from '../products/product';
import type { Assessment } from '../rollout/events';
import { isArmed, type Facts, type JobFact } from '../targets/facts';
import { clockText } from './window';

/** What a server's facts mean while nobody acts on it: its status, and what stands between it and the wanted version. */
export function assess(server: Server, facts: Facts, supply: Supply): Assessment {
  const product = productOf(server.product);
  if (product === undefined)
    return {
      status: 'unsupported',
      detail: `This version cannot update ${server.product} yet.`,
      error: null,
      reasons: [],
    };
  const situation = { server, facts, supply, to: null };
  const { reasons, to } = product.install(situation);
  const { job } = facts;
  if (job?.state === 'running' && isArmed(job))
    return {
      status: 'queued',
      detail: `armed by ${job.by}: ${armedText(job, server)}`,
      error: null,
      reasons,
      to,
    };
  if (job?.state === 'running')
    return { status: statusOfStep(job.action, job.step), detail: job.step, error: null, reasons, to };
  if (job?.state === 'interrupted')
    return {
      status: 'stalled',
      detail: `job ${job.id} stopped in ${job.step ?? 'its first step'}`,
      error: interrupted(server, job.id, job.step).toJSON(),
      reasons,
      to,
    };
  if (job?.state === 'failed')
    return {
      status: job.action === 'rollback' ? 'rollback-failed' : 'failed',
      detail: job.message,
      error: jobError(server, job.step, job.message ?? 'no reason given').toJSON(),
      reasons,
      to,
    };
  // What no version changes: it is listed, and never offered anything.
  const [excluded] = product.excludes(server, facts).filter(({ severity }) => severity === 'block');
  if (excluded !== undefined)
    return {
      status: 'unsupported',
      detail: `${excluded.message} (${excluded.rule})`,
      error: null,
      reasons,
      to: null,
    };
  // Where nothing is wanted, what runs is as wanted as can be.
  const settled = reasons.some(
    ({ rule }) => rule === 'version.same' || (rule === 'version.none' && facts.installed !== null),
  );
  if (settled) return { status: 'installed', detail: null, error: null, reasons, to };
  const needs = product.needs(situation, 'install');
  const loaded = needs.length > 0 && notThere(needs, facts).length === 0;
  return { status: loaded ? 'loaded' : 'not-downloaded', detail: null, error: null, reasons, to };
}

const stepStatus: Record<string, Assessment['status']> = {
  wait: 'queued',
  restart: 'restarting',
  'restart-service': 'restarting',
  start: 'restarting',
  'check-swap': 'verifying',
  commit: 'verifying',
  'check-version': 'verifying',
  seal: 'verifying',
  'check-service': 'verifying',
  'check-port': 'verifying',
  'check-command': 'verifying',
};
const actionStatus: Record<JobFact['action'], Assessment['status']> = {
  install: 'installing',
  rollback: 'rolling-back',
  restart: 'restarting',
};

/** The status that a step of a job puts its server in. */
export function statusOfStep(action: JobFact['action'], step: string | null): Assessment['status'] {
  return stepStatus[step ?? ''] ?? actionStatus[action];
}

/** "begins by itself on sat 2026-11-28 22:00 (Europe/Tallinn)" */
export const beginsText = (at: Date, window: Server['window']): string =>
  `begins by itself on ${clockText(at, window?.timeZone)}`;

/** "4.3.5 begins by itself on sat 2026-11-28 22:00 (Europe/Tallinn)" */
export function armedText(
  { startsAt = '', to }: Pick<JobFact, 'startsAt' | 'to'>,
  { window }: Server,
): string {
  return `${to ?? 'it'} ${beginsText(new Date(startsAt), window)}`;
}

/** A job that neither runs nor has ended. */
export function interrupted(server: Server, jobId: string, step: string | null): FleetError {
  return new FleetError(
    'job.interrupted',
    `Job ${jobId} on ${server.id} stopped in ${step ?? 'its first step'} and nobody runs it.`,
    {
      server: server.id,
      ...(step !== null && { step }),
      hint: 'Resume the rollout: the job goes on from that step. Or cancel it: what was staged is taken back.',
    },
  );
}

/** A failed job's step and message, as the runner on the server said them, with what to do next. */
export function jobError(server: Server, step: string | null, message: string): FleetError {
  const details = { server: server.id, ...(step !== null && { step }) };
  const said = `${server.id} failed in ${step ?? 'its job'}: ${message}.`;
  const away = server.outOfBand === undefined ? '' : ` Out of band: ${server.outOfBand}.`;
  switch (step) {
    case 'wait':
      return new FleetError('job.failed', said, {
        ...details,
        hint: 'Nothing was changed. Arm it again, or install it while somebody watches.',
      });
    case 'check-space':
      return new FleetError('space', said, {
        ...details,
        hint: 'Free space on the server and install again. Nothing was changed.',
      });
    case 'check-package':
      return new FleetError('package.corrupt', said, {
        ...details,
        hint: 'Download again, then install again. Nothing was changed.',
      });
    case 'restart':
    case 'restart-service':
      return new FleetError('restart.refused', said, {
        ...details,
        hint: `What was staged is taken back. Check the rights of the login user.${away}`,
      });
    case 'check-idle':
      return new FleetError('job.busy', said, {
        ...details,
        hint: 'Wait until it has ended, then install again. Nothing was changed.',
      });
    case 'stop':
      return new FleetError('job.failed', said, {
        ...details,
        hint: "The service was left, or put back, running. See in the product's own log why it does not stop.",
      });
    case 'backup':
    case 'restore':
      return new FleetError('job.failed', said, {
        ...details,
        hint: 'Check `settingsPaths` in the fleet file, and room and rights on the server. The service was started again.',
      });
    case 'run':
      return new FleetError('job.failed', said, {
        ...details,
        hint: `The service was started again. Run the installer once by hand on the server to see what it says, or check \`installer.args\`.${away}`,
      });
    case 'check-version':
      return new FleetError('verify.version', said, {
        ...details,
        hint: `The installer has reported success and not done its work: run it by hand on the server.${away}`,
      });
    case 'check-swap':
      return new FleetError('verify.version', said, {
        ...details,
        hint: `Look at the product's own log; the earlier version is still active.${away}`,
      });
    case 'check-service':
    case 'start':
      return new FleetError('verify.service', said, {
        ...details,
        hint: `Roll back, or look at the service's log on the server.${away}`,
      });
    case 'check-port':
    case 'check-command':
      return new FleetError('verify.health', said, {
        ...details,
        hint: `The new version runs but is not healthy: roll back, or look at its log.${away}`,
      });
    default:
      return new FleetError('job.failed', said, {
        ...details,
        hint: 'Show Log has the steps. What was staged is taken back; install again once the cause is mended.',
      });
  }
}
