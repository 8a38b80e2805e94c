import {
  open,
  readdir,
  readFile,
  rm,
  stat,
  utimes,
  writeFile,
  mkdir,
  type FileHandle,
} from 'node:fs/promises';
import { join } from 'node:path';
import { FleetError } from '../errors';
import type { FleetEvent } from './events';

const idPattern = /^[0-9A-Za-z][0-9A-Za-z.-]{0,80}$/;

/** ms between two signs of life of who works on a rollout, and how old the last may be. Process numbers are given out again. */
const ownerBeat = 5_000;
const ownerPatience = 60_000;

/** What the first line of a journal says of the rest. */
const header = { journal: 'vms-fleet-rollout', version: 1 };

/**
 * The journal of one rollout on this machine: one event a line, only ever appended to, written before what it tells is done.
 * Progress is not kept.
 */
export class Journal {
  private tail: Promise<void> = Promise.resolve();
  private readonly beat: NodeJS.Timeout;

  private constructor(
    private readonly file: FileHandle,
    private readonly ownerFile: string,
  ) {
    // A beat that fails is made up for by the next one.
    const sign = (): Promise<void> => utimes(ownerFile, new Date(), new Date()).catch(() => undefined);
    this.beat = setInterval(() => void sign(), ownerBeat).unref();
  }

  /** Opens the journal of a rollout, new or old, and notes that this process works on it. */
  static async open(dir: string, id: string): Promise<Journal> {
    await mkdir(dir, { recursive: true });
    const path = join(dir, `${id}.jsonl`);
    const file = await open(path, 'a+', 0o600);
    const { size } = await file.stat();
    if (size === 0) await file.appendFile(`${JSON.stringify(header)}\n`);
    else {
      // A crash can tear the last line; the next must not be glued to it.
      const last = Buffer.alloc(1);
      await file.read(last, 0, 1, size - 1);
      if (last.toString() !== '\n') await file.appendFile('\n');
    }
    // A cancel is asked of the process that works on a rollout; one that came too late for the last process is not for this one.
    await rm(cancelFile(dir, id), { force: true });
    const ownerFile = join(dir, `${id}.owner`);
    await writeFile(ownerFile, String(process.pid), { mode: 0o600 });
    return new Journal(file, ownerFile);
  }

  /** Appends one event. With `durable` it resolves only when the line is on the disk. */
  async append(event: FleetEvent, durable: boolean): Promise<void> {
    if (event.type === 'progress') return;
    const line = `${JSON.stringify(event)}\n`;
    const written = this.tail.then(async () => {
      await this.file.appendFile(line);
      if (durable) await this.file.datasync();
    });
    // Who wrote it hears that it failed; the next line is tried all the same.
    this.tail = written.catch(() => undefined);
    await written;
  }

  async close(): Promise<void> {
    clearInterval(this.beat);
    await this.tail;
    try {
      await this.file.close();
    } finally {
      await rm(this.ownerFile, { force: true });
    }
  }
}

/** The events of a rollout. A torn last line, or one that is no event, is passed over. @throws FleetError `rollout.unknown` */
export async function readJournal(dir: string, id: string): Promise<FleetEvent[]> {
  if (!idPattern.test(id)) throw unknownRollout(id);
  let text: string;
  try {
    text = await readFile(join(dir, `${id}.jsonl`), 'utf8');
  } catch (error) {
    throw unknownRollout(id, error);
  }
  return text.split('\n').flatMap((line) => {
    try {
      const event = JSON.parse(line) as FleetEvent;
      return typeof event === 'object' && event !== null && 'type' in event ? [event] : [];
    } catch {
      return [];
    }
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

/** The process that works on a rollout now; null if none lives. */
export async function ownerOf(dir: string, id: string): Promise<number | null> {
  const file = join(dir, `${id}.owner`);
  const text = await readFile(file, 'utf8').catch(() => '');
  const pid = Number(text);
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  const seen = await stat(file).catch(() => null);
  if (seen === null || Date.now() - seen.mtimeMs > ownerPatience) return null;
  try {
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    // EPERM: it lives and is somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? pid : null;
  }
}

const cancelFile = (dir: string, id: string): string => join(dir, `${id}.cancel`);

/** Asks the process that works on a rollout to cancel it. */
export async function requestCancel(dir: string, id: string): Promise<void> {
  await writeFile(cancelFile(dir, id), '', { mode: 0o600 });
}

/** Sees such a request once, and takes it away. */
export async function cancelRequested(dir: string, id: string): Promise<boolean> {
  try {
    await rm(cancelFile(dir, id));
    return true;
  } catch {
    return false;
  }
}
