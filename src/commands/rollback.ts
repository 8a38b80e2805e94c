import * as vscode from 'vscode';
import type { Server } from '../updater/fleet/model';
import { t } from '../vscode/l10n';
import type { FleetSession } from '../vscode/session';
import { listed } from '../vscode/words';
import { act } from './act';
import type { Command } from './command';
import { chooseServers } from './selection';

/** Goes down the history: one entry, or to the version that the person picks. */
export const rollback: Command = async (faces, chosen) => {
  const target = await chooseServers(faces, chosen, t('Roll back: which servers?'));
  if (!target) return;
  const to = await chooseTo(target.session, target.servers);
  if (to !== undefined) await act(faces, { ...target, action: 'rollback', to });
};

/** Null: one step. Undefined: the person picked nothing. Asked only where a server can go further than one step. */
async function chooseTo(session: FleetSession, servers: Server[]): Promise<string | null | undefined> {
  const stacks = servers.map(({ id }) => ({ id, rollback: session.states.get(id)?.rollback ?? [] }));
  if (!stacks.some(({ rollback }) => rollback.length > 1)) return null;
  const versions = [...new Set(stacks.flatMap(({ rollback }) => rollback))];
  const one = {
    label: t('One Step Back'),
    description: t('each server to the version before its last update'),
    to: null,
  };
  const items = versions.map((version) => {
    const ids = stacks.filter(({ rollback }) => rollback.includes(version)).map(({ id }) => id);
    return { label: version, description: listed(ids, 5), to: version };
  });
  const picked = await vscode.window.showQuickPick<vscode.QuickPickItem & { to: string | null }>(
    [one, ...items],
    {
      title: t('Roll back to which version?'),
      placeHolder: t('Every step in between is undone too, newest first'),
    },
  );
  return picked?.to;
}
