import type { Fleet, Server } from '../updater/fleet/model';
import type { Action } from '../updater/plan/plan';
import { quotePosix } from '../updater/targets/quote';

/** How words are quoted on a command line that a person pastes. */
export type Shell = 'posix' | 'powershell' | 'cmd';

/** The shell of a program like `/bin/zsh` or `C:\…\powershell.exe`. */
export function shellOf(program: string): Shell {
  const name = /([^/\\]*?)(?:\.exe)?$/i.exec(program)?.[1]?.toLowerCase() ?? '';
  if (name === 'cmd') return 'cmd';
  return name === 'pwsh' || name === 'powershell' ? 'powershell' : 'posix';
}

export type CommandLineVerb = Action | 'plan' | 'status';

export interface CommandLine {
  /** The words that start the command line: `vms-fleet`, or a Node and its script. */
  program: readonly string[];
  verb: CommandLineVerb;
  fleet: Fleet;
  servers: readonly Server[];
  /** Where it differs from what the command line takes by itself. */
  dataFolder: string | undefined;
}

/** The command that does the same from a terminal. Whole systems are named as such, and the whole fleet by nothing. */
export function commandLineText(call: CommandLine, shell: Shell): string {
  const { program, verb, fleet, servers, dataFolder } = call;
  const words = [...program, verb, '-f', fleet.file, ...selection(fleet, servers)];
  const line = words.map((word) => quote(word, shell)).join(' ');
  if (dataFolder === undefined) return shell === 'powershell' && line.startsWith("'") ? `& ${line}` : line;
  if (shell === 'cmd') return `set "VMS_FLEET_HOME=${dataFolder}" && ${line}`;
  const folder = quote(dataFolder, shell);
  if (shell === 'posix') return `VMS_FLEET_HOME=${folder} ${line}`;
  return `$env:VMS_FLEET_HOME = ${folder}; ${line.startsWith("'") ? '& ' : ''}${line}`;
}

function selection(fleet: Fleet, servers: readonly Server[]): string[] {
  const chosen = new Set(servers.map(({ id }) => id));
  const isWhole = fleet.systems.map((system) => system.servers.every(({ id }) => chosen.has(id)));
  if (isWhole.every((whole) => whole)) return [];
  return fleet.systems.flatMap((system, index) =>
    isWhole[index] === true && system.servers.length > 0
      ? ['--system', system.id]
      : system.servers.flatMap(({ id }) => (chosen.has(id) ? ['--server', id] : [])),
  );
}

function quote(word: string, shell: Shell): string {
  if (shell === 'posix') return quotePosix(word);
  // A comma, and in PowerShell an @ at the beginning, mean something to these shells.
  if (/^[A-Za-z0-9_./:\\-]+$/.test(word)) return word;
  return shell === 'cmd' ? `"${word}"` : `'${word.replaceAll("'", "''")}'`;
}
