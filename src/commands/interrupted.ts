import * as vscode from 'vscode';
import { FleetError } from '../updater/errors';
import { goesOnUnasked, isLeftArmed } from '../updater/rollout/summary';
import type { RolloutSummary } from '../updater/updater';
import type { Faces } from '../vscode/faces';
import { t } from '../vscode/l10n';
import type { FleetSession } from '../vscode/session';
import { actionWords } from '../vscode/words';
import { follow } from './follow';
import { leftBehind, unfinished } from '../updater/rollout/left-behind';
import { resumeRollout } from './resume';

/** Goes on with rollouts that a closed or killed VS Code left behind; tells of those that are too old for that. */
export class InterruptedRollouts {
  constructor(private readonly faces: Faces) {}

  /** Once for each session. Resolves when there is nothing to go on with or to tell, or all of it has ended. */
  async look(session: FleetSession): Promise<void> {
    const { file } = session.fleet;
    const rollouts = (await (await session.updater()).rollouts()).filter(({ fleet }) => fleet === file);
    const behind = new Set(leftBehind(rollouts).map(({ id }) => id));
    const interrupted = rollouts.filter(({ state }) => state === 'interrupted');
    // One whose servers are all done was cut off while it watched them.
    const goOn = interrupted.filter(
      (one) => goesOnUnasked(one, new Date()) && (behind.has(one.id) || unfinished(one).length === 0),
    );
    const ask = interrupted.filter((one) => behind.has(one.id) && !goOn.includes(one));
    await Promise.all([...goOn.map((one) => this.goOn(session, one)), this.ask(session, ask)]);
  }

  private async goOn(session: FleetSession, rollout: RolloutSummary): Promise<void> {
    const { id, action, servers, asked } = rollout;
    const left = unfinished(rollout);
    const armed = isLeftArmed(rollout);
    try {
      await follow(this.faces, session, {
        ...{ action, id },
        // All were done where it was cut off while it watched them: that is gone on with.
        servers: left.length > 0 ? left : servers.map((server) => server.id),
        armed,
        note: armed
          ? undefined
          : asked === 'pause'
            ? t('It had been interrupted, and went on by itself. It is paused.')
            : t('It had been interrupted, and went on by itself.'),
        run: (updater, signal) => updater.resume(id, { signal, unasked: true }),
      });
    } catch (error) {
      // Another window was first: it is seen there.
      if (!(error instanceof FleetError && error.code === 'job.busy')) throw error;
    }
  }

  private async ask(session: FleetSession, [rollout, ...others]: RolloutSummary[]): Promise<void> {
    if (!rollout) return;
    const more = others.length > 0 ? ` ${t('{0} more: VMS Fleet: Resume.', others.length)}` : '';
    const [resume, showLog, later] = [t('Resume'), t('Show Log'), t('Later')] as const;
    const { verb } = actionWords()[rollout.action];
    const many = rollout.servers.length;
    const text =
      many === 1
        ? t('{0} of 1 server ({1}) was interrupted.', verb, session.fleet.name)
        : t('{0} of {1} servers ({2}) was interrupted.', verb, many, session.fleet.name);
    const choice = await vscode.window.showWarningMessage(`${text}${more}`, resume, showLog, later);
    if (choice === resume) await resumeRollout(this.faces, session, rollout);
    if (choice === showLog) this.faces.log.show();
  }
}
