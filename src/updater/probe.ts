import type { OsFamily, Server } from './fleet/model';
import type { Link, Links } from './targets/link';

/** ms for each of the questions, which cost a server nothing. */
const deadline = 30_000;

/**
 * Connects to a server that need not stand in the fleet file yet, with the questions that every first connection brings (host key,
 * password), and asks what it runs. The connection is closed again, since more may be known of the server the next time.
 * @returns undefined where it is reached, but does not say that it is a system that we know
 * @throws FleetError why it is not reached
 */
export async function probe(
  links: Links,
  server: Server,
  signal?: AbortSignal,
): Promise<OsFamily | undefined> {
  const link = await links.get(server, signal ? { signal } : {});
  try {
    return await osOf(link, signal);
  } finally {
    links.drop(server);
  }
}

/** Whatever the login shell is: where it does not know one of these words it says so, and nothing happens. */
async function osOf(link: Link, signal: AbortSignal | undefined): Promise<OsFamily | undefined> {
  const said = async (command: string): Promise<string> =>
    (await link.exec(command, { deadline, maxOutput: 1 << 16, ...(signal && { signal }) })).stdout;
  const name = (await said('uname -s')).trim();
  if (name === 'Linux') return 'linux';
  // The shells that come with Git and Cygwin.
  if (/^(MINGW|MSYS|CYGWIN)/.test(name)) return 'windows';
  return /Microsoft Windows/i.test(await said('cmd.exe /d /c ver')) ? 'windows' : undefined;
}
