import type { Action } from '../updater/plan/plan';
import type { RolloutResult } from '../updater/updater';
import { t } from '../vscode/l10n';
import { actionWords, listed } from '../vscode/words';

/** Of how many servers a rollout was, and with how many it did what it was for. */
export interface Tally {
  all: number;
  done: number;
}

/** The one notification at a rollout's end: how many, which failed, with cause and next step. */
export function ending(
  action: Action,
  tally: Tally,
  result: RolloutResult,
  note: string | undefined,
): string {
  return [...main(action, tally, result), note].filter((part) => part !== undefined).join(' ');
}

/** Sentences. */
function main(action: Action, tally: Tally, { outcome, failures }: RolloutResult): (string | undefined)[] {
  const { verb } = actionWords()[action];
  const { all } = tally;
  if (outcome === 'done') return [tally.done < all ? partlyText(action, tally) : doneText(action, all)];
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
    all === 1
      ? t('{0}: {1} of 1 server failed.', verb, failures.length)
      : t('{0}: {1} of {2} servers failed.', verb, failures.length, all),
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

/** Nothing failed, and yet not all were acted on: a person had some left out, or a rule did. */
function partlyText(action: Action, { all, done }: Tally): string {
  const left = all - done;
  if (all === 1) return t('{0}: the server was left out.', actionWords()[action].verb);
  switch (action) {
    case 'download':
      return t('Download: {0} of {1} servers downloaded, {2} left out.', done, all, left);
    case 'install':
      return t('Install: {0} of {1} servers installed, {2} left out.', done, all, left);
    case 'rollback':
      return t('Roll Back: {0} of {1} servers rolled back, {2} left out.', done, all, left);
    case 'restart':
      return t('Restart: {0} of {1} servers restarted, {2} left out.', done, all, left);
  }
}
