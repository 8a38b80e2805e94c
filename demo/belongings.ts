import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { processTable, withDescendants, type Process } from './processes';

/** Variable by which a process of a demo server is known, where the system shows us its environment. */
export const MARK = 'VMS_DEMO_SERVER';

/** Finds the processes of one demo server among those of the whole computer, also those that an earlier demo left behind. */
export class Belongings {
  constructor(
    private readonly server: {
      root: string;
      home: string;
      stateDir: string;
      sshdConfig: string;
      mark: string;
    },
  ) {}

  /** sshd with its sessions, the product, the jobs, and all that descends from them. */
  all(): Process[] {
    const table = processTable();
    const jobs = this.jobsOf(table);
    const groups = new Set(jobs.map(({ pid }) => pid));
    const own = table.filter(
      (each) =>
        this.isSshd(each) ||
        this.isMarked(each) ||
        each.command.includes(`${this.server.home}/box.sh`) ||
        groups.has(each.group),
    );
    return withDescendants([...own, ...jobs], table).filter(({ pid }) => pid !== process.pid);
  }

  /** sshd itself: listener and sessions, without what runs in them. */
  sshds(): Process[] {
    const table = processTable();
    const tree = withDescendants(
      table.filter((each) => this.isSshd(each)),
      table,
    );
    return tree.filter(({ command }) => /^\S*sshd\b/.test(command));
  }

  /** Detached jobs that have a pid file in the state folder. */
  jobs(): Process[] {
    return this.jobsOf(processTable());
  }

  /** A pid file may be older than the last start of this computer: a pid counts only if the process is plainly ours. */
  private jobsOf(table: Process[]): Process[] {
    const folder = join(this.server.stateDir, 'jobs');
    const pids = new Set(
      (existsSync(folder) ? readdirSync(folder) : []).flatMap((id) => [
        readPid(join(folder, id, 'pid')),
        readPid(join(folder, id, 'running', 'pid')),
      ]),
    );
    return table.filter(
      (each) => pids.has(each.pid) && (this.isMarked(each) || each.command.includes(`${this.server.root}/`)),
    );
  }

  private isSshd(each: Process): boolean {
    return each.command.includes(`-f ${this.server.sshdConfig} `);
  }

  private isMarked(each: Process): boolean {
    return each.environment.split('\0').includes(`${MARK}=${this.server.mark}`);
  }
}

/** Undefined where there is none: a job takes its file away when it ends. */
function readPid(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
