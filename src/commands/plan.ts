import * as vscode from 'vscode';
import type { Action } from '../updater/plan/plan';
import { planDocument } from '../vscode/plan-document';
import { actionWords } from '../vscode/words';
import { makePlan } from './act';
import type { Command } from './command';
import { chooseServers } from './selection';

const actions: { action: Action; detail: string }[] = [
  { action: 'install', detail: vscode.l10n.t('what the fleet file wants') },
  { action: 'download', detail: vscode.l10n.t('what the fleet file wants') },
  { action: 'rollback', detail: vscode.l10n.t('one step back') },
  { action: 'restart', detail: vscode.l10n.t('the machine or its service') },
];

/** Shows what an action would do, and why it would not, without doing anything. */
export const plan: Command = async (faces, chosen) => {
  const target = await chooseServers(faces, chosen, vscode.l10n.t('Plan: which servers?'));
  if (!target) return;
  const items = actions.map(({ action, detail }) => ({
    label: actionWords[action].verb,
    description: detail,
    action,
  }));
  const picked = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Plan what?') });
  if (!picked) return;
  const made = await makePlan({ ...target, action: picked.action, to: null });
  await faces.documents.show(
    vscode.l10n.t('Plan {0}', picked.label),
    planDocument(made, target.session.fleet.name),
  );
};
