import { mkdir, open, readdir, readFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { FleetError } from '../errors';
import type { FleetEvent } from './events';
import { Ownership } from './owner';
import { forgetRequests } from './requests';

const idPattern = /^[0-9A-Za-z][0-9A-Za-z.-]{0,80}$/;

/** What the first line of a journal says of the rest. Version 1 had no numbers before its events. */
const version = 2;
const header = { journal: 'vms-fleet-rollout', version };
/** Bytes read from the end to find the last number; no event is as long. */
const tailSize = 1 << 20;

export const journalFile = (dir: string, id: string): string => join(dir, `${id}.jsonl`);

interface Line {
  text: string;
  durable: boolean;
  written: () => void;
  failed: (error: unknown) => void;
}

/**
 * The journal of one rollout on this machine: one event a line with its number, only ever appended to, written before what it
 * tells is done. Progress is not kept. What many servers say at the same time reaches the disk together.
 */
export class Journal {
  private readonly queue: Line[] = [];
  private busy = false;
  private writing: Promise<void> = Promise.resolve();
  /** The last write broke off in the middle of a line. */
  private torn = false;

  private constructor(
    private readonly file: FileHandle,
    private readonly ownership: Ownership,
    private last: number,
    private readonly dir: string,
    private readonly id: string,
  ) {}

  /**
   * Opens the journal of a rollout, new or old; this process works on it from now on.
   * @throws FleetError `job.busy` where another one does
   */
  static async open(dir: string, id: string): Promise<Journal> {
    await mkdir(dir, { recursive: true });
    const ownership = await Ownership.claim(dir, id);
    if (ownership === undefined)
      throw new FleetError('job.busy', `Rollout ${id} is being worked on already.`, {
        hint: 'Watch it there, or cancel it first.',
      });
    try {
      await forgetRequests(dir, id);
      const file = await open(journalFile(dir, id), 'a+', 0o600);
      return new Journal(file, ownership, await begin(file, dir), dir, id);
    } catch (error) {
      await ownership.release();
      throw error;
    }
  }

  /** Appends one event. With `durable` it resolves only when the line is on the disk. Rejects where somebody else writes it by now. */
  append(event: FleetEvent, durable: boolean): Promise<void> {
    if (event.type === 'progress') return Promise.resolve();
    return new Promise((written, failed) => {
      const text = `${JSON.stringify({ n: this.last + 1, ...event })}\n`;
      this.last++;
      this.queue.push({ text, durable, written, failed });
      if (!this.busy) this.writing = this.write();
    });
  }

  private async write(): Promise<void> {
    this.busy = true;
    while (this.queue.length > 0) {
      const lines = this.queue.splice(0);
      try {
        if (!(await this.ownership.held())) throw takenOver();
        await this.file.appendFile((this.torn ? '\n' : '') + lines.map(({ text }) => text).join(''));
        this.torn = false;
        if (lines.some(({ durable }) => durable)) await this.file.datasync();
        for (const { written } of lines) written();
      } catch (error) {
        // Who wrote it hears that it failed; the next line is tried all the same.
        this.torn = true;
        for (const { failed } of lines) failed(error);
      }
    }
    // At once: a line that comes from now on begins to write by itself.
    this.busy = false;
  }

  /** False once another process has taken the rollout over. */
  held(): Promise<boolean> {
    return this.ownership.held();
  }

  async close(): Promise<void> {
    await this.writing;
    try {
      await this.file.close();
    } finally {
      // What comes too late for it is not for whoever goes on; what is asked of one who has taken it over is.
      if (await this.held()) await forgetRequests(this.dir, this.id).catch(() => undefined);
      await this.ownership.release();
    }
  }
}

function takenOver(): FleetError {
  return new FleetError('job.busy', 'Another process has taken this rollout over.', {
    hint: 'Watch it there: this one had given no sign of life for too long.',
  });
}

/** Makes a new journal's first line, or mends an old one's end. @returns the number of its last event */
async function begin(file: FileHandle, dir: string): Promise<number> {
  const { size } = await file.stat();
  if (size === 0) {
    await file.appendFile(`${JSON.stringify(header)}\n`);
    await file.datasync();
    await syncFolder(dir);
    return 0;
  }
  const tail = Buffer.alloc(Math.min(size, tailSize));
  await file.read(tail, 0, tail.length, size - tail.length);
  const text = tail.toString();
  // A crash can tear the last line; the next must not be glued to it.
  if (!text.endsWith('\n')) await file.appendFile('\n');
  return Math.max(0, ...text.split('\n').map((line) => parseEvent(line)?.n ?? 0));
}

/** A new file's name is on the disk only when its folder is. Windows has no such thing. */
async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r').catch(() => null);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

/** What a journal holds. */
export interface Journalled {
  events: FleetEvent[];
  /** Events that once stood between those that are left, and cannot be read any more. */
  missing: number;
}

/**
 * Reads a journal of this version or an earlier one. A torn last line, or one that is no event, is passed over.
 * @throws FleetError `rollout.unknown`; `journal.newer`
 */
export async function inspectJournal(dir: string, id: string): Promise<Journalled> {
  if (!idPattern.test(id)) throw unknownRollout(id);
  let text: string;
  try {
    text = await readFile(journalFile(dir, id), 'utf8');
  } catch (error) {
    throw unknownRollout(id, error);
  }
  const lines = text.split('\n');
  refuseNewer(id, lines[0] ?? '');
  const events: FleetEvent[] = [];
  let last = 0;
  let missing = 0;
  for (const line of lines) {
    const found = parseEvent(line);
    if (found === undefined) continue;
    if (found.n !== undefined) {
      missing += Math.max(0, found.n - last - 1);
      last = found.n;
    }
    events.push(found.event);
  }
  return { events, missing };
}

/** The events of a rollout. @throws FleetError as `inspectJournal` does */
export async function readJournal(dir: string, id: string): Promise<FleetEvent[]> {
  return (await inspectJournal(dir, id)).events;
}

/** An event and its number out of a line; undefined for one that holds none. */
export function parseEvent(line: string): { event: FleetEvent; n: number | undefined } | undefined {
  try {
    const found: unknown = JSON.parse(line);
    if (typeof found !== 'object' || found === null || !('type' in found)) return undefined;
    const { n, ...event } = found as FleetEvent & { n?: unknown };
    return { event: event, n: typeof n === 'number' ? n : undefined };
  } catch {
    return undefined;
  }
}

/** @param first the journal's first line @throws FleetError `journal.newer` */
export function refuseNewer(id: string, first: string): void {
  let written: unknown;
  try {
    written = (Object(JSON.parse(first)) as { version?: unknown }).version;
  } catch {
    return;
  }
  if (typeof written === 'number' && written > version)
    throw new FleetError('journal.newer', `Rollout ${id} was written by a newer VMS Fleet.`, {
      hint: 'Update VMS Fleet on this machine to see it and to go on with it.',
    });
}

function unknownRollout(id: string, cause?: unknown): FleetError {
  return new FleetError('rollout.unknown', `There is no rollout ${id} on this machine.`, {
    hint: '`vms-fleet rollouts` lists them.',
    cause,
  });
}

/** Ids of all rollouts on this machine, newest first. */
export async function listJournals(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(() => [] as string[]);
  return names
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => name.slice(0, -'.jsonl'.length))
    .filter((id) => idPattern.test(id))
    .sort()
    .reverse();
}
