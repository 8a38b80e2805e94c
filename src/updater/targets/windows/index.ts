import { win32 } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { FleetError } from '../../errors';
import type { Server } from '../../fleet/model';
import { blockMiB, mib } from '../blocks';
import type { Answers, Ask } from '../answers';
import type { Link } from '../link';
import {
  jobBusy,
  jobEnd,
  probeSeconds,
  readClock,
  roomRanOut,
  tooLittleRoom,
  type Job,
  type JobEnd,
  type JournalLine,
  type PackagePlace,
  type Platform,
  type Probe,
  type Probed,
  type Pulse,
  type PutOptions,
} from '../platform';
import jobScript from '../scripts/job.bat';
import checksScript from '../scripts/checks.bat';
import libScript from '../scripts/lib.bat';
import lockScript from '../scripts/lock.bat';
import stepsScript from '../scripts/steps.bat';
import { listening, plainVersion, readAnswers, readBootTime } from './answers';
import { batch, speak, type Question, type Section, type Spoken } from './kit';
import { readLook } from './look';
import { taskXml } from './task';
import { WordFiles } from './words';

const second = 1000;
/** Milliseconds for a command that does little: programs start slowly on a busy Windows. */
const short = 90 * second;
/** ms between two looks at a job. */
const lookPause = second;

const stateDir = (server: Server): string => server.stateDir ?? 'C:\\ProgramData\\vms-fleet';
const sftpPath = (path: string): string => `/${path.replaceAll('\\', '/')}`;
const packageDir = (server: Server, { sha256 }: PackagePlace): string =>
  sftpPath(win32.join(stateDir(server), 'packages', sha256));
const jobDir = (server: Server, id: string): string => sftpPath(win32.join(stateDir(server), 'jobs', id));

const say = (
  link: Link,
  words: readonly string[],
  {
    signal,
    asks,
    deadline = short,
  }: { signal?: AbortSignal | undefined; asks?: Question[]; deadline?: number } = {},
): Promise<Spoken> => speak(link, stateDir(link.server), words, { deadline, signal, ...(asks && { asks }) });

const section = (sections: readonly Section[], word: string): Section | undefined =>
  sections.find(({ words }) => words[0] === word);

async function ask(link: Link, asks: Ask[], signal?: AbortSignal): Promise<Answers> {
  const { sections } = await say(link, ['facts'], { signal, asks });
  const answers = readAnswers(sections, asks, stateDir(link.server));
  const program = asks.find((one) => one.ask === 'program');
  const { windows } = answers;
  // The list of programs does not name it, and there it is: then its executable says the version.
  if (program !== undefined && windows?.program === null && section(sections, 'program-found'))
    windows.program = await executableVersion(link, asks, signal);
  return answers;
}

async function executableVersion(
  link: Link,
  asks: Ask[],
  signal: AbortSignal | undefined,
): Promise<{ version: string } | null> {
  const { sections } = await say(link, ['version'], { signal, asks });
  const said = section(sections, 'version')?.lines.find((line) => /\d+\.\d+/.test(line));
  const version = /\d+(?:\.\d+)+/.exec(said ?? '')?.[0];
  return version === undefined ? null : { version: plainVersion(version) };
}

async function probe(link: Link, { ports, command }: Probe, signal?: AbortSignal): Promise<Probed> {
  const asks: Question[] = command.length === 0 ? [] : [{ ask: 'command', words: command }];
  const deadline = probeSeconds * second + short;
  const { sections } = await say(link, ['health'], { signal, asks, deadline });
  if (section(sections, 'end') === undefined)
    throw new FleetError('link.lost', `${link.server.id} did not say to the end how it is.`, {
      server: link.server.id,
      hint: 'It may be shutting down. Try again when it is back.',
    });
  const open = listening(section(sections, 'listening')?.lines ?? []);
  const code = section(sections, 'code')?.words[1];
  return {
    listening: ports.filter((port) => open.has(port)),
    code: command.length === 0 ? 0 : code === undefined ? null : Number(code),
  };
}

async function pulse(link: Link, jobId: string | null, signal?: AbortSignal): Promise<Pulse> {
  const { sections } = await say(link, ['pulse', jobId ?? 'none'], { signal, deadline: 12 * second });
  // While the job's own mark is there the machine has not gone down: another boot time is a clock that was set.
  const stillUp = section(sections, 'still-up') !== undefined;
  return {
    bootId: stillUp ? null : readBootTime(section(sections, 'boot')?.lines.join('\n') ?? ''),
    ended: section(sections, 'ended') !== undefined,
  };
}

async function clock(link: Link, signal?: AbortSignal): Promise<number | null> {
  const { sections } = await say(link, ['clock'], { signal });
  return readClock(
    section(sections, 'clock')
      ?.lines.find((line) => /^\d+\s*$/.test(line))
      ?.trim(),
  );
}

async function prepare(link: Link, signal?: AbortSignal): Promise<void> {
  const { sections, result } = await say(link, ['prepare'], { signal });
  const refused = section(sections, 'refused');
  if (refused !== undefined) throw noRights(link, `make ${stateDir(link.server)}`, result.stderr);
  if (section(sections, 'prepared') !== undefined) return;
  throw new FleetError('remote.failed', `${link.server.id} did not say that its state folder is there.`, {
    server: link.server.id,
    hint: 'Try again. If it stays so, Show Log has what it said: was the script ended by a virus scanner?',
  });
}

function noRights(link: Link, what: string, said: string): FleetError {
  const server = link.server.id;
  const words = said.trim().split('\n').at(-1)?.trim() ?? '';
  return new FleetError(
    'server.privileges',
    `The login user may not ${what} on ${server}${words && `: ${words}`}`,
    {
      server,
      hint: 'Log in as a member of Administrators (over SSH such a user has its full rights), or choose a `stateDir` that it may write.',
    },
  );
}

/** `certutil`, `dir` and the installers themselves take no longer path. */
const longestPath = 259;

function checkLength(server: Server, { sha256, file }: PackagePlace): void {
  const path = win32.join(stateDir(server), 'packages', sha256, `${file}.part`);
  if (path.length <= longestPath) return;
  throw new FleetError(
    'usage',
    `${file} would lie on ${server.id} in a path of ${path.length} characters, and Windows takes ${longestPath}.`,
    {
      server: server.id,
      hint: 'Choose a shorter `stateDir`, or give the file a shorter name and load it anew.',
    },
  );
}

async function beginPackage(
  link: Link,
  place: PackagePlace,
  _blockMiB: number,
  signal?: AbortSignal,
): Promise<'have' | Map<number, string | null>> {
  const { server } = link;
  checkLength(server, place);
  await prepare(link, signal);
  const { sections, result } = await say(link, ['begin', place.sha256], { signal });
  if (section(sections, 'refused') !== undefined)
    throw noRights(link, `write ${stateDir(server)}`, result.stderr);
  const options = { deadline: short, signal };
  const file = `${packageDir(server, place)}/${place.file}`;
  const [whole, part = 0] = await Promise.all([
    link.files.size(file, options),
    link.files.size(`${file}.part`, options),
  ]);
  if (whole === place.size) return 'have';
  // Somebody has changed it since it was proven: it is not believed.
  if (whole !== undefined) await link.files.remove(file, options);
  if (part > place.size) await link.files.remove(`${file}.part`, options);
  const free = freeBytes(section(sections, 'free'));
  const needed = place.size - Math.min(part, place.size);
  if (free !== null && free < needed) throw tooLittleRoom(server.id, place.file, free, needed);
  // What was under way when a transfer was cut lies in the last block; the rest is believed until the whole is hashed.
  const believed = part > place.size ? 0 : Math.max(0, Math.floor(part / (blockMiB * mib)) - 1);
  return new Map(Array.from({ length: believed }, (_, block) => [block, null]));
}

function freeBytes(free: Section | undefined): number | null {
  const last = free?.lines.filter((line) => line.trim() !== '').at(-1) ?? '';
  const digits = /(\d+)\D*$/.exec(last)?.[1];
  return digits === undefined ? null : Number(digits);
}

async function put(
  link: Link,
  place: PackagePlace,
  atMiB: number,
  bytes: AsyncIterable<Uint8Array>,
  options: PutOptions,
): Promise<void> {
  const path = `${packageDir(link.server, place)}/${place.file}.part`;
  try {
    await link.files.writeAt(path, atMiB * mib, bytes, options);
  } catch (error) {
    if (!(error instanceof FleetError) || error.code !== 'remote.failed') throw error;
    // SFTP has no word for a full disk; the room that is left tells.
    const { sections } = await say(link, ['begin', place.sha256], { signal: options.signal });
    const free = freeBytes(section(sections, 'free'));
    throw free !== null && free < blockMiB * mib ? roomRanOut(link.server.id, place) : error;
  }
}

async function provePackage(
  link: Link,
  place: PackagePlace,
  counts: Readable,
  options: { deadline: number; signal: AbortSignal },
): Promise<string> {
  // `certutil` hashes whole files only, so it begins when everything is there.
  for await (const _ of counts) void _;
  const { sections, result } = await say(link, ['prove', place.sha256], options);
  const found = section(sections, 'hash')
    ?.lines.map((line) => line.replace(/\s/g, ''))
    .find((line) => /^[0-9a-f]{64}$/i.test(line))
    ?.toLowerCase();
  if (found === undefined)
    throw new FleetError(
      'remote.failed',
      `${link.server.id} could not hash ${place.file}: ${result.stdout.trim().split('\n').at(-1) ?? ''}`,
      { server: link.server.id, hint: 'Log in to the server and try `certutil -hashfile FILE SHA256`.' },
    );
  if (found === place.sha256) await name(link, place, options);
  return found;
}

/** Gives a proven part its name; a colleague may have done it at the same moment. */
async function name(link: Link, place: PackagePlace, { signal }: { signal: AbortSignal }): Promise<void> {
  const file = `${packageDir(link.server, place)}/${place.file}`;
  const options = { deadline: short, signal };
  if ((await link.files.size(`${file}.part`, options)) === undefined) return;
  await link.files.rename(`${file}.part`, file, options).catch(async (error: unknown) => {
    if ((await link.files.size(file, options)) !== place.size) throw error;
    await link.files.remove(`${file}.part`, options);
  });
}

async function discardPart(link: Link, place: PackagePlace, signal?: AbortSignal): Promise<void> {
  await link.files.remove(`${packageDir(link.server, place)}/${place.file}.part`, {
    deadline: short,
    signal,
  });
}

/** The plan as the runner reads it: plain words, and the others in files of their own. */
function planFiles(job: Job): Record<string, string> {
  const words = new WordFiles();
  let steps = 0;
  const lines = [
    ...Object.entries(job.settings).map(([key, [value = '-']]) => ['set', key, words.refer(value)]),
    ...job.lines.map(({ kind, words: [step, ...args] }) => {
      if (kind === 'step') steps++;
      return [kind, String(steps), step, ...args.map((word) => words.refer(word))];
    }),
  ];
  return {
    ...Object.fromEntries(Object.entries(words.files).map(([name, text]) => [`words/${name}`, text])),
    plan: batch(`${lines.map((line) => line.join('\t')).join('\n')}\n`),
  };
}

async function startJob(link: Link, job: Job, signal?: AbortSignal): Promise<void> {
  const { server } = link;
  const folder = jobDir(server, job.id);
  const options = { deadline: short, signal };
  // The plan is laid last: a job folder with a plan is whole. One that is there already is not written again.
  if ((await link.files.size(`${folder}/plan`, options)) === undefined) {
    const settings = {
      ...job.settings,
      delay: [String(server.restartDelaySeconds)],
      reason: [server.restartReason],
    };
    const { plan, ...words } = planFiles({ ...job, settings });
    const about = Object.entries({ ...job.settings, since: [String(Math.floor(Date.now() / 1000))] });
    const files: Record<string, string> = {
      ...Object.fromEntries(Object.entries(job.files).map(([file, text]) => [file, batch(text)])),
      ...words,
      about: batch(about.map(([key, [value = '']]) => `${key}\t${value}\n`).join('')),
      'task.xml': taskXml(win32.join(stateDir(server), 'jobs', job.id)),
      'steps.bat': batch([stepsScript, checksScript, libScript].join('\n')),
      'job.bat': batch([jobScript, lockScript].join('\n')),
    };
    await link.files.makeFolder(`${folder}/words`, options);
    await Promise.all(
      Object.entries(files).map(([file, text]) => link.files.write(`${folder}/${file}`, text, options)),
    );
    await link.files.write(`${folder}/plan`, plan ?? '', options);
  }
  await continueJob(link, job.id, signal);
}

async function continueJob(link: Link, jobId: string, signal?: AbortSignal): Promise<void> {
  const { sections, result } = await say(link, ['job', 'start', jobId], { signal });
  const busy = section(sections, 'busy')?.words[1];
  if (busy !== undefined) throw jobBusy(link.server.id, busy);
  if (['started', 'running', 'ended'].some((word) => section(sections, word) !== undefined)) return;
  const said =
    section(sections, 'refused')
      ?.lines.find((line) => line.trim() !== '')
      ?.trim() ?? result.stderr.trim();
  if (/access is denied|\b0x80070005\b|\b5\b/i.test(said))
    throw noRights(link, 'create a scheduled task that runs as the system', said);
  throw new FleetError(
    'remote.failed',
    `${link.server.id} did not start the job: ${said || 'it gave no reason'}`,
    {
      server: link.server.id,
      hint: 'Is its Task Scheduler service running? Show Log has the whole answer.',
    },
  );
}

/** Looks again and again over one link: a command that follows would be left behind on the server when the link is cut. */
async function followJob(
  link: Link,
  jobId: string,
  from: number,
  onLine: (line: JournalLine) => void,
  signal?: AbortSignal,
): Promise<JobEnd> {
  for (let seen = from; ;) {
    const { sections } = await say(link, ['job', 'look', jobId], { signal, deadline: 40 * second });
    if (section(sections, 'no-job') !== undefined)
      throw new FleetError('job.unknown', `There is no job ${jobId} on ${link.server.id}.`, {
        server: link.server.id,
        hint: 'Somebody has emptied its state folder. Plan again.',
      });
    // Half an answer says nothing of how the job stands.
    if (section(sections, 'looked') !== undefined) {
      const { alive, journal, exit } = readLook(sections);
      for (const line of journal.slice(seen)) onLine(line);
      seen = Math.max(seen, journal.length);
      if (exit !== null) return jobEnd(exit);
      if (!alive) return { kind: 'gone' };
    }
    await sleep(lookPause, undefined, signal && { signal });
  }
}

async function cancelJob(link: Link, jobId: string, signal?: AbortSignal): Promise<void> {
  await say(link, ['job', 'cancel', jobId], { signal });
}

/** Windows with OpenSSH, in whatever login shell: everything is said in cmd.exe's batch language, files go over SFTP. */
export const windows: Platform = {
  family: 'windows',
  stateDir,
  join: (folder, ...names) => win32.join(folder, ...names),
  ask,
  probe,
  pulse,
  clock,
  prepare,
  beginPackage,
  putsSideBySide: false,
  put,
  discardPart,
  provePackage,
  startJob,
  continueJob,
  followJob,
  cancelJob,
};
