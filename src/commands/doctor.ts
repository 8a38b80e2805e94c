import * as vscode from 'vscode';
import { signalOf } from '../vscode/cancellation';
import { doctorDocument } from '../vscode/doctor-document';
import { t } from '../vscode/l10n';
import type { Command } from './command';
import { chooseFleet, chooseServers } from './selection';

/** Checks this computer and the servers (all, or those selected) for what updates need. */
export const doctor: Command = async (faces, chosen) => {
  const target =
    chosen.length > 0
      ? await chooseServers(faces, chosen, t('Doctor: which servers?'))
      : { session: await chooseFleet(faces), servers: undefined };
  const session = target?.session;
  if (!session) return;
  const checks = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: t('VMS Fleet: the doctor looks …'),
      cancellable: true,
    },
    async (_progress, token) => (await session.updater()).doctor(target.servers, { signal: signalOf(token) }),
  );
  await faces.documents.show(t('Doctor'), doctorDocument(checks, session.fleet.name));
};
