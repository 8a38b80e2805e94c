import { t } from '../vscode/l10n';
import { act } from './act';
import type { Command } from './command';
import { chooseServers } from './selection';

/** Installs what the fleet file wants. */
export const install: Command = async (faces, chosen) => {
  const target = await chooseServers(faces, chosen, t('Install: which servers?'));
  if (target) await act(faces, { ...target, action: 'install', to: null });
};
