import { t } from '../vscode/l10n';
import { act } from './act';
import type { Command } from './command';
import { chooseServers } from './selection';

/** Brings what the fleet file wants to the servers; nothing is installed. */
export const download: Command = async (faces, chosen) => {
  const target = await chooseServers(faces, chosen, t('Download: which servers?'));
  if (target) await act(faces, { ...target, action: 'download', to: null });
};
