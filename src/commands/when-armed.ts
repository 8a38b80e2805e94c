import * as vscode from 'vscode';
import { ArmedServers } from '../updater/rollout/armed-servers';
import type { Faces } from '../vscode/faces';
import { t } from '../vscode/l10n';
import { report } from '../vscode/report';
import type { FleetSession } from '../vscode/session';
import { listed } from '../vscode/words';

/** Says once that servers begin by themselves, as soon as that holds for all of them that have not ended. */
export function whenArmed(
  faces: Faces,
  session: FleetSession,
  servers: readonly string[],
): vscode.Disposable {
  const seen = new ArmedServers(servers);
  const events = session.onEvent((event) => {
    if (!seen.see(event)) return;
    events.dispose();
    const text = t(
      'Armed: {0}. What was laid down there begins by itself, also when this computer is off; Cancel Rollout disarms.',
      listed(seen.armed, 5),
    );
    vscode.window.showInformationMessage(text).then(undefined, (error: unknown) => report(faces.log, error));
  });
  return events;
}
