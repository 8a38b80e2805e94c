import { readdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync, type FSWatcher } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Command of the fleet file → name in a demo server's `bin`. */
export const CONTROLS = {
  reboot: 'reboot',
  serviceRestart: 'service-restart',
  serviceStop: 'service-stop',
  serviceStart: 'service-start',
  serviceStatus: 'service-status',
} as const;

export interface Answer {
  /** Exit code of the command. */
  code: number;
  text: string;
}

/** The supervisor's end of `machine/control.sh`: requests and replies are files in one folder, so a shell is all it takes. */
export class Control {
  private watcher: FSWatcher | undefined;
  private poll: NodeJS.Timeout | undefined;

  constructor(
    private readonly folder: string,
    private readonly handle: (action: string) => Promise<Answer>,
  ) {}

  async open(): Promise<void> {
    this.close();
    // What was asked before the machine went away is answered by nobody.
    await rm(this.folder, { recursive: true, force: true });
    await mkdir(this.folder, { recursive: true });
    const look = () => void this.look().catch(() => undefined); // the folder goes with the demo
    this.watcher = watch(this.folder, look);
    this.watcher.on('error', () => this.watcher?.close());
    this.poll = setInterval(look, 500); // a watcher may miss something
  }

  close(): void {
    this.watcher?.close();
    clearInterval(this.poll);
  }

  private async look(): Promise<void> {
    const requests = readdirSync(this.folder).filter((name) => name.endsWith('.request'));
    await Promise.all(requests.map((name) => this.answer(join(this.folder, name))));
  }

  /** Its small files are read and written at once: behind others' syncs to a busy disk they would wait longer than the asker does. */
  private async answer(request: string): Promise<void> {
    const taken = `${request}.taken`;
    try {
      renameSync(request, taken); // only one look gets it
    } catch {
      return;
    }
    const action = readFileSync(taken, 'utf8').trim();
    const answer = await this.handle(action).catch((error: unknown): Answer => {
      return { code: 1, text: error instanceof Error ? error.message : String(error) };
    });
    const reply = request.replace(/\.request$/, '.reply');
    writeFileSync(`${reply}.part`, `${answer.code}\n${answer.text}\n`);
    renameSync(`${reply}.part`, reply);
    rmSync(taken, { force: true });
  }
}
