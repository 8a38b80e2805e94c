import { setTimeout as sleep } from 'node:timers/promises';
import { FleetError } from '../errors';
import type { Server } from '../fleet/model';
import type { Facts } from '../targets/facts';
import type { Link } from '../targets/link';
import { probeSeconds, type Platform } from '../targets/platform';
import { askUrl } from '../targets/web';

/** ms in which a URL has to answer. */
const urlDeadline = 10_000;
/** ms between two looks at a server that is not well yet. */
const pause = 2_000;

/** What is wrong with the service of a server by its facts; null: nothing, it is running. */
export function serviceTrouble({ id }: Server, { service }: Facts): FleetError | null {
  if (service === undefined || service.state === 'running') return null;
  const { name, state } = service;
  if (state === 'unknown')
    return new FleetError('verify.service', `${id} does not say whether its service ${name} is running.`, {
      server: id,
      hint: 'Refresh the server. If it stays so, ask for the service there by hand, as the user that logs in.',
    });
  return new FleetError('verify.service', `The service ${name} on ${id} is ${state}.`, {
    server: id,
    hint: "Roll back, or look at the service's log on the server.",
  });
}

/** True where the fleet file asks for more than the service. */
export function hasChecks({ health }: Server): boolean {
  const { ports = [], command, url } = health;
  return ports.length > 0 || command !== undefined || url !== undefined;
}

/**
 * What is wrong with a server by the checks of the fleet file; null: nothing.
 * @throws FleetError `link.*` where it could not be asked, `cancelled`
 */
export async function unwell(
  link: Link,
  platform: Platform,
  signal?: AbortSignal,
): Promise<FleetError | null> {
  const { server } = link;
  const { ports = [], command, url } = server.health;
  if (ports.length > 0 || command !== undefined) {
    const { listening, code } = await platform.probe(link, { ports, command: command ?? [] }, signal);
    const port = ports.find((one) => !listening.includes(one));
    if (port !== undefined) return sick(server, `Nothing listens on port ${port} of ${server.id}.`);
    const line = command?.join(' ') ?? '';
    if (code === null)
      return sick(
        server,
        `The health check \`${line}\` did not end within ${probeSeconds} s on ${server.id}.`,
      );
    if (code !== 0)
      return sick(server, `The health check \`${line}\` ended with exit code ${code} on ${server.id}.`);
  }
  if (url === undefined) return null;
  try {
    const status = await askUrl(link, url, { deadline: urlDeadline, signal });
    return status >= 200 && status < 400 ? null : sick(server, `${url} answered ${status} on ${server.id}.`);
  } catch (error) {
    if (error instanceof FleetError && error.code === 'verify.health') return error;
    throw error;
  }
}

/** Asks a server again and again until it says the state of its service, or its `timeoutSeconds` are over: one that starts up may not at once. */
export const untilItSays = (server: Server, ask: () => Promise<Facts>, signal: AbortSignal): Promise<Facts> =>
  again(server, ask, ({ service }) => service?.state !== 'unknown', signal);

/** Looks again and again until a server is well, or its `timeoutSeconds` are over. @param look finds what is wrong */
export const untilWell = (
  server: Server,
  look: () => Promise<FleetError | null>,
  signal: AbortSignal,
): Promise<FleetError | null> => again(server, look, (wrong) => wrong === null, signal);

/** The first answer that is enough, or the last one within the server's `timeoutSeconds`. */
async function again<T>(
  server: Server,
  ask: () => Promise<T>,
  isEnough: (answer: T) => boolean,
  signal: AbortSignal,
): Promise<T> {
  const end = Date.now() + server.health.timeoutSeconds * 1000;
  for (;;) {
    const answer = await ask();
    if (isEnough(answer) || Date.now() + pause > end) return answer;
    await sleep(pause, undefined, { signal });
  }
}

function sick(server: Server, message: string): FleetError {
  return new FleetError('verify.health', message, {
    server: server.id,
    hint: "It runs, but it is not well: look at the product's log on the server, or roll back.",
  });
}
