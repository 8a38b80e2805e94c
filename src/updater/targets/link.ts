import type { Duplex, Readable } from 'node:stream';
import type { Server } from '../fleet/model';
import type { RemoteFiles } from './sftp';

/** The end of one remote command. `code` is null when a signal ended it. */
export interface ExecResult {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

export interface ExecOptions {
  /** Milliseconds for the whole command; over it the channel is closed and `link.timeout` is thrown. No call goes without one. */
  deadline: number;
  /**
   * What the command reads on its standard input; the input is closed after it. A chunk of an iterable is out when the next
   * one is asked for.
   */
  stdin?: string | Uint8Array | Readable | AsyncIterable<Uint8Array>;
  signal?: AbortSignal;
  /** Standard output as it comes. When given, `stdout` of the result is empty. */
  onStdout?: (chunk: Buffer) => void;
  /** Called with the count of bytes of `stdin` that went out since the last call. */
  onSent?: (bytes: number) => void;
  /** At most this many bytes of output are kept (default 8 MiB); more is `remote.failed`: a server's output is data and may be endless. */
  maxOutput?: number;
}

/** One authenticated SSH connection to one server. */
export interface Link {
  readonly server: Server;
  /** Milliseconds of one round trip, measured when the link was made. */
  readonly roundTrip: number;
  readonly open: boolean;
  /** Files there, over SFTP on the same connection. */
  readonly files: RemoteFiles;
  /**
   * Runs a command in the server's login shell. Resolves however the command ended; throws only when the link fails
   * (`link.lost`, `link.timeout`, `cancelled`). Many may run at once on one link.
   */
  exec(command: string, options: ExecOptions): Promise<ExecResult>;
  /**
   * A TCP connection that the server makes to an address as it sees it; it does not count among the commands.
   * @throws FleetError `host.refused` where it could not, `link.lost`, `cancelled`
   */
  forward(host: string, port: number, signal: AbortSignal): Promise<Duplex>;
  /** Called once when the link ends, with the reason. */
  onClose(listener: (reason: Error | undefined) => void): void;
  close(): void;
}

export interface HostKeyQuestion {
  server: Server;
  host: string;
  port: number;
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, … */
  keyType: string;
  /** As `ssh-keygen -lf` prints it: `SHA256:…` without padding. */
  fingerprint: string;
}

export interface SecretQuestion {
  server: Server;
  kind: 'password' | 'passphrase';
  /** `user@host`, or the key file. The place under which an answer may be remembered. */
  subject: string;
  /** 1 for the first time it is asked. A wrong answer is asked again at most twice. */
  attempt: number;
}

/** What only a person can answer. Faces implement it; `undefined` or `false` means that nobody will. */
export interface Prompts {
  /** First use of a server: is this its key? Asked once; the answer is kept. A changed key is never asked about. */
  trustHostKey(question: HostKeyQuestion, signal?: AbortSignal): Promise<boolean>;
  secret(question: SecretQuestion, signal?: AbortSignal): Promise<string | undefined>;
}

/** Links to servers, one per server, made when first needed and reused until they end. */
export interface Links {
  /** The open link to a server, or a new one. Callers at the same moment share one attempt. */
  get(server: Server, options?: { signal?: AbortSignal }): Promise<Link>;
  /**
   * A connection of its own, outside the pool, for a probe: dead after `deadline` ms whatever happens, handshake included
   * (waiting on an old connection hung in 10 of 300 restarts). The caller closes it.
   */
  fresh(server: Server, options: { deadline: number; signal?: AbortSignal }): Promise<Link>;
  /** Arguments for the system's own ssh, by which it goes the same way and trusts the same host keys. Nothing is connected. */
  sshArguments(server: Server): Promise<string[]>;
  /** Closes and forgets the link of one server. */
  drop(server: Server): void;
  dispose(): void;
}
