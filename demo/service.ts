import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { signal } from './processes';

export interface ServiceOptions {
  home: string;
  /** File that takes what the product prints. */
  log: string;
  /** Milliseconds from a failure to the next start; the unit's `RestartSec`. */
  restartAfter: number;
  env: NodeJS.ProcessEnv;
}

/** What the systemd unit of the product does: `Type=simple`, `Restart=on-failure`, `SuccessExitStatus=143`. */
export class Service {
  /** `failed`: it ended badly and is started again after `restartAfter`. */
  state: 'stopped' | 'running' | 'failed' = 'stopped';
  private child: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: ServiceOptions) {}

  start(): void {
    if (this.state === 'running') return;
    clearTimeout(this.timer);
    const { home, log, env } = this.options;
    const output = openSync(log, 'a');
    // A process group of its own, as systemd's control group: what start.sh starts ends with it.
    const child = spawn(join(home, 'start.sh'), {
      cwd: home,
      env,
      detached: true,
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    this.child = child;
    this.state = 'running';
    child.once('error', () => this.ended(child, false));
    child.once('exit', (code, end) => this.ended(child, code === 0 || code === 143 || end === 'SIGTERM'));
  }

  /** SIGTERM, and SIGKILL after 5 s. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    const child = this.child;
    this.child = undefined;
    this.state = 'stopped';
    const pid = child?.pid;
    if (pid === undefined || child?.exitCode !== null || child.signalCode !== null) return;
    const end = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    signal(-pid, 'SIGTERM');
    const late = setTimeout(() => signal(-pid, 'SIGKILL'), 5000);
    await end;
    clearTimeout(late);
  }

  /** Forgets the process without a word to it, as a power cut; whoever calls has killed it or will. */
  abandon(): void {
    clearTimeout(this.timer);
    this.child = undefined;
    this.state = 'stopped';
  }

  private ended(child: ChildProcess, well: boolean): void {
    if (this.child !== child) return;
    this.child = undefined;
    this.state = well ? 'stopped' : 'failed';
    if (!well) this.timer = setTimeout(() => this.start(), this.options.restartAfter);
  }
}
