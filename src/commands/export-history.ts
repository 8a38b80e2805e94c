import * as vscode from 'vscode';
import { recordOf } from '../updater/rollout/history';
import { report, reportFormats } from '../updater/rollout/report';
import { t } from '../vscode/l10n';
import type { Command } from './command';
import { chooseFleet, rolloutsOf } from './selection';

/** Writes the history of a fleet's rollouts, or of those that were chosen, into a file: who, when, what, how long, and the recording gap of each server. */
export const exportHistory: Command = async (faces, chosen) => {
  const session = await chooseFleet(faces, chosen);
  if (!session) return;
  const updater = await session.updater();
  const rollouts = await rolloutsOf(session, chosen);
  const [one] = chosen.some(({ rollout }) => rollout !== undefined) ? rollouts : [];
  const target = await vscode.window.showSaveDialog({
    title: t('Export Rollout History'),
    defaultUri: vscode.Uri.joinPath(session.uri, '..', `${one ? `rollout-${one.id}` : 'rollouts'}.html`),
    filters: { [t('Web page')]: ['html'], [t('Table (CSV)')]: ['csv'], JSON: ['json'] },
  });
  if (!target) return;
  const format = reportFormats.find((one) => target.path.toLowerCase().endsWith(`.${one}`)) ?? 'html';
  const records = await Promise.all(
    rollouts.map(async (one) => recordOf(one, await updater.journal(one.id))),
  );
  await vscode.workspace.fs.writeFile(target, Buffer.from(report(records, format)));
  const where = vscode.workspace.asRelativePath(target);
  const said =
    records.length === 1
      ? t('VMS Fleet: 1 rollout written to {0}.', where)
      : t('VMS Fleet: {0} rollouts written to {1}.', records.length, where);
  const open = t('Open');
  // Not awaited: it is written, whatever becomes of the notification.
  void vscode.window.showInformationMessage(said, open).then((choice) => {
    if (choice === open) void vscode.env.openExternal(target);
  });
};
