import * as vscode from 'vscode';
import { t } from '../vscode/l10n';
import type { Command } from './command';

/** Forgets passwords and passphrases that the person picks. */
export const forgetPassword: Command = async (faces) => {
  const known = faces.secrets.known();
  if (known.length === 0) {
    void vscode.window.showInformationMessage(t('VMS Fleet remembers no password and no passphrase.'));
    return;
  }
  const picked = await vscode.window.showQuickPick(known, {
    title: t('Forget which passwords?'),
    canPickMany: true,
  });
  if (!picked || picked.length === 0) return;
  for (const subject of picked) await faces.secrets.forget(subject);
  void vscode.window.showInformationMessage(
    picked.length === 1 ? t('Forgot 1 password.') : t('Forgot {0} passwords.', picked.length),
  );
};
