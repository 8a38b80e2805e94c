import { setTimeout as sleep } from 'node:timers/promises';
import { FleetError } from '../errors';
import { stopIfCancelled } from './cancel';
import { systemCode } from './files';

/** How HTTP is spoken. Times in milliseconds. */
export interface Http {
  fetch: typeof globalThis.fetch;
  /** Longest wait for the next byte of a file, and for a whole small answer. Default 30 000. */
  idle: number;
  /** Longest wait for an answer to `ping`. Default 5000. */
  ping: number;
  /** Tries in all, with a growing pause of `pause` in between. Default 3 and 500. */
  tries: number;
  pause: number;
}

export function http(options: Partial<Http> = {}): Http {
  return { fetch: globalThis.fetch, idle: 30_000, ping: 5000, tries: 3, pause: 500, ...options };
}

/** Aborts when nothing happened for a while; `touch` says that something did. */
export class IdleWatch {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  readonly signal: AbortSignal;

  constructor(milliseconds: number, outer: AbortSignal | undefined) {
    const reason = new Error(`nothing came for ${milliseconds / 1000} s`);
    this.timer = setTimeout(() => this.controller.abort(reason), milliseconds);
    this.signal =
      outer === undefined ? this.controller.signal : AbortSignal.any([outer, this.controller.signal]);
  }

  touch(): void {
    this.timer.refresh();
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}

/** Something that another try may mend: the connection, or a server that is busy. */
export class Interrupted extends Error {}

/**
 * One request. Throws `Interrupted` where trying again makes sense, `repository.unreachable` where the server refuses,
 * or sends an https request on to plain http. Absent files (404, 410) are answers.
 */
export async function ask(
  client: Http,
  url: URL,
  init: { method?: 'GET' | 'HEAD'; headers?: Record<string, string>; signal: AbortSignal; accept?: number[] },
): Promise<Response> {
  let response: Response;
  try {
    response = await client.fetch(url, {
      method: init.method ?? 'GET',
      headers: { 'accept-encoding': 'identity', ...init.headers },
      signal: init.signal,
      redirect: 'follow',
    });
  } catch (error) {
    throw new Interrupted(reasonOf(error), { cause: error });
  }
  const { status } = response;
  const known = response.ok || isAbsent(response) || init.accept?.includes(status) === true;
  const downgraded = url.protocol === 'https:' && /^http:/i.test(response.url);
  if (known && !downgraded) return response;
  await discard(response);
  if (downgraded) throw unreachable(url, 'sends on from https to plain http');
  if (status === 408 || status === 425 || status === 429 || status >= 500)
    throw new Interrupted(`it answered HTTP ${status}`);
  const hint =
    status === 401 || status === 403 ? 'It asks for a login, which cannot be given here.' : undefined;
  throw unreachable(url, `answered HTTP ${status} for ${plain(url)}`, undefined, hint);
}

/** Bytes that a try must have brought to count as no failure: a big file over a bad line is cut many times. */
const goodTry = 2 ** 20;

/**
 * Runs an attempt again where it was interrupted, `tries` times in a row without getting on. `received`: bytes so far.
 * Throws `cancelled` or `repository.unreachable`.
 */
export async function retrying<T>(
  client: Http,
  url: URL,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
  received: () => number = () => 0,
): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    stopIfCancelled(signal);
    const before = received();
    try {
      return await attempt();
    } catch (error) {
      stopIfCancelled(signal);
      if (!(error instanceof Interrupted)) throw error;
      if (received() - before >= goodTry) tried = 1;
      if (tried >= client.tries) throw unreachable(url, `does not answer: ${error.message}`, error);
    }
    // A cancelled pause ends at once, and the next round throws.
    await sleep(client.pause * tried, undefined, signal === undefined ? {} : { signal }).catch(
      () => undefined,
    );
  }
}

export function isAbsent({ status }: Response): boolean {
  return status === 404 || status === 410;
}

/** Lets go of an answer whose body nobody wants. */
export async function discard(response: Response): Promise<void> {
  // The body may have failed already; that is no one's loss.
  await response.body?.cancel().catch(() => undefined);
}

/** The address without what may be secret in it. */
export function plain(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

export function unreachable(url: URL, what: string, cause?: unknown, hint?: string): FleetError {
  return new FleetError('repository.unreachable', `The repository ${url.host} ${what}.`, {
    hint: hint ?? `Check the address ${url.origin} and this machine's way to it.`,
    ...(cause === undefined ? {} : { cause }),
  });
}

const words: Record<string, string> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name could not be looked up',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an authority that is not trusted here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

export function reasonOf(error: unknown): string {
  const code = systemCode(error);
  if (code !== undefined && words[code] !== undefined) return words[code];
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}
