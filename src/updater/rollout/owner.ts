import { open, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** ms between two signs of life of who works on a rollout, and how old the last may be. Process numbers are given out again. */
const beat = 5_000;
const patience = 60_000;
/** ms that deciding who works on a rollout may take; whoever took longer has died over it. */
const claimPatience = 10_000;
const claimPause = 50;

const ownerFile = (dir: string, id: string): string => join(dir, `${id}.owner`);

/** That this process works on a rollout, said to other windows and programs on this machine. */
export class Ownership {
  private readonly beat: NodeJS.Timeout;

  private constructor(private readonly file: string) {
    // A beat that fails is made up for by the next one.
    this.beat = setInterval(() => void this.sign().catch(() => undefined), beat).unref();
  }

  /** Of whoever has taken it over, this is no sign of life. */
  private async sign(): Promise<void> {
    if (await this.held()) await utimes(this.file, new Date(), new Date());
  }

  /** Undefined where another living process works on it. Of several that ask at once, one gets it. */
  static async claim(dir: string, id: string): Promise<Ownership | undefined> {
    const guard = join(dir, `${id}.claim`);
    await enter(guard);
    try {
      if ((await ownerOf(dir, id)) !== null) return undefined;
      const file = ownerFile(dir, id);
      await writeFile(file, String(process.pid), { mode: 0o600 });
      return new Ownership(file);
    } finally {
      await rm(guard, { force: true });
    }
  }

  /** False once another process has taken it over: this one had given no sign of life for long, as a laptop that was asleep. */
  async held(): Promise<boolean> {
    const text = await readFile(this.file, 'utf8').catch(() => null);
    return text === null || text === String(process.pid);
  }

  async release(): Promise<void> {
    clearInterval(this.beat);
    if (await this.held()) await rm(this.file, { force: true });
  }
}

/** The process that works on a rollout now; null if none lives. */
export async function ownerOf(dir: string, id: string): Promise<number | null> {
  const file = ownerFile(dir, id);
  const text = await readFile(file, 'utf8').catch(() => '');
  const pid = Number(text);
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  const seen = await stat(file).catch(() => null);
  if (seen === null || Date.now() - seen.mtimeMs > patience) return null;
  try {
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    // EPERM: it lives and is somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? pid : null;
  }
}

/** Waits until nobody else is deciding. */
async function enter(guard: string): Promise<void> {
  for (;;) {
    try {
      await (await open(guard, 'wx', 0o600)).close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const seen = await stat(guard).catch(() => null);
      if (seen !== null && Date.now() - seen.mtimeMs > claimPatience) await rm(guard, { force: true });
      else await sleep(claimPause);
    }
  }
}
