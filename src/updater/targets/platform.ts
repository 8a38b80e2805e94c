import type { Readable } from 'node:stream';
import { FleetError } from '../errors';
import type { OsFamily, Server } from '../fleet/model';
import { exitState, type Answers, type Ask } from './answers';
import type { Link } from './link';

/** A job to be run on a server: data for the runner there (`scripts/job.sh` has the vocabulary). */
export interface Job {
  id: string;
  /** Key → words. */
  settings: Record<string, string[]>;
  lines: JobLine[];
  /** Files laid into the job's folder: name → text. */
  files: Record<string, string>;
}

/** `undo` lines follow the step that they take back. Words hold no tab and no line break. */
export interface JobLine {
  kind: 'step' | 'undo';
  words: [name: string, ...args: string[]];
}

/** One line of a job's journal on the server. */
export interface JournalLine {
  at: number;
  event: 'begin' | 'end' | 'fail' | 'undo' | 'note';
  number: number;
  step: string;
  text: string;
}

export type JobEnd =
  | { kind: 'exit'; state: 'done' | 'failed' | 'cancelled'; step: string | null; message: string }
  /** Neither running nor ended: the machine went down under it, or somebody killed it. */
  | { kind: 'gone' };

/** What a probe of a restarting server reads. */
export interface Pulse {
  bootId: string | null;
  /** The job has ended on this server. */
  ended: boolean;
}

/** What is asked of a server to know whether it is well; no words: no command. */
export interface Probe {
  ports: readonly number[];
  command: readonly string[];
}

export interface Probed {
  /** Those of the ports that are listened on. */
  listening: number[];
  /** The command's exit code; null where it did not end within `probeSeconds`; 0 where there was none. */
  code: number | null;
}

export const probeSeconds = 30;

/** Where one package lies on a server while it is taken in. */
export interface PackagePlace {
  sha256: string;
  file: string;
  size: number;
}

/** How a package's bytes go into its part. */
export interface PutOptions {
  /** Milliseconds. */
  deadline: number;
  signal: AbortSignal;
  /** Called with the bytes that went out since the last call. */
  onSent: (bytes: number) => void;
}

/** What a clock showed; null for what is no time of this century, as where its battery is empty. */
export function readClock(digits: string | undefined): number | null {
  const seconds = Number(digits ?? Number.NaN);
  return seconds > 946_684_800 && seconds < 2 ** 31 ? seconds : null;
}

/** A line of a job's journal, by its words. */
export function journalLine(words: readonly string[]): JournalLine {
  const [at = '', event = '', number = '', step = '', text = ''] = words;
  return { at: Number(at), event: event as JournalLine['event'], number: Number(number), step, text };
}

/** How a job ended, by the words of its `exit` file. */
export function jobEnd(words: readonly string[]): JobEnd {
  const [state, step = '-', message = ''] = words;
  return { kind: 'exit', state: exitState(state), step: step === '-' ? null : step, message };
}

export function jobBusy(server: string, job: string): FleetError {
  return new FleetError('job.busy', `Job ${job} works on ${server} already.`, {
    server,
    hint: 'Wait until it has ended, or cancel it; then run the action again.',
  });
}

/** The disk is too full for what is left of a package. Figures in bytes. */
export function tooLittleRoom(server: string, file: string, free: number, needed: number): FleetError {
  return new FleetError('space', `${server} has ${free} bytes free, ${needed} are needed for ${file}.`, {
    server,
    hint: 'Free space on the server, then download again: it goes on where it stopped.',
  });
}

/** The disk was full in the middle of a transfer. */
export function roomRanOut(server: string, place: PackagePlace): FleetError {
  return new FleetError('space', `${server} ran out of room while taking in ${place.file}.`, {
    server,
    hint: 'Free space on the server, then download again: it goes on where it stopped.',
  });
}

/** How one kind of operating system is spoken to. Everything is said over a link; nothing here keeps state. */
export interface Platform {
  family: OsFamily;
  /** The state folder of a server (DESIGN.md section 4). */
  stateDir(server: Server): string;
  /** Joins a folder and names with the platform's separator. */
  join(folder: string, ...names: string[]): string;
  /** All answers in one round trip; writes nothing. */
  ask(link: Link, asks: Ask[], signal?: AbortSignal): Promise<Answers>;
  /** Looks at ports and runs a command; writes nothing that stays. */
  probe(link: Link, probe: Probe, signal?: AbortSignal): Promise<Probed>;
  pulse(link: Link, jobId: string | null, signal?: AbortSignal): Promise<Pulse>;

  /** Seconds since 1970 by the server's own clock; null where it does not tell. */
  clock(link: Link, signal?: AbortSignal): Promise<number | null>;
  /** Makes the state folder; the first thing ever written on a server. */
  prepare(link: Link, signal?: AbortSignal): Promise<void>;
  /**
   * Prepares, and looks what of a package is there already.
   * @returns all of it, or the SHA-256 of each block of a part; null for a block that is believed until the whole is hashed,
   *   where the platform has no means to hash a piece of a file.
   */
  beginPackage(
    link: Link,
    place: PackagePlace,
    blockMiB: number,
    signal?: AbortSignal,
  ): Promise<'have' | Map<number, string | null>>;
  /** Several streams may write one part at once; not where a part is believed by its length. */
  putsSideBySide: boolean;
  /**
   * Writes bytes into the part, from that MiB on; resolves when the server has written them.
   * @throws FleetError `space`, `transfer.failed`, `link.*`
   */
  put(
    link: Link,
    place: PackagePlace,
    atMiB: number,
    bytes: AsyncIterable<Uint8Array>,
    options: PutOptions,
  ): Promise<void>;
  /** Throws away what there is of a part: what was believed of it has not held. */
  discardPart(link: Link, place: PackagePlace, signal?: AbortSignal): Promise<void>;
  /**
   * Hashes the package on the server while it arrives, and gives it its name if the hash is right.
   * @param counts a line each time more MiB are complete from the front: how many; its end says that all are.
   * @returns the SHA-256 found.
   */
  provePackage(
    link: Link,
    place: PackagePlace,
    counts: Readable,
    options: { deadline: number; signal: AbortSignal },
  ): Promise<string>;

  /** Lays the job down and starts it detached; a job that is there already goes on. @throws FleetError `job.busy` */
  startJob(link: Link, job: Job, signal?: AbortSignal): Promise<void>;
  /** Starts a job that lies there already and is neither running nor ended. */
  continueJob(link: Link, jobId: string, signal?: AbortSignal): Promise<void>;
  followJob(
    link: Link,
    jobId: string,
    from: number,
    onLine: (line: JournalLine) => void,
    signal?: AbortSignal,
  ): Promise<JobEnd>;
  cancelJob(link: Link, jobId: string, signal?: AbortSignal): Promise<void>;
}
