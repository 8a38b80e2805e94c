import { FleetError } from '../errors';
import type { HistoryEntry, JobFact, ServiceFact } from './facts';

/** A question that a product puts to a server; all of them travel in one round trip. Paths are absolute. */
export type Ask =
  | { ask: 'free' | 'writable' | 'size'; name: string; path: string }
  /** A text file, at most 256 KiB of it, by lines. */
  | { ask: 'read'; name: string; path: string }
  | { ask: 'service'; name: string }
  | { ask: 'service-command'; words: string[] }
  | { ask: 'tool'; name: string }
  /** Windows: a program by the beginning of its name in the list of programs, else by its executable's version. */
  | { ask: 'program'; name: string; path: string };

/** What a server answered, before a product has made sense of it. */
export interface Answers {
  bootId: string | null;
  /** Seconds since 1970 by the server's clock. */
  clock: number;
  user: { name: string; root: boolean };
  machine: string;
  kernel: string;
  /** The fields of /etc/os-release. */
  os: Record<string, string>;
  tools: string[];
  free: Record<string, { bytes: number; volume: string }>;
  writable: Record<string, boolean>;
  sizes: Record<string, number>;
  /** Lines of each file read; a file that is not there has no entry. */
  files: Record<string, string[]>;
  service: ServiceFact['state'] | null;
  /** Windows alone. */
  windows?: WindowsAnswers;
  packages: { sha256: string; file: string; size: number }[];
  /** Oldest first. */
  history: HistoryEntry[];
  job: JobFact | null;
}

export interface WindowsAnswers {
  build: number | undefined;
  computerName: string | undefined;
  /** 32-bit programs start there. */
  runs32Bit: boolean;
  /** Absent where nobody needed to ask: a new enough .NET stands for them. */
  hotfixes: string[] | undefined;
  dotnetRelease: number | undefined;
  /** The account of the service that was asked about. */
  account: string | undefined;
  accountHasProfile: boolean | undefined;
  program: { version: string; arch?: string } | null;
}

const bootIdPattern = /^[0-9A-Za-z][0-9A-Za-z-]{7,63}$/;

/** A boot identity, or null for anything that is not one: an unreadable identity is never "another one". */
export function readBootId(text: string): string | null {
  const line = text.trim();
  return bootIdPattern.test(line) ? line : null;
}

export function noAnswers(): Answers {
  return {
    bootId: null,
    clock: 0,
    user: { name: '', root: false },
    machine: '',
    kernel: '',
    os: record(),
    tools: [],
    free: record(),
    writable: record(),
    sizes: record(),
    files: record(),
    service: null,
    packages: [],
    history: [],
    job: null,
  };
}

/**
 * Reads the tab-parted answers of a facts script.
 * @throws FleetError `remote.failed` when they are not whole: half an answer must not pass for facts.
 */
export function parseAnswers(text: string): Answers {
  const answers = noAnswers();
  const history = new Map<string, string[][]>();
  const job: string[][] = [];
  let whole = false;
  const lines = text.split(/\r?\n/);
  // What a login shell prints before the first answer is none.
  for (const line of lines.slice(Math.max(0, lines.indexOf('facts\t1')))) {
    const [verb = '', name = '', ...rest] = line.split('\t');
    const value = rest[0] ?? '';
    switch (verb) {
      case 'boot':
        answers.bootId = readBootId(name);
        break;
      case 'clock':
        answers.clock = number(name);
        break;
      case 'user':
        answers.user = { name, root: value === '0' };
        break;
      case 'arch':
        answers.machine = name;
        break;
      case 'kernel':
        answers.kernel = name;
        break;
      case 'os': {
        const field = /^([A-Z_]+)=(?:"(.*)"|(.*))$/.exec(name);
        if (field?.[1] !== undefined) answers.os[field[1]] = field[2] ?? field[3] ?? '';
        break;
      }
      case 'tool':
        answers.tools.push(name);
        break;
      case 'free':
        answers.free[name] = { bytes: number(value), volume: rest[1] ?? '' };
        break;
      case 'writable':
        answers.writable[name] = value === 'yes';
        break;
      case 'size':
        answers.sizes[name] = number(value);
        break;
      case 'found':
        answers.files[name] ??= [];
        break;
      case 'read':
        (answers.files[name] ??= []).push(rest.join('\t'));
        break;
      case 'service':
        answers.service = serviceState(name);
        break;
      case 'package':
        if (/^[0-9a-f]{64}$/.test(name))
          answers.packages.push({ sha256: name, file: value, size: number(rest[1] ?? '') });
        break;
      case 'history':
        history.set(name, [...(history.get(name) ?? []), rest]);
        break;
      case 'job':
        job.push([name, ...rest]);
        break;
      case 'end':
        whole = true;
        break;
    }
  }
  if (!whole)
    throw new FleetError('remote.failed', 'The server did not answer all questions.', {
      hint: 'Show Log has what it said. Does its login shell print something of its own, or end the session?',
    });
  answers.history = [...history.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, lines]) => entry(lines));
  answers.job = jobFact(job);
  return answers;
}

/** A record whose keys a server may choose: `constructor` is a name like any other. */
function record<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

/** An entry of the history, by its lines parted into words. */
export function entry(lines: string[][]): HistoryEntry {
  const one = (key: string): string | undefined => lines.find((words) => words[0] === key)?.[1];
  const all = (key: string): [string, string][] =>
    lines.filter((words) => words[0] === key).map((words) => [words[1] ?? '', words[2] ?? '']);
  return {
    id: one('id') ?? '',
    version: one('version') ?? '',
    modules: Object.fromEntries(all('module')),
    backup: one('backup') ?? null,
    kept: all('kept').map(([name, path]) => ({ name, path })),
    at: number(one('at') ?? ''),
    by: one('by') ?? '',
    ...packageOf(lines),
  };
}

function packageOf(lines: string[][]): Pick<HistoryEntry, 'package'> {
  const [, sha256, file] = lines.find((words) => words[0] === 'package') ?? [];
  return sha256 === undefined || file === undefined ? {} : { package: { sha256, file } };
}

/** The job that works on a server or worked there last, by lines of a key and its words; `exit` is its last word. */
export function jobFact(lines: string[][]): JobFact | null {
  const one = (key: string): string[] | undefined => lines.find((words) => words[0] === key)?.slice(1);
  const id = one('id')?.[0];
  if (id === undefined) return null;
  const exit = one('exit');
  const action = one('action')?.[0];
  return {
    id,
    action: action === 'rollback' || action === 'restart' ? action : 'install',
    to: one('to')?.[0] ?? null,
    state:
      exit === undefined ? (one('alive')?.[0] === 'yes' ? 'running' : 'interrupted') : exitState(exit[0]),
    by: one('by')?.[0] ?? '',
    since: number(one('since')?.[0] ?? ''),
    step: (exit?.[1] === '-' ? null : exit?.[1]) ?? one('step')?.[0] ?? null,
    message: exit?.[2] !== undefined && exit[2] !== '' ? exit[2] : null,
    ...startsAt(one('starts-at')?.[0]),
  };
}

function startsAt(text: string | undefined): Pick<JobFact, 'startsAt'> {
  return text === undefined || Number.isNaN(Date.parse(text)) ? {} : { startsAt: text };
}

/** The first word of a job's `exit` file; an unreadable one counts as a failure. */
export function exitState(word: string | undefined): 'done' | 'failed' | 'cancelled' {
  return word === 'done' || word === 'cancelled' ? word : 'failed';
}

function serviceState(word: string): ServiceFact['state'] {
  return word === 'running' || word === 'stopped' || word === 'failed' || word === 'missing'
    ? word
    : 'unknown';
}

function number(text: string): number {
  return /^\d{1,16}$/.test(text) ? Number(text) : 0;
}
