import { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Client, ClientChannel } from 'ssh2';
import { asFleetError, FleetError } from '../errors';
import type { ExecOptions, ExecResult } from './link';
import { abortedBy } from './waiting';

const defaultMaxOutput = 8 * 1024 * 1024;
/** Input goes out in pieces of this size; the channel's window is twice that. */
const pieceSize = 1024 * 1024;

/** A command that was started. */
export interface Started {
  channel: ClientChannel;
  /** As the server has told its end; undefined until then. It may come with the very bytes that confirm the start. */
  end: { code: number | null; signal: string | null } | undefined;
}

/** Thrown when a server lets no further command start on this connection now (its MaxSessions). */
export class ChannelRefused extends Error {}

/**
 * Starts a command.
 * @param released called once: when the server counts the command's channel no more, or none was opened. Not after
 *   `ChannelRefused`: the caller may try again.
 */
export function openChannel(
  client: Client,
  command: string,
  signal: AbortSignal,
  released: () => void,
): Promise<Started> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortedBy(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    const refuse = (error: Error) => {
      signal.removeEventListener('abort', onAbort);
      if ('reason' in error && !signal.aborted)
        return reject(new ChannelRefused(error.message, { cause: error }));
      released();
      reject(error);
    };
    try {
      client.exec(command, (error, channel) => {
        if (error) return refuse(error);
        signal.removeEventListener('abort', onAbort);
        channel.once('close', released);
        if (signal.aborted) return kill(channel);
        const started: Started = { channel, end: undefined };
        channel.once('exit', (code: number | null, ended?: string) => {
          started.end = { code: code ?? null, signal: ended ?? null };
        });
        resolve(started);
      });
    } catch (error) {
      refuse(error as Error);
    }
  });
}

/** Feeds a started command and gathers what it says, until its channel closes or the signal aborts; then it is killed. */
export function runChannel(
  started: Started,
  options: ExecOptions,
  signal: AbortSignal,
  server: string,
): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const maxOutput = options.maxOutput ?? defaultMaxOutput;
    const stdout = new Gathered();
    const stderr = new Gathered();
    const { channel } = started;
    let settled = false;

    const settle = () => {
      settled = true;
      signal.removeEventListener('abort', onAbort);
      if (input instanceof Readable) input.destroy();
    };
    const fail = (error: FleetError) => {
      if (settled) return;
      settle();
      kill(channel);
      reject(error);
    };
    const onAbort = () => fail(abortedBy(signal));
    const take = (gathered: Gathered) => (chunk: Buffer) => {
      if (settled) return;
      if (stdout.bytes + stderr.bytes + chunk.length <= maxOutput) return gathered.add(chunk);
      fail(
        new FleetError('remote.failed', `A command printed more than ${maxOutput} bytes.`, {
          hint: 'What a server says is kept only up to that size; Show Log names the command.',
          server,
        }),
      );
    };
    const pass = (chunk: Buffer) => {
      try {
        if (!settled) options.onStdout?.(chunk);
      } catch (error) {
        fail(asFleetError(error, { server }));
      }
    };

    signal.addEventListener('abort', onAbort, { once: true });
    channel.on('data', options.onStdout ? pass : take(stdout));
    channel.stderr.on('data', take(stderr));
    channel.once('close', () => {
      if (settled) return;
      if (!started.end)
        return fail(
          new FleetError('link.lost', 'A command ended without its result.', {
            hint: 'The connection or the server’s session broke; try again.',
            server,
          }),
        );
      settle();
      resolve({ ...started.end, stdout: stdout.end(), stderr: stderr.end() });
    });
    const input = options.stdin === undefined ? undefined : source(options.stdin);
    if (!input) channel.end();
    else
      feed(channel, input, signal, options.onSent).catch((error: unknown) => {
        fail(asFleetError(error, { server }));
      });
  });
}

/** Text that arrives in pieces cut anywhere, in the middle of a character too. */
class Gathered {
  readonly #decoder = new StringDecoder('utf8');
  readonly #parts: string[] = [];
  bytes = 0;

  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#parts.push(this.#decoder.write(chunk));
  }

  end(): string {
    return this.#parts.join('') + this.#decoder.end();
  }
}

type Input = Iterable<Uint8Array> | AsyncIterable<Uint8Array | string>;

function source(stdin: NonNullable<ExecOptions['stdin']>): Input {
  if (typeof stdin === 'string') return [Buffer.from(stdin)];
  return stdin instanceof Uint8Array ? [stdin] : stdin;
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceSize) yield bytes.subarray(at, at + pieceSize);
}

/**
 * Resolves when all is out, or when nobody reads any more: a command may end without having read its whole input. The next
 * chunk is asked for when the one before is out, so its memory may be used again.
 */
async function feed(
  channel: ClientChannel,
  input: Input,
  signal: AbortSignal,
  onSent: ExecOptions['onSent'],
): Promise<void> {
  let over = false;
  let wake = () => {};
  const stop = () => {
    over = true;
    wake();
  };
  channel.once('close', stop);
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of input) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      for (const piece of pieces(bytes)) {
        if (over || !channel.writable) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
          channel.write(piece, (error) => {
            if (!error) onSent?.(piece.length);
            resolve();
          });
        });
      }
    }
    if (!over) channel.end();
  } catch (error) {
    if (!over) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** What of the library's channel is not in its types. */
interface ChannelInside {
  outgoing?: { id: number };
  _client?: { _protocol?: { signal?: (id: number, name: string) => void } };
}

/**
 * Ends a command on the server. A command whose channel is merely closed may live on there and keep counting as a session.
 * `channel.signal` sends nothing once the input was closed, although the protocol allows it, so the message is sent without it.
 * Servers that know no signals ignore it, and so does OpenSSH for root: there the command lives until it reads or writes.
 */
function kill(channel: ClientChannel): void {
  const inside = channel as unknown as ChannelInside;
  if (inside.outgoing) inside._client?._protocol?.signal?.(inside.outgoing.id, 'KILL');
  channel.close();
  // The library tells the end of a channel only behind all that came through it, read by nobody or not.
  channel.resume();
  channel.stderr.resume();
}
