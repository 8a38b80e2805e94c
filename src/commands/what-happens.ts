import type { Server } from '../updater/fleet/model';
import { runsOnePackage } from '../updater/packages/loaded-version';
import type { Action, PlanServer } from '../updater/plan/plan';
import { t } from '../vscode/l10n';
import { allOf } from '../vscode/words';

/**
 * What is done to a server, in sentences for the question before it; null where it goes on recording. Read out of the plan's steps,
 * so that it never promises what will not be done.
 */
export function whatHappens(planned: PlanServer, server: Server | undefined, action: Action): string | null {
  const { steps } = planned;
  const has = (...words: string[]) => steps.some(({ step }) => words.includes(step));
  if (server !== undefined && runsOnePackage(server.product) && has('run'))
    return [
      byInstaller(planned, has('backup')),
      ...(action === 'rollback' ? [settingsBack(planned, has('restore'))] : []),
      ...machine(server),
      t('Recording stops meanwhile.'),
    ].join(' ');
  if (has('restart'))
    return [
      t('The machine restarts: recording stops meanwhile.'),
      ...(server?.os === 'windows' ? [warned(server)] : []),
    ].join(' ');
  if (steps.some(({ step }) => /^(restart|stop)\b/.test(step)))
    return t('The service restarts: recording stops meanwhile.');
  return null;
}

function byInstaller({ path, to }: PlanServer, backsUp: boolean): string {
  if (path.length > 1) {
    const versions = path.reduce((before, version) => t('{0}, then {1}', before, version));
    return backsUp
      ? t(
          'The service stops, its settings are backed up, the installers of {0} run, and the service starts again, all of it for each version.',
          versions,
        )
      : t(
          'The service stops, the installers of {0} run, and the service starts again, all of it for each version.',
          versions,
        );
  }
  const version = path[0] ?? to ?? t('the version');
  return backsUp
    ? t(
        'The service stops, its settings are backed up, the installer of {0} runs, and the service starts again.',
        version,
      )
    : t('The service stops, the installer of {0} runs, and the service starts again.', version);
}

/** The versions whose settings go: every one above the last of the path. */
function settingsBack({ from, path }: PlanServer, restores: boolean): string {
  if (!restores) return t('Settings stay as they are: the fleet file names none under `settingsPaths`.');
  const undone = [from, ...path.slice(0, -1)].filter((version) => version !== null);
  const [first, ...others] = undone;
  if (first === undefined)
    return t('All settings go back to what they were before the update: what was set since is lost.');
  return others.length === 0
    ? t('All settings go back to what they were before the update to {0}: what was set since is lost.', first)
    : t(
        'All settings go back to what they were before the updates to {0}: what was set since is lost.',
        allOf(undone),
      );
}

function machine(server: Server): string[] {
  switch (server.eocortex?.restart) {
    case 'reboot':
      return [t('The machine restarts.'), warned(server)];
    case 'service':
      return [t('The machine does not restart, even if the installer asks for it.')];
    default:
      return [t('The machine restarts if the installer asks for it.'), warned(server)];
  }
}

function warned({ restartDelaySeconds: seconds, restartReason }: Server): string {
  if (seconds === 0) return t('Whoever is logged on there is not warned before (`restartDelaySeconds`).');
  return seconds === 1
    ? t('Whoever is logged on there reads “{0}” for 1 second.', restartReason)
    : t('Whoever is logged on there reads “{0}” for {1} seconds.', restartReason, seconds);
}
