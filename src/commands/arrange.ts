import * as vscode from 'vscode';
import type { Grouping } from '../vscode/grouping';
import { t } from '../vscode/l10n';
import type { Command } from './command';

/** ms after the last key until the tree follows. */
const pause = 150;

/** Puts the servers of the tree together by something else. */
export const groupBy =
  (grouping: Grouping): Command =>
  (faces) => {
    faces.arrangement.set({ grouping });
    return Promise.resolve();
  };

/** Shows only servers in which every word is found; the tree follows while it is typed. */
export const filterServers: Command = async (faces) => {
  await faces.files.settled();
  const before = faces.arrangement.get().filter;
  let timer: NodeJS.Timeout | undefined;
  const later = (filter: string): void => {
    clearTimeout(timer);
    timer = setTimeout(() => faces.arrangement.set({ filter }), pause);
  };
  const answer = await vscode.window.showInputBox({
    title: t('Show which servers?'),
    prompt: t(
      'Words of id, host, system, site, role, tag or status; each must be found. Empty: all servers.',
    ),
    value: before,
    placeHolder: t('pier failed'),
    validateInput: (text) => {
      later(text.trim());
      return undefined;
    },
  });
  clearTimeout(timer);
  faces.arrangement.set({ filter: answer?.trim() ?? before });
};

export const clearFilter: Command = (faces) => {
  faces.arrangement.set({ filter: '' });
  return Promise.resolve();
};
