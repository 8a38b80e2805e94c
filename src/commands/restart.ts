import { t } from '../vscode/l10n';
import { act } from './act';
import type { Command } from './command';
import { chooseServers } from './selection';

/** Restarts servers and watches them return. */
export const restart: Command = async (faces, chosen) => {
  const target = await chooseServers(faces, chosen, t('Restart: which servers?'));
  if (target) await act(faces, { ...target, action: 'restart', to: null });
};
