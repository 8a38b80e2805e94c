import { spawn } from 'node:child_process';

export interface CommandResult {
  stdout: string;
  stderr: string;
  /** Null: a signal ended it. */
  code: number | null;
}

export interface CommandOptions {
  /** Milliseconds; over it the command and its children are killed and the call throws. */
  deadline: number;
  stdin?: string | Uint8Array;
  /** Kills the command and its children; its code is null then. */
  signal?: AbortSignal | undefined;
}

/** Runs a program to its end, whatever its exit code. */
export function command(
  argv: readonly string[],
  { deadline, stdin, signal }: CommandOptions,
): Promise<CommandResult> {
  const [program = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    // A process group of its own: what the program started dies with it.
    const child = spawn(program, args, { detached: true });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const kill = () => {
      if (child.pid !== undefined) killGroup(child.pid);
    };
    if (signal?.aborted) kill();
    signal?.addEventListener('abort', kill, { once: true });
    const timer = setTimeout(() => {
      kill();
      reject(
        new Error(`Not done after ${deadline} ms: ${argv.join(' ')}\n${Buffer.concat(stderr).toString()}`),
      );
    }, deadline);
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on('error', () => undefined); // it may end without having read all of it; its exit code tells
    child.stdin.end(stdin);
    child.once('error', (error) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
      reject(error);
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
      resolve({ stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString(), code });
    });
  });
}

/** Runs a program that has to succeed; its standard output. */
export async function must(argv: readonly string[], options: CommandOptions): Promise<string> {
  const { stdout, stderr, code } = await command(argv, options);
  if (code !== 0) throw new Error(`Exit code ${code}: ${argv.join(' ')}\n${stderr}`);
  return stdout;
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has just ended
  }
}
