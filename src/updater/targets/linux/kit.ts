import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import { FleetError } from '../../errors';
import type { Server } from '../../fleet/model';
import type { ExecResult, Link } from '../link';
import { commandLine } from '../quote';

export const second = 1000;
/** Milliseconds for a command that does little. */
export const short = 60 * second;

export const stateDir = (server: Server): string => server.stateDir ?? '/var/lib/vms-fleet';
export const bootIdFile = (server: Server): string => server.bootIdFile ?? '/proc/sys/kernel/random/boot_id';
export const jobDir = (server: Server, id: string): string => posix.join(stateDir(server), 'jobs', id);

/** Runs as root: directly, or by sudo where the login user may without a password; else as the user it is. */
export function elevated(server: Server, words: string[]): string {
  if (!server.sudo) return commandLine(words);
  const choose =
    'if [ "$(id -u)" -ne 0 ] && sudo -n true 2>/dev/null; then exec sudo -n "$@"; else exec "$@"; fi';
  return commandLine(['sh', '-c', choose, 'sh', ...words]);
}

/** A here-document: what it holds reaches the script as it is, whatever it is. */
export function here(redirect: string, text: string): string {
  const end = `VMS_FLEET_${randomBytes(12).toString('hex')}`;
  return `${redirect}<<'${end}'\n${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${end}\n`;
}

export async function runScript(link: Link, script: string, signal?: AbortSignal): Promise<ExecResult> {
  return link.exec(elevated(link.server, ['sh', '-s']), {
    stdin: script,
    deadline: short,
    ...(signal && { signal }),
  });
}

/** @throws FleetError that names the cause: no room, no rights, or what the server said. */
export function must(link: Link, result: ExecResult, doing: string): ExecResult {
  if (result.code === 0) return result;
  const server = link.server.id;
  // A machine that goes down ends commands before connections; what was printed until then is half an answer.
  if (result.signal !== null)
    throw new FleetError('link.lost', `${server} ended a command by ${result.signal} while ${doing}.`, {
      server,
      hint: 'It may be shutting down. Try again when it is back; work that runs there is found again.',
    });
  const said = lastLine(result.stderr) || lastLine(result.stdout) || `exit code ${result.code ?? 'none'}`;
  if (/no space left/i.test(said))
    throw new FleetError('space', `${server} has no room left while ${doing}: ${said}`, {
      server,
      hint: 'Free space on the server, then run the same action again: it goes on where it stopped.',
    });
  if (/permission denied|operation not permitted|read-only file system/i.test(said))
    throw new FleetError('server.privileges', `${server} refused ${doing}: ${said}`, {
      server,
      hint: 'Log in as root, allow `sudo` without a password for this user, or choose a `stateDir` that it may write.',
    });
  throw new FleetError('remote.failed', `${server} failed while ${doing}: ${said}`, {
    server,
    hint: 'Log in to the server as the same user and see to what it says; Show Log has the whole answer.',
  });
}

export const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? '';
