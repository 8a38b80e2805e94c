import { setTimeout as sleep } from 'node:timers/promises';
import { FleetError } from '../../../../src/updater/errors';
import type { Server } from '../../../../src/updater/fleet/model';
import type { Facts, HistoryEntry, JobFact } from '../../../../src/updater/targets/facts';
import type { Link } from '../../../../src/updater/targets/link';
import type { Job, JobEnd, JournalLine } from '../../../../src/updater/targets/platform';

export const sha = 'ab'.repeat(32);
export const oldVersion = '1.0.0';
export const newVersion = '2.0.0';

/** The steps of a job, in their order; `restart` brings the staged version up. */
export const jobSteps = [
  'check-space',
  'backup',
  'place',
  'record',
  'restart',
  'check-swap',
  'commit',
  'check-service',
];
const isBehindSwap = (step: string): boolean => jobSteps.indexOf(step) > jobSteps.indexOf('restart');

export type Fault = 'client killed' | 'link cut' | 'power-cycled' | 'disk full';

/** ms that a step takes, and that a machine is down over a restart. */
const stepTime = 12;
const downTime = 60;

interface LaidJob {
  id: string;
  action: JobFact['action'];
  to: string;
  lines: JournalLine[];
  steps: readonly string[];
  /** Index of the step to be done next. */
  next: number;
  /** Armed: when it begins, as the plan said it and by the clock here (ms). */
  armed: { startsAt: string; begins: number } | null;
  exit: { state: 'done' | 'failed' | 'cancelled'; step: string | null; message: string } | null;
  cancelled: boolean;
}

/**
 * A server that is simulated down to its jobs: what lies on its disk stays over a power cut, what runs does not. Each step is
 * journalled before and after, as the runner on real servers does it, and is safe to run again.
 */
export class Machine {
  version = oldVersion;
  private staged: string | null = null;
  loaded = false;
  entries: HistoryEntry[] = [entry('found', oldVersion, null)];
  job: LaidJob | null = null;

  private up = true;
  private cut = false;
  private boot = 1;
  private full = false;
  /** Seconds by which its clock is wrong. */
  private readonly clockOff = -3_600;
  private life = new AbortController();
  private running = false;
  private readonly watchers = new Set<() => void>();

  constructor(
    readonly server: Server,
    /** The new version's service does not come up. */
    private readonly sick: boolean,
    /** Called when a step begins; a test lets a fault happen there. */
    readonly onStep: (step: string, action: JobFact['action']) => void,
  ) {}

  get healthy(): boolean {
    return this.up && !(this.sick && this.version === newVersion);
  }

  get bootId(): string {
    return `boot-${this.boot}`;
  }

  // ---- faults

  /** The way to the server is gone for a while; whatever used it breaks off. */
  cutLink(): void {
    this.cut = true;
    this.changed();
    void sleep(80).then(() => {
      this.cut = false;
      this.changed();
    });
  }

  fillDisk(): void {
    this.full = true;
  }

  /** Down at once, and up again a little later; what ran is dead. @param goesOn its job has asked for it, and goes on by itself */
  powerCycle(goesOn = false): void {
    this.up = false;
    this.running = false;
    this.life.abort();
    this.changed();
    void sleep(downTime).then(() => {
      this.boot++;
      this.life = new AbortController();
      // The product swaps at its start where a whole set is staged.
      if (this.staged !== null) this.version = this.staged;
      this.staged = null;
      this.up = true;
      this.changed();
      // Armed, it goes on at each boot.
      if (goesOn || this.job?.steps[this.job.next] === 'wait') this.goOn();
    });
  }

  // ---- what is asked of it

  /** Seconds since 1970. */
  clock(): number {
    return Math.floor(Date.now() / 1000) + this.clockOff;
  }

  reach(): void {
    if (this.cut) throw new FleetError('link.lost', `The connection to ${this.server.id} was lost.`);
    if (!this.up) throw new FleetError('host.refused', `${this.server.id} refuses connections.`);
  }

  facts(): Facts {
    const { job } = this;
    return {
      os: { family: 'linux', name: 'Simulated' },
      arch: 'x64',
      bootId: this.bootId,
      freeBytes: { system: 1e10, state: this.full ? 0 : 1e10 },
      installed: { version: this.version },
      service: { name: 'box', state: this.healthy ? 'running' : 'failed' },
      loaded: this.loaded ? [{ version: newVersion, sha256: sha }] : [],
      history: this.entries.map(({ version }) => version),
      entries: [...this.entries],
      job: job && {
        ...{ id: job.id, action: job.action, to: job.to, by: 'tester@desk', since: 0 },
        state: this.running ? 'running' : (job.exit?.state ?? 'interrupted'),
        step: job.exit?.step ?? job.steps[job.next] ?? null,
        message: job.exit?.message ?? null,
        ...(job.armed && { startsAt: job.armed.startsAt }),
      },
    };
  }

  async receive(signal: AbortSignal | undefined): Promise<void> {
    this.onStep('downloading', 'install');
    for (let part = 0; part < 4; part++) {
      await sleep(stepTime);
      signal?.throwIfAborted();
      this.reach();
      if (this.full) throw new FleetError('space', `There is no room on ${this.server.id}.`);
    }
    this.loaded = true;
  }

  start({ id, settings, lines }: Job): void {
    if (this.running) throw new FleetError('job.busy', `A job runs on ${this.server.id}.`);
    if (this.job?.id !== id) {
      const action = settings.action?.[0] as JobFact['action'];
      const to = settings.to?.[0] ?? '';
      const begins = lines.find(({ words }) => words[0] === 'wait')?.words[1];
      const armed = begins === undefined ? null : armedAt(settings['starts-at']?.[0] ?? '', Number(begins));
      const steps = armed === null ? jobSteps : ['wait', ...jobSteps];
      this.job = { id, action, to, lines: [], steps, next: 0, armed, exit: null, cancelled: false };
    }
    this.goOn();
  }

  goOn(): void {
    if (!this.up || this.running || this.job === null || this.job.exit !== null) return;
    this.running = true;
    void this.run(this.job, this.life.signal);
  }

  stop(): void {
    if (this.job !== null) this.job.cancelled = true;
    if (!this.running) this.goOn();
  }

  async follow(
    id: string,
    from: number,
    onLine: (line: JournalLine) => void,
    signal: AbortSignal | undefined,
  ): Promise<JobEnd> {
    for (let told = from; ;) {
      signal?.throwIfAborted();
      this.reach();
      const { job } = this;
      if (job?.id !== id) throw new FleetError('job.unknown', `There is no job ${id}.`);
      while (told < job.lines.length) {
        const line = job.lines[told++];
        if (line !== undefined) onLine(line);
      }
      if (job.exit !== null) return { kind: 'exit', ...job.exit };
      if (!this.running) return { kind: 'gone' };
      await this.change(signal);
    }
  }

  // ---- the runner

  private async run(job: LaidJob, life: AbortSignal): Promise<void> {
    while (job.next < job.steps.length) {
      const step = job.steps[job.next] ?? '';
      if (job.cancelled && !isBehindSwap(step) && step !== 'restart')
        return this.takeBack(job, 'cancelled', step, 'cancelled');
      const again = job.lines.at(-1);
      const restarted = step === 'restart' && again?.event === 'begin' && again.text !== this.bootId;
      if (!restarted) {
        this.line(job, 'begin', step, step === 'restart' ? this.bootId : '');
        this.onStep(step, job.action);
        do await sleep(stepTime);
        while (step === 'wait' && this.clock() < (job.armed?.begins ?? 0) && !life.aborted);
        if (life.aborted) return;
        const why = this.does(step, job);
        if (why !== undefined) return this.takeBack(job, 'failed', step, why);
        if (step === 'restart') return this.powerCycle(true);
      }
      this.line(job, 'end', step, '');
      job.next++;
    }
    this.finish(job, 'done', null, '');
  }

  /** Undefined where it went well. */
  private does(step: string, job: LaidJob): string | undefined {
    const writes = !['wait', 'restart', 'check-swap', 'commit', 'check-service'].includes(step);
    if (this.full && writes) return 'no space left on device';
    if (step === 'place') this.staged = job.to;
    if (step === 'record' && job.action === 'install' && this.entries.at(-1)?.id !== job.id)
      this.entries.push(entry(job.id, job.to, job.id));
    if (step === 'record' && job.action === 'rollback' && this.entries.at(-1)?.version !== job.to)
      this.entries.pop();
    if (step === 'check-swap' && this.version !== job.to) return `${this.version} is active`;
    if (step === 'check-service' && !this.healthy) return 'the service failed';
    return undefined;
  }

  private takeBack(job: LaidJob, state: 'failed' | 'cancelled', step: string, why: string): void {
    if (state === 'failed') this.line(job, 'fail', step, why);
    if (!isBehindSwap(step)) {
      this.line(job, 'undo', step, '');
      this.staged = null;
      if (this.entries.at(-1)?.id === job.id) this.entries.pop();
    }
    this.finish(job, state, step, why);
  }

  private finish(
    job: LaidJob,
    state: 'done' | 'failed' | 'cancelled',
    step: string | null,
    message: string,
  ): void {
    job.exit = { state, step, message };
    this.running = false;
    this.changed();
  }

  private line(job: LaidJob, event: JournalLine['event'], step: string, text: string): void {
    job.lines.push({ at: 0, event, number: job.next + 1, step, text });
    this.changed();
  }

  private changed(): void {
    for (const wake of [...this.watchers]) wake();
  }

  private change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.watchers.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.watchers.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
}

export const machineOf = (link: Link): Machine => (link as Link & { machine: Machine }).machine;

const armedAt = (startsAt: string, begins: number): LaidJob['armed'] => ({ startsAt, begins });

function entry(id: string, version: string, backup: string | null): HistoryEntry {
  return { id, version, modules: {}, backup, kept: [], at: 0, by: 'tester@desk' };
}
