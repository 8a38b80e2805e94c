import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface Process {
  pid: number;
  parent: number;
  group: number;
  /** The command line, words joined by blanks. */
  command: string;
  /** `NAME=value` joined by NUL; empty where the system does not show it (macOS, processes of others). */
  environment: string;
}

/** Every process of this computer that is not yet dead. Synchronous, so that it is one picture and works while the demo exits. */
export function processTable(): Process[] {
  return process.platform === 'linux' ? fromProc() : fromPs();
}

/** These and everything that descends from them. */
export function withDescendants(roots: Process[], table: Process[]): Process[] {
  const found = new Set(roots);
  let before = -1;
  while (before !== found.size) {
    before = found.size;
    const pids = new Set([...found].map(({ pid }) => pid));
    for (const candidate of table) if (pids.has(candidate.parent)) found.add(candidate);
  }
  return [...found];
}

/** @returns whether it was there and ours (of a group of the dead, macOS says that it is not). */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

function fromProc(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      // pid (name with any character) state ppid pgrp …
      const stat = readProc(name, 'stat');
      const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (!state || state === 'Z' || state === 'X') return [];
      return {
        pid: Number(name),
        parent: Number(parent),
        group: Number(group),
        command: readProc(name, 'cmdline').replaceAll('\0', ' ').trim(),
        environment: readProc(name, 'environ'),
      };
    });
}

/** Empty for a process that ended meanwhile or is not ours. */
function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}

function fromPs(): Process[] {
  const text = execFileSync('/bin/ps', ['-A', '-ww', '-o', 'pid=,ppid=,pgid=,stat=,command='], {
    encoding: 'utf8',
    timeout: 10_000,
    maxBuffer: 64 << 20,
  });
  return text.split('\n').flatMap((line) => {
    const [, pid, parent, group, state, command] =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (!pid || state?.startsWith('Z')) return [];
    return {
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      command: command ?? '',
      environment: '',
    };
  });
}
