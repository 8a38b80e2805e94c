import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';

export interface Run {
  /** Milliseconds from its start to its end. */
  ms: number;
  stdout: string;
}

const running = new Set<number>();
process.once('exit', () => running.forEach(killGroup));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

/** Runs a program to its end and takes its time. Throws when it fails or is not done within `deadline` ms. */
export function timed(
  program: string,
  args: string[],
  options: { deadline: number; stdin?: string; env?: NodeJS.ProcessEnv },
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(program, args, { detached: true, env: { ...process.env, ...options.env } });
    const { pid } = child;
    if (pid !== undefined) running.add(pid);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      if (pid !== undefined) killGroup(pid);
    }, options.deadline);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.on('error', () => undefined); // it may end without having read it
    child.stdin.end(options.stdin);
    child.once('error', reject);
    child.once('close', (code) => {
      const ms = performance.now() - started;
      clearTimeout(timer);
      if (pid !== undefined) running.delete(pid);
      if (code === 0) return resolve({ ms, stdout });
      const why = late ? `not done after ${options.deadline / 1000} s` : `exit code ${code}`;
      reject(new Error(`${program}: ${why}\n${(stderr || stdout).slice(-2000)}`));
    });
  });
}

/** A program of one's own sits in a group of its own: what it started dies with it. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has just ended
  }
}
