import { readFileSync } from 'node:fs';

/**
 * The running process as part of a name: `<pid>-<start>`. The start (clock ticks since the machine's boot) tells it from a later
 * process with the same pid.
 */
export const owner = `${process.pid}-${startOf(process.pid)}`;

/** Whether the process that `owner` was in still runs. */
export function alive(name: string): boolean {
  const [pid, start] = name.split('-');
  return startOf(Number(pid)) === start;
}

function startOf(pid: number): string | undefined {
  try {
    // The second field, the program's name, may hold blanks and brackets: count from behind it.
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19];
  } catch {
    return undefined;
  }
}
