import type { Server } from '../updater/fleet/model';
import { runsOnePackage } from '../updater/packages/loaded-version';
import type { Action, PlanServer } from '../updater/plan/plan';

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
      machine(server),
      'Recording stops meanwhile.',
    ].join(' ');
  if (has('restart'))
    return `The machine restarts: recording stops meanwhile.${server?.os === 'windows' ? warned(server) : ''}`;
  if (steps.some(({ step }) => /^(restart|stop)\b/.test(step)))
    return 'The service restarts: recording stops meanwhile.';
  return null;
}

function byInstaller({ path, to }: PlanServer, backsUp: boolean): string {
  const installers =
    path.length > 1
      ? `the installers of ${path.join(', then ')} run`
      : `the installer of ${path[0] ?? to ?? 'the version'} runs`;
  const each = path.length > 1 ? ', all of it for each version' : '';
  const backup = backsUp ? ', its settings are backed up' : '';
  return `The service stops${backup}, ${installers}, and the service starts again${each}.`;
}

/** The versions whose settings go: every one above the last of the path. */
function settingsBack({ from, path }: PlanServer, restores: boolean): string {
  const undone = [from, ...path.slice(0, -1)].filter((version) => version !== null);
  const updates = undone.length > 1 ? `updates to ${undone.join(' and ')}` : `update to ${undone[0] ?? 'it'}`;
  return restores
    ? `All settings go back to what they were before the ${updates}: what was set since is lost.`
    : 'Settings stay as they are: the fleet file names none under `settingsPaths`.';
}

function machine(server: Server): string {
  switch (server.eocortex?.restart) {
    case 'reboot':
      return `The machine restarts.${warned(server)}`;
    case 'service':
      return 'The machine does not restart, even if the installer asks for it.';
    default:
      return `The machine restarts if the installer asks for it.${warned(server)}`;
  }
}

function warned({ restartDelaySeconds, restartReason }: Server): string {
  if (restartDelaySeconds === 0)
    return ' Whoever is logged on there is not warned before (`restartDelaySeconds`).';
  const seconds = `${restartDelaySeconds} ${restartDelaySeconds === 1 ? 'second' : 'seconds'}`;
  return ` Whoever is logged on there reads “${restartReason}” for ${seconds}.`;
}
