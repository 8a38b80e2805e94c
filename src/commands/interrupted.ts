import * as vscode from 'vscode';
import type { Faces } from '../vscode/faces';
import type { FleetSession } from '../vscode/session';
import { actionWords, count } from '../vscode/words';
import { leftBehind } from './left-behind';
import { resumeRollout } from './resume';

/** Tells once of a rollout that a closed VS Code left behind. */
export class InterruptedRollouts {
  private readonly told = new Set<string>();

  constructor(private readonly faces: Faces) {}

  /** Resolves when there is nothing to tell, or it was answered. */
  async look(session: FleetSession): Promise<void> {
    const { name, file } = session.fleet;
    const rollouts = await (await session.updater()).rollouts();
    const newest = leftBehind(rollouts.filter(({ fleet }) => fleet === file))
      .filter(({ state }) => state === 'interrupted')
      .filter(({ id }) => !this.told.has(id));
    const [rollout] = newest;
    if (!rollout) return;
    for (const { id } of newest) this.told.add(id);
    const others = newest.length > 1 ? ` ${newest.length - 1} more: VMS Fleet: Resume.` : '';
    const [resume, showLog, later] = ['Resume', 'Show Log', 'Later'] as const;
    const choice = await vscode.window.showWarningMessage(
      `${actionWords[rollout.action].verb} of ${count(rollout.servers.length, 'server')} (${name}) was interrupted.${others}`,
      resume,
      showLog,
      later,
    );
    if (choice === resume) await resumeRollout(this.faces, session, rollout);
    if (choice === showLog) this.faces.log.show();
  }
}
