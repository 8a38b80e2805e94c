import { isAbsolute } from 'node:path';
import * as vscode from 'vscode';
import { FleetError } from '../updater/errors';
import type { UpdaterHost } from '../updater/updater';
import { settingIds } from './ids';
import { t } from './l10n';
import type { FleetLog } from './log';
import { WindowPrompts } from './prompts';
import type { Secrets } from './secrets';
import { settings } from './settings';

/** What every updater of this window is given; one set of prompts, so that questions of several fleets wait for each other. */
export function updaterHost(secrets: Secrets, log: FleetLog): () => Promise<UpdaterHost> {
  const prompts = new WindowPrompts(secrets);
  return async () => ({
    dataDir: await dataDir(),
    prompts,
    env: process.env,
    debug: (message) => log.debug(message),
  });
}

/** `VMS_FLEET_HOME` goes before the setting, as for the command line, which knows no settings. */
export async function dataDir(): Promise<string> {
  const { defaultDataDir } = await import('../updater/data-dir');
  const chosen = settings.dataFolder();
  if (chosen === '' || process.env['VMS_FLEET_HOME']) return defaultDataDir(process.env);
  if (!isAbsolute(chosen))
    throw new FleetError(
      'usage',
      t('The setting {0} is not an absolute path: {1}', settingIds.dataFolder, chosen),
      {
        hint: t('Write the whole path, or leave it empty for the default.'),
      },
    );
  return vscode.Uri.file(chosen).fsPath;
}
