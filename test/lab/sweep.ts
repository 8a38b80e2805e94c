import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from './image';
import { alive } from './owner';

/** Folders of the labs that run: `runs/<lab>/`. */
export const RUNS = join(CACHE, 'runs');
/** A lab's name is `vmslab-<owner>-<count>`; everything that it makes on this machine starts with it. */
export const PREFIX = 'vmslab-';

const GROUPS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'];
const NAMESPACES = '/run/netns';
const BRIDGES = '/sys/class/net';
const NSPAWN = '/run/systemd/nspawn/propagate';

/** Takes away what labs of dead processes left behind, of this checkout or another. */
export function sweepDead(): void {
  const left = [RUNS, NAMESPACES, NSPAWN, ...GROUPS].flatMap(names).concat(bridges().map(({ lab }) => lab));
  for (const lab of new Set(left.flatMap((name) => /^vmslab-\d+-\d+-\d+/.exec(name)?.[0] ?? [])))
    if (!alive(lab.slice(PREFIX.length))) sweep(lab);
}

/** Takes away all of one lab. Not a promise, so that it also works while the process exits. */
export function sweep(lab: string): void {
  const groups = GROUPS.flatMap((root) => ours(root, lab).flatMap((name) => tree(join(root, name))));
  for (const group of groups) for (const pid of processes(group)) kill(pid);

  const folder = join(RUNS, lab);
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${folder}/`));
  for (const path of mounts.reverse()) attempt('umount', '--lazy', path);
  for (const name of ours(NAMESPACES, lab)) attempt('ip', 'netns', 'del', name);
  for (const bridge of bridges()) {
    if (bridge.lab !== lab) continue;
    for (const port of names(join(BRIDGES, bridge.name, 'brif'))) attempt('ip', 'link', 'del', port);
    attempt('ip', 'link', 'del', bridge.name);
  }
  for (const group of groups.reverse()) removeEmpty(group);
  for (const name of ours(NSPAWN, lab)) removeEmpty(join(NSPAWN, name));
  rmSync(folder, { recursive: true, force: true });
}

function bridges(): { name: string; lab: string }[] {
  return names(BRIDGES)
    .filter((name) => name.startsWith('vmslab'))
    .map((name) => ({ name, lab: text(join(BRIDGES, name, 'ifalias')).trim() }));
}

/** What belongs to this lab in a folder: `<lab>` or `<lab>-<box>`. */
function ours(folder: string, lab: string): string[] {
  return names(folder).filter((name) => name === lab || name.startsWith(`${lab}-`));
}

/** A control group and all below it, parents first. */
function tree(group: string): string[] {
  const below = existsSync(group) ? readdirSync(group, { withFileTypes: true }) : [];
  return [
    group,
    ...below.filter((entry) => entry.isDirectory()).flatMap((entry) => tree(join(group, entry.name))),
  ];
}

function processes(group: string): number[] {
  return text(join(group, 'cgroup.procs')).split('\n').filter(Boolean).map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has just ended
  }
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // still in use by a process that is about to end: the next sweep takes it
  }
}

function attempt(program: string, ...args: string[]): void {
  try {
    execFileSync(program, args, { stdio: 'ignore', timeout: 10_000 });
  } catch {
    // gone already, or left to the next sweep
  }
}

function names(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
