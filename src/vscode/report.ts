import * as vscode from 'vscode';
import { FleetError } from '../updater/errors';
import { t } from './l10n';
import type { FleetLog } from './log';

/**
 * The one place where an error becomes a message. A FleetError is for people: what happened and what to do next.
 * Anything else is a bug: it goes to the log with its stack. Resolves when the message was shown, not when it was answered.
 */
export function report(log: FleetLog, thrown: unknown): void {
  if (isCancel(thrown)) return;
  log.error(thrown instanceof FleetError ? `${thrown.code}` : 'internal error', thrown);
  const showLog = t('Show Log');
  void vscode.window.showErrorMessage(sentence(thrown), showLog).then((choice) => {
    if (choice === showLog) log.show();
  });
}

function sentence(thrown: unknown): string {
  if (!(thrown instanceof FleetError) || thrown.code === 'internal')
    return t('VMS Fleet: internal error: {0}', thrown instanceof Error ? thrown.message : String(thrown));
  const server = thrown.server === undefined ? '' : `${thrown.server}: `;
  return `${server}${thrown.message}${thrown.hint === undefined ? '' : ` ${thrown.hint}`}`;
}

/** The person stopped it: they know. */
function isCancel(thrown: unknown): boolean {
  if (thrown instanceof FleetError) return thrown.code === 'cancelled' || thrown.code === 'auth.cancelled';
  return thrown instanceof Error && thrown.name === 'AbortError';
}
