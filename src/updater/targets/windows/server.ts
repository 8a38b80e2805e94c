import { FleetError } from '../../errors';
import type { Server } from '../../fleet/model';
import type { Link } from '../link';
import { speak, type Question, type Section, type Spoken } from './kit';

export const second = 1000;
/** Milliseconds for a command that does little: programs start slowly on a busy Windows. */
export const short = 90 * second;

export const stateDir = (server: Server): string => server.stateDir ?? 'C:\\ProgramData\\vms-fleet';
export const sftpPath = (path: string): string => `/${path.replaceAll('\\', '/')}`;

export const say = (
  link: Link,
  words: readonly string[],
  {
    signal,
    asks,
    deadline = short,
  }: { signal?: AbortSignal | undefined; asks?: Question[]; deadline?: number } = {},
): Promise<Spoken> => speak(link, stateDir(link.server), words, { deadline, signal, ...(asks && { asks }) });

export const section = (sections: readonly Section[], word: string): Section | undefined =>
  sections.find(({ words }) => words[0] === word);

export function noRights(link: Link, what: string, said: string): FleetError {
  const server = link.server.id;
  const words = said.trim().split('\n').at(-1)?.trim() ?? '';
  return new FleetError(
    'server.privileges',
    `The login user may not ${what} on ${server}${words && `: ${words}`}`,
    {
      server,
      hint: 'Log in as a member of Administrators (over SSH such a user has its full rights), or choose a `stateDir` that it may write.',
    },
  );
}
