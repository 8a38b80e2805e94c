import { t } from '../vscode/l10n';
import { serverCount } from '../vscode/words';
import type { Command } from './command';
import { chooseServers } from './selection';

/** Shows what was logged of some servers alone. */
export const showServerLog: Command = async (faces, chosen) => {
  const target = await chooseServers(faces, chosen, t('Log of which servers?'));
  if (!target) return;
  const { session, servers } = target;
  const [first] = servers;
  const name = servers.length === 1 && first ? first.id : serverCount(servers.length);
  await faces.serverLogs.show(
    `${session.fleet.name}: ${name}`,
    session,
    servers.map(({ id }) => id),
  );
};
