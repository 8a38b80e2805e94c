import * as vscode from 'vscode';
import type { Action } from '../updater/plan/plan';
import { cancelMeaning } from '../updater/rollout/meaning';
import type { RolloutResult, Updater } from '../updater/updater';
import type { Faces } from '../vscode/faces';
import { t } from '../vscode/l10n';
import { report } from '../vscode/report';
import type { FleetSession } from '../vscode/session';
import { Throttle } from '../vscode/throttle';
import { actionWords } from '../vscode/words';
import { ending, type Tally } from './ending';
import { rolloutProgress, type News } from './rollout-progress';
import { whenArmed } from './when-armed';

export interface Rollout {
  action: Action;
  servers: string[];
  /** Undefined while it has not begun: its first event tells. */
  id: string | undefined;
  /** Its servers begin by themselves, perhaps in hours: nothing stands in the person's way until then. */
  armed?: boolean;
  /** What the person is told besides, at the end. */
  note: string | undefined;
  run: (updater: Updater, signal: AbortSignal) => Promise<RolloutResult>;
}

/** Runs a rollout with its progress shown, and ends with one notification. Resolves when every server has ended. */
export async function follow(faces: Faces, session: FleetSession, rollout: Rollout): Promise<void> {
  const updater = await session.updater();
  const { action, servers } = rollout;
  const following = rolloutProgress(servers, rollout.id);
  const result = await vscode.window.withProgress(
    {
      location:
        rollout.armed === true ? vscode.ProgressLocation.Window : vscode.ProgressLocation.Notification,
      title: `VMS Fleet: ${actionWords()[action].doing}`,
      cancellable: true,
    },
    async (progress, token) => {
      const stop = new AbortController();
      let cancelling = false;
      let waiting: News = { increment: 0, message: '' };
      const show = new Throttle<string>(250, () => {
        const { increment, message } = waiting;
        progress.report(cancelling ? { increment } : { increment, message });
        waiting = { increment: 0, message };
      });
      const events = session.onEvent((event) => {
        const news = following.event(event);
        if (!news) return;
        waiting = { increment: waiting.increment + news.increment, message: news.message };
        show.touch('');
      });
      const armed = rollout.armed === true ? [whenArmed(faces, session, servers)] : [];
      const cancelled = token.onCancellationRequested(() => {
        cancelling = true;
        progress.report({ message: t('cancelling … {0}', cancelMeaning) });
        const id = following.id();
        if (id === undefined) stop.abort();
        else updater.cancel(id).catch((error: unknown) => report(faces.log, error));
      });
      try {
        return await rollout.run(updater, stop.signal);
      } finally {
        vscode.Disposable.from(events, cancelled, ...armed).dispose();
        show.clear();
      }
    },
  );
  // Its fleet file was closed: it goes on there, and is told of where that is opened again.
  if (result.letGo) return;
  // Not awaited: the rollout has ended, whatever becomes of the notification.
  const tally = { all: servers.length, done: following.done() };
  void tell(faces, session, rollout, tally, result).catch((error: unknown) => report(faces.log, error));
}

async function tell(
  faces: Faces,
  session: FleetSession,
  rollout: Rollout,
  tally: Tally,
  result: RolloutResult,
): Promise<void> {
  const { action, note } = rollout;
  const text = ending(action, tally, result, note);
  const { showErrorMessage, showInformationMessage, showWarningMessage } = vscode.window;
  const [resume, rollback, view, log] = [t('Resume'), t('Roll Back…'), t('Fleet View'), t('Show Log')];
  const choice =
    result.outcome === 'done'
      ? await showInformationMessage(text, view, log)
      : result.outcome === 'cancelled'
        ? await showWarningMessage(text, resume, view, log)
        : await showErrorMessage(text, resume, ...(action === 'install' ? [rollback] : []), view, log);
  if (choice === log) faces.log.show();
  if (choice === view) faces.openFleetView(session);
  // Loaded when needed: these verbs follow rollouts themselves.
  if (choice === resume) {
    const found = (await (await session.updater()).rollouts()).find(({ id }) => id === result.id);
    if (found) await (await import('./resume')).resumeRollout(faces, session, found);
  }
  if (choice === rollback) {
    const failed = new Set(result.failures.map(({ server }) => server));
    const selection = { session, servers: session.servers.filter(({ id }) => failed.has(id)) };
    await (await import('./rollback')).rollback(faces, [selection]);
  }
}
