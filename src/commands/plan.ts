import * as vscode from 'vscode';
import type { Action } from '../updater/plan/plan';
import { t } from '../vscode/l10n';
import { planDocument } from '../vscode/plan-document';
import { actionWords } from '../vscode/words';
import { makePlan } from './act';
import type { Command } from './command';
import { chooseServers } from './selection';

const actions = (): { action: Action; detail: string }[] => [
  { action: 'install', detail: t('what the fleet file wants') },
  { action: 'download', detail: t('what the fleet file wants') },
  { action: 'rollback', detail: t('one step back') },
  { action: 'restart', detail: t('the machine or its service') },
];

/** Shows what an action would do, and why it would not, without doing anything. */
export const plan: Command = async (faces, chosen) => {
  const target = await chooseServers(faces, chosen, t('Plan: which servers?'));
  if (!target) return;
  const items = actions().map(({ action, detail }) => ({
    label: actionWords()[action].verb,
    description: detail,
    action,
  }));
  const picked = await vscode.window.showQuickPick(items, { title: t('Plan what?') });
  if (!picked) return;
  const made = await makePlan({ ...target, action: picked.action, to: null });
  await faces.documents.show(t('Plan {0}', picked.label), planDocument(made, target.session.fleet.name));
};
