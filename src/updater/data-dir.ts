import { homedir } from 'node:os';
import { isAbsolute, posix, resolve, win32 } from 'node:path';

/**
 * The folder for the package library, rollout journals and known hosts of this person: `VMS_FLEET_HOME`, else the platform's
 * place for an application's data. Absolute. VS Code and the command line use the same one, so each sees what the other did.
 */
export function defaultDataDir(
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (env.VMS_FLEET_HOME) return resolve(env.VMS_FLEET_HOME);
  if (platform === 'win32')
    return win32.join(env.LOCALAPPDATA || win32.join(home, 'AppData', 'Local'), 'vms-fleet');
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'vms-fleet');
  // The XDG specification: a relative path there is to be ignored.
  const xdg = env.XDG_DATA_HOME;
  return posix.join(xdg && isAbsolute(xdg) ? xdg : posix.join(home, '.local', 'share'), 'vms-fleet');
}
