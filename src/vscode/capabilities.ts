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

function nextStep({ status, reasons }: ServerState, isFailed: boolean): Capability | undefined {
  if (isFailed) return capabilities.nextResume;
  if (reasons.some(({ severity }) => severity === 'block')) return undefined;
  if (status === 'not-downloaded') return capabilities.nextDownload;
  if (status === 'loaded') return capabilities.nextInstall;
  return undefined;
}
