import { setMaxListeners } from 'node:events';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, ClientChannel } from 'ssh2';
import { asFleetError, FleetError } from '../errors';
import type { Server } from '../fleet/model';
import { ChannelRefused, openChannel, runChannel, type Started } from './exec';
import type { ExecOptions, ExecResult, Link } from './link';
import { SftpFiles, type RemoteFiles } from './sftp';
import { abortedBy, Slots, stopper } from './waiting';

/** Commands at once on one link. sshd allows ten sessions on a connection by default; two are left for what it may still be ending. */
const channelsPerLink = 8;
/** Times that a server may refuse a session although none of ours is open: it may still be ending one. */
const maxRefusals = 50;
/** Milliseconds between two of them. */
const refusalPause = 100;

/**
 * One authenticated connection. At most eight commands run at once, further ones wait for their turn (their deadline counts
 * from the call). A command that follows something for hours keeps one of the eight: nobody should keep more than two.
 */
export class SshLink implements Link {
  readonly server: Server;
  readonly roundTrip: number;
  readonly files: RemoteFiles;
  readonly #client: Client;
  readonly #slots = new Slots(channelsPerLink);
  readonly #listeners = new Set<(reason: Error | undefined) => void>();
  readonly #ended = new AbortController();
  readonly #idleAfter: number;
  #idle: NodeJS.Timeout | undefined;
  #channels = 0;
  #uses = 0;
  #reason: Error | undefined;

  /** @param idleAfter milliseconds without a command after which the link closes by itself. */
  constructor(server: Server, client: Client, roundTrip: number, idleAfter: number) {
    this.server = server;
    this.roundTrip = roundTrip;
    this.#client = client;
    this.#idleAfter = idleAfter;
    this.files = new SftpFiles(client, server.id, this.#ended.signal, (by) => this.#use(by));
    setMaxListeners(0, this.#ended.signal); // every command that runs or waits is one
    client.on('error', (error) => this.#end(error));
    client.once('end', () => this.#end(undefined));
    client.once('close', () => this.#end(undefined));
    this.touch();
  }

  get open(): boolean {
    return !this.#ended.signal.aborted;
  }

  onClose(listener: (reason: Error | undefined) => void): void {
    if (this.open) this.#listeners.add(listener);
    else listener(this.#reason);
  }

  close(): void {
    if (!this.open) return;
    this.#end(undefined);
    this.#client.end();
    // A peer that is gone never answers the farewell.
    setTimeout(() => this.#client.destroy(), 1_000).unref();
  }

  /** Starts the idle time anew. */
  touch(): void {
    clearTimeout(this.#idle);
    if (this.open && this.#uses === 0) this.#idle = setTimeout(() => this.close(), this.#idleAfter).unref();
  }

  async exec(command: string, options: ExecOptions): Promise<ExecResult> {
    const { controller, signal, done } = stopper(
      options.signal,
      options.deadline,
      () =>
        new FleetError('link.timeout', `A command did not end within ${options.deadline / 1000} s.`, {
          hint: 'The server may be overloaded, or the command waits for something; Show Log names it.',
          server: this.server.id,
        }),
    );
    const lost = () => controller.abort(this.#lost());
    if (!this.open) lost();
    this.#ended.signal.addEventListener('abort', lost, { once: true });
    this.#use(1);
    try {
      const started = await this.#channel(command, signal);
      return await runChannel(started, options, signal, this.server.id);
    } catch (error) {
      if (!this.open && !(error instanceof FleetError)) throw this.#lost(error);
      throw asFleetError(error, { server: this.server.id });
    } finally {
      this.#use(-1);
      this.#ended.signal.removeEventListener('abort', lost);
      done();
    }
  }

  forward(host: string, port: number, signal: AbortSignal): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(abortedBy(signal));
      if (!this.open) return reject(this.#lost());
      this.#use(1);
      const onEnd = () => settle(() => reject(this.#lost()));
      const onAbort = () => settle(() => reject(abortedBy(signal)));
      const settle = (result: () => void) => {
        signal.removeEventListener('abort', onAbort);
        this.#ended.signal.removeEventListener('abort', onEnd);
        result();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#ended.signal.addEventListener('abort', onEnd, { once: true });
      this.#client.forwardOut('127.0.0.1', 0, host, port, (error, channel: ClientChannel | undefined) => {
        if (error || !channel) {
          this.#use(-1);
          return settle(() => reject(refusedForward(this.server, host, port, error)));
        }
        channel.once('close', () => this.#use(-1));
        channel.on('error', () => undefined); // its end is seen by the connection that runs through it
        // Its end is told only behind all that came through it.
        if (signal.aborted || !this.open) return void channel.resume().destroy();
        settle(() => resolve(channel));
      });
    });
  }

  /** Waits for one of the places; a server that allows fewer sessions than that is asked again until one of them is free. */
  async #channel(command: string, signal: AbortSignal): Promise<Started> {
    const free = await this.#slots.take(signal);
    for (let refusals = 0; ;) {
      let opened = false;
      const released = () => {
        if (opened) this.#channels -= 1;
        free();
      };
      try {
        const started = await openChannel(this.#client, command, signal, released);
        opened = true;
        this.#channels += 1;
        return started;
      } catch (error) {
        if (!(error instanceof ChannelRefused)) throw error;
        if (signal.aborted || (this.#channels === 0 && ++refusals >= maxRefusals)) {
          free();
          throw signal.aborted ? abortedBy(signal) : refusedSession(this.server, error);
        }
        await delay(refusalPause);
      }
    }
  }

  #use(by: 1 | -1): void {
    this.#uses += by;
    this.touch();
  }

  #end(reason: Error | undefined): void {
    if (!this.open) return;
    this.#reason = reason;
    clearTimeout(this.#idle);
    this.#ended.abort();
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener(reason);
  }

  #lost(cause: unknown = this.#reason): FleetError {
    const why = this.#reason ? `: ${this.#reason.message}` : '';
    return new FleetError('link.lost', `The connection to ${this.server.id} ended${why}.`, {
      hint: 'The server or the network went away. Work that runs on the server goes on, and is found again.',
      server: this.server.id,
      cause,
    });
  }
}

function refusedSession(server: Server, cause: Error): FleetError {
  return new FleetError(
    'remote.failed',
    `The server starts no command on this connection (${cause.message}).`,
    {
      hint: 'Check MaxSessions and ForceCommand in its sshd_config.',
      server: server.id,
      cause,
    },
  );
}

function refusedForward(server: Server, host: string, port: number, cause: Error | undefined): FleetError {
  return new FleetError(
    'host.refused',
    `${server.id} could not connect on to ${host}:${port}${cause ? ` (${cause.message})` : ''}.`,
    {
      hint: 'Check the address as the jump host sees it, and AllowTcpForwarding in its sshd_config.',
      server: server.id,
      cause,
    },
  );
}
