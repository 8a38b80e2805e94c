import * as vscode from 'vscode';
import type { Server } from '../updater/fleet/model';
import { signalOf } from '../vscode/cancellation';
import { viewIds } from '../vscode/ids';
import { t } from '../vscode/l10n';
import type { FleetSession } from '../vscode/session';
import type { Command } from './command';
import { chooseFleet, chooseServers } from './selection';

/** Asks every server of every fleet file. */
export const refresh: Command = async (faces) => {
  await faces.files.current();
  if (faces.files.sessions.length === 0) await chooseFleet(faces);
  await Promise.all(faces.files.sessions.map((session) => ask(session)));
};

/** Asks the selected servers. */
export const refreshSelected: Command = async (faces, chosen) => {
  const target = await chooseServers(faces, chosen, t('Refresh: which servers?'));
  if (target) await ask(target.session, target.servers);
};

/** Resolves when all have answered or are known to be away. */
export async function ask(session: FleetSession, servers?: Server[]): Promise<void> {
  await vscode.window.withProgress({ location: { viewId: viewIds.fleet } }, (_progress, token) =>
    session.refresh(servers, signalOf(token)),
  );
}
