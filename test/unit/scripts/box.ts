import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { until } from '../../lab/until';
import type { RemoteFiles } from '../../../src/updater/targets/sftp';
import { parseFleet } from '../../../src/updater/fleet/read';
import { servers, type Fleet, type Server } from '../../../src/updater/fleet/model';
import type { ExecResult, Link } from '../../../src/updater/targets/link';
import { linux } from '../../../src/updater/targets/linux';
import type { Job, JobEnd, JobLine } from '../../../src/updater/targets/platform';

/** A name that a shell would trip over wherever it is not handled as data. */
export const oddName = 'bo x \'$(touch pwned)` %PATH% &!" \\n -é';

/**
 * What the product's service commands and the machine's reboot do here: `start` swaps a staged set in as the vendor's
 * start.sh does, `reboot` brings a new boot identity and takes the job's runner with it.
 */
const product = `#!/bin/sh
[ -n "$REAL_PATH" ] && PATH=$REAL_PATH
home=$2
swap() {
  [ -f "$home/modules-upgrade/modules-info.properties" ] || return 0
  rm -rf "$home/modules-backup"
  mv "$home/modules" "$home/modules-backup"
  mv "$home/modules-upgrade" "$home/modules"
  mkdir "$home/modules-upgrade"
}
echo "$1" >>"$home/../calls"
[ -f "$home/../refuse-$1" ] && { echo "no $1 today"; exit 3; }
case $1 in
  start) swap && : >"$home/../up" ;;
  stop) rm -f "$home/../up" ;;
  restart) swap && : >"$home/../up" ;;
  status) [ -f "$home/../up" ] ;;
  reboot)
    n=$(sed 's/.*-//' "$home/../boot")
    printf 'boot-identity-%s\\n' $((n + 1)) >"$home/../boot"
    swap
    : >"$home/../up"
    for pid in "$home"/../state/jobs/*/running/pid; do [ -f "$pid" ] && kill -9 "$(cat "$pid")"; done
    exit 0
    ;;
esac
`;

export interface BoxOptions {
  shell?: string;
  /** Fields of the system in the fleet file, over the usual ones. */
  system?: Record<string, unknown>;
}

/** One pretended server on this machine: a home, a state folder, a boot identity, and a shell to run the scripts with. */
export class Box {
  readonly root: string;
  readonly fleet: Fleet;
  readonly server: Server;
  readonly home: string;
  readonly state: string;
  readonly shell: string[];
  /** Who runs what is run here; undefined: whoever runs the tests. */
  uid: number | undefined;
  /** Put before PATH for everything that runs here. */
  readonly bin: string;

  constructor(options: BoxOptions = {}) {
    const base = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'vms-fleet-job-'));
    this.root = join(base, oddName);
    this.home = join(this.root, 'home');
    this.state = join(this.root, 'state');
    this.bin = join(base, 'bin');
    this.shell = (options.shell ?? 'sh').split(' ');
    mkdirSync(this.home, { recursive: true });
    mkdirSync(this.bin);
    this.write('boot', 'boot-identity-1\n');
    this.write('up', '');
    this.write('product', product);
    chmodSync(join(this.root, 'product'), 0o755);
    const command = (verb: string): string[] => [join(this.root, 'product'), verb, this.home];
    const text = JSON.stringify({
      name: 'Test',
      systems: {
        boxes: {
          product: 'banalytics',
          home: this.home,
          environment: 'e1',
          stateDir: this.state,
          modules: { 'com.banalytics.box:core': '2.0.0' },
          ...options.system,
          servers: {
            box: {
              host: '127.0.0.1',
              bootIdFile: join(this.root, 'boot'),
              health: { settleSeconds: 0, timeoutSeconds: 2 },
              commands: {
                reboot: command('reboot'),
                serviceStart: command('start'),
                serviceStop: command('stop'),
                serviceRestart: command('restart'),
                serviceStatus: command('status'),
              },
            },
          },
        },
      },
    });
    const parsed = parseFleet(text, join(base, 'fleet.jsonc'));
    if (parsed.fleet === undefined) throw new Error(JSON.stringify(parsed.problems));
    this.fleet = parsed.fleet;
    const [server] = servers(parsed.fleet);
    if (server === undefined) throw new Error('no server');
    this.server = server;
    onTestFinished(() => {
      this.killRunners();
      rmSync(base, { recursive: true, force: true });
    });
  }

  /** A file below the box's root. */
  write(path: string, text: string | Uint8Array): string {
    const full = join(this.root, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
    return full;
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  has(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  link(path: string, target: string): void {
    symlinkSync(target, join(this.root, path));
  }

  /** Loads bytes as a package and returns its SHA-256. */
  load(file: string, bytes: Uint8Array | string): string {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    this.write(`state/packages/${sha256}/${file}`, bytes);
    return sha256;
  }

  jobDir(id: string): string {
    return join(this.state, 'jobs', id);
  }

  /** Commands run on this machine, in the shell of the box, with the odd folder as working directory. */
  readonly connection: Link = {
    get server(): Server {
      throw new Error('set below');
    },
    roundTrip: 0,
    open: true,
    get files(): RemoteFiles {
      throw new Error('here everything goes by commands');
    },
    exec: (command, { stdin, signal, onStdout }) =>
      this.exec(['sh', '-c', command], {
        stdin: stdin as string | undefined,
        ...(signal && { signal }),
        ...(onStdout && { onStdout }),
      }),
    forward: () => Promise.reject(new Error('nothing is forwarded here')),
    onClose: () => undefined,
    close: () => undefined,
  };

  get local(): Link {
    return Object.defineProperty(this.connection, 'server', { value: this.server, configurable: true });
  }

  exec(
    words: string[],
    options: {
      stdin?: string | undefined;
      env?: Record<string, string>;
      signal?: AbortSignal;
      onStdout?: (chunk: Buffer) => void;
      started?: (pid: number) => void;
    } = {},
  ): Promise<ExecResult> {
    const [program = '', ...args] = words;
    const child = spawn(program, args, {
      cwd: this.root,
      env: { ...process.env, PATH: `${this.bin}${delimiter}${process.env.PATH}`, ...options.env },
      stdio: 'pipe',
      // A process group of its own, so that all of it can be killed.
      detached: true,
      ...(options.signal && { signal: options.signal, killSignal: 'SIGKILL' as const }),
      ...(this.uid !== undefined && { uid: this.uid, gid: this.uid }),
    });
    if (child.pid !== undefined) options.started?.(child.pid);
    child.stdin.on('error', () => undefined).end(options.stdin ?? '');
    const text = (stream: Readable, listener?: (chunk: Buffer) => void): (() => string) => {
      let all = '';
      stream.on('data', (chunk: Buffer) => {
        all += chunk.toString();
        listener?.(chunk);
      });
      return () => all;
    };
    const [stdout, stderr] = [text(child.stdout, options.onStdout), text(child.stderr)];
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        endGroup(child.pid);
        resolve({ code, signal, stdout: stdout(), stderr: stderr() });
      });
    });
  }

  /** Lays a job down as the product does, without starting it. */
  async lay(job: Job): Promise<void> {
    // A runner that has ended already is what `startJob` then finds: nothing starts.
    const folder = this.jobDir(job.id);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'exit'), 'done\t-\t\n');
    await linux.startJob(this.local, job);
    rmSync(join(folder, 'exit'));
    rmSync(join(this.state, 'lock'), { force: true });
    symlinkSync(`job:${job.id}`, join(this.state, 'lock'));
  }

  /** Runs a laid job here and now, once. Its end may be the runner's death. */
  runner(id: string, options: Parameters<Box['exec']>[1] = {}): Promise<ExecResult> {
    return this.exec([...this.shell, join(this.jobDir(id), 'job.sh'), 'run', this.jobDir(id)], options);
  }

  /** Lays and runs a job, again and again as after each death, until it has ended. */
  async through(job: Job): Promise<JobEnd & { kind: 'exit' }> {
    await this.lay(job);
    return this.toEnd(job.id);
  }

  async toEnd(id: string): Promise<JobEnd & { kind: 'exit' }> {
    for (let turn = 0; turn < 6 && !existsSync(join(this.jobDir(id), 'exit')); turn++) await this.runner(id);
    return this.exit(id);
  }

  exit(id: string): JobEnd & { kind: 'exit' } {
    const [state, step, message = ''] = readFileSync(join(this.jobDir(id), 'exit'), 'utf8')
      .trimEnd()
      .split('\t');
    return { kind: 'exit', state: state as 'done', step: step === '-' ? null : (step ?? null), message };
  }

  journal(id: string): string[][] {
    return readFileSync(join(this.jobDir(id), 'journal'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
  }

  /** `begin place`, `fail clear`, … in their order. */
  story(id: string): string[] {
    return this.journal(id).map(([, event, , step]) => `${event} ${step}`);
  }

  /** Every file below the home: path → mode and content. */
  tree(folder = this.home): Record<string, string> {
    const found: Record<string, string> = {};
    const walk = (path: string, name: string): void => {
      const stat = lstatSync(path);
      const mode = (stat.mode & 0o777).toString(8);
      if (stat.isSymbolicLink()) found[name] = `link ${readlinkSync(path)}`;
      else if (stat.isDirectory()) {
        found[`${name}/`] = mode;
        for (const one of readdirSync(path).sort()) walk(join(path, one), `${name}/${one}`);
      } else found[name] = `${mode} ${readFileSync(path, 'utf8')}`;
    };
    walk(folder, '.');
    return found;
  }

  /** The rollback stack: `version` of each entry, oldest first. */
  history(): string[] {
    const folder = join(this.state, 'history');
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((name) => /^\d/.test(name))
      .sort()
      .map((name) => /^version\t(.*)$/m.exec(readFileSync(join(folder, name), 'utf8'))?.[1] ?? '');
  }

  killRunners(): void {
    const jobs = join(this.state, 'jobs');
    if (!existsSync(jobs)) return;
    for (const id of readdirSync(jobs)) {
      try {
        process.kill(Number(readFileSync(join(jobs, id, 'running', 'pid'), 'utf8')), 'SIGKILL');
      } catch {
        // It has ended.
      }
    }
  }
}

/** What a killed runner leaves behind: a watchdog of `limited` would wait for its minutes. */
export function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}

export const step = (...words: JobLine['words']): JobLine => ({ kind: 'step', words });
export const undo = (...words: JobLine['words']): JobLine => ({ kind: 'undo', words });

export function jobOf(id: string, lines: JobLine[], files: Record<string, string> = {}): Job {
  return {
    id,
    settings: {
      action: ['install'],
      to: ['2.0.0'],
      by: ['tester@desk'],
      rollout: ['r'],
      service: ['box.service'],
      backup: [id],
      'going-down': ['2'],
    },
    lines,
    files,
  };
}

/** Waits for what a runner on this machine does in no time. */
export const soon = (holds: () => boolean): Promise<unknown> => until('the runner', holds, 10_000);
