import type { Action } from '../updater/plan/plan';
import type { RolloutResult } from '../updater/updater';
import { t } from '../vscode/l10n';
import { actionWords, listed } from '../vscode/words';

/** The one notification at a rollout's end: how many, which failed, with cause and next step. */
export function ending(
  action: Action,
  servers: number,
  result: RolloutResult,
  note: string | undefined,
): string {
  return [...main(action, servers, result), note].filter((part) => part !== undefined).join(' ');
}

/** Sentences. */
function main(action: Action, servers: number, { outcome, failures }: RolloutResult): (string | undefined)[] {
  const { verb } = actionWords()[action];
  if (outcome === 'done') return [doneText(action, servers)];
  if (outcome === 'cancelled') return [t('{0}: cancelled. What was not done can be resumed.', verb)];
  const [first, ...others] = failures;
  if (!first) return [t('{0}: failed.', verb)];
  const { server, error } = first;
  const where = error.step === undefined ? server : t('{0} at {1}', server, error.step);
  const also = listed(
    others.map((failure) => failure.server),
    5,
  );
  return [
    servers === 1
      ? t('{0}: {1} of 1 server failed.', verb, failures.length)
      : t('{0}: {1} of {2} servers failed.', verb, failures.length, servers),
    `${where}: ${error.message}`,
    error.hint,
    others.length > 0 ? t('Also failed: {0}.', also) : undefined,
  ];
}

function doneText(action: Action, n: number): string {
  const one = n === 1;
  switch (action) {
    case 'download':
      return one ? t('Download: 1 server downloaded.') : t('Download: {0} servers downloaded.', n);
    case 'install':
      return one ? t('Install: 1 server installed.') : t('Install: {0} servers installed.', n);
    case 'rollback':
      return one ? t('Roll Back: 1 server rolled back.') : t('Roll Back: {0} servers rolled back.', n);
    case 'restart':
      return one ? t('Restart: 1 server restarted.') : t('Restart: {0} servers restarted.', n);
  }
}
