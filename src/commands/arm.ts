import * as vscode from 'vscode';
import type { Arming } from '../updater/plan/arm';
import { t } from '../vscode/l10n';
import { act } from './act';
import type { Command } from './command';
import { chooseServers } from './selection';
import { readTime, timeText } from './time-text';

/** Lays an install down on servers, which begin it by themselves. */
export const arm: Command = async (faces, chosen) => {
  const target = await chooseServers(faces, chosen, t('Arm an install: which servers?'));
  if (target === undefined) return;
  const arming = await chooseStart();
  if (arming !== undefined) await act(faces, { ...target, action: 'install', to: null, arming });
};

/** Undefined: given up. */
async function chooseStart(): Promise<Arming | undefined> {
  const title = t('Arm Install');
  const inWindow = t('When the Maintenance Window Lets It');
  const later = t('Not Before a Time…');
  const choice = await vscode.window.showQuickPick(
    [
      { label: inWindow, detail: t('At once for a server without a window') },
      {
        label: later,
        detail: t('Each server waits for its window behind that too, if it has one'),
      },
    ],
    { title, placeHolder: t('When shall the servers begin by themselves?') },
  );
  if (choice === undefined) return undefined;
  if (choice.label === inWindow) return { at: null };
  const typed = await vscode.window.showInputBox({
    title,
    prompt: t('Not before, by the clock of this computer: year-month-day hour:minute'),
    value: timeText(new Date(Date.now() + 60 * 60_000)),
    validateInput: (text) => {
      const time = readTime(text);
      if (time === undefined) return t('Write it like {0}.', '2026-11-28 22:00');
      return time.getTime() < Date.now() ? t('That has passed.') : undefined;
    },
  });
  const at = typed === undefined ? undefined : readTime(typed);
  return at === undefined ? undefined : { at };
}
