import * as vscode from 'vscode';
import { count } from '../vscode/words';
import type { Command } from './command';

/** Forgets passwords and passphrases that the person picks. */
export const forgetPassword: Command = async (faces) => {
  const known = faces.secrets.known();
  if (known.length === 0) {
    void vscode.window.showInformationMessage('VMS Fleet remembers no password and no passphrase.');
    return;
  }
  const picked = await vscode.window.showQuickPick(known, {
    title: 'Forget which passwords?',
    canPickMany: true,
  });
  if (!picked || picked.length === 0) return;
  for (const subject of picked) await faces.secrets.forget(subject);
  void vscode.window.showInformationMessage(`Forgot ${count(picked.length, 'password')}.`);
};
