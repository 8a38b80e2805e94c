import { runsOnePackage } from '../updater/packages/loaded-version';
import type { ServerState } from '../updater/rollout/state';
import { capabilities, type Capability } from './ids';
import { failedStatuses } from './words';

/**
 * What can be offered for a server as it stands; menus read it. Only an offer: whether it is done, the plan says,
 * so where nothing is known yet everything is offered.
 */
export function serverCapabilities(state: ServerState): Capability[] {
  const { status, rollout, rollback, facts } = state;
  const { server, running, failed, downloadable, installable, rollbackable, restartable } = capabilities;
  const words: Capability[] = [server];
  if (rollout !== null) return [...words, running];
  // Of another workstation, or armed: what else could be done is offered too, as it may have ended since the server was asked.
  if (facts?.job?.state === 'running') words.push(running);
  const isFailed = failedStatuses.has(status);
  if (isFailed) words.push(failed);
  if (status === 'unsupported') return words;
  const isThere = status === 'installed';
  if (!isThere && status !== 'loaded') words.push(downloadable);
  if (!isThere) words.push(installable);
  if (facts === null || rollback.length > 0) words.push(rollbackable);
  words.push(restartable);
  const next = nextStep(state, isFailed);
  return next === undefined ? words : [...words, next];
}

/** The one action that stands for a server's status; a rollback only where the vendor's own table has it. */
function nextStep(state: ServerState, isFailed: boolean): Capability | undefined {
  const { status, reasons, rollback, product } = state;
  if (isFailed) return capabilities.nextResume;
  if (status === 'installed')
    return runsOnePackage(product) && rollback.length > 0 ? capabilities.nextRollback : undefined;
  if (reasons.some(({ severity }) => severity === 'block')) return undefined;
  if (status === 'not-downloaded') return capabilities.nextDownload;
  if (status === 'loaded') return capabilities.nextInstall;
  return undefined;
}
