import { createHash, randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { FleetError } from '../errors';
import type { Server } from '../fleet/model';
import { parseAnswers, readBootId, type Answers, type Ask } from './answers';
import type { ExecResult, Link } from './link';
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
} from './platform';
import { commandLine } from './quote';
import factsScript from './scripts/facts.sh';
import healthScript from './scripts/health.sh';
import jobScript from './scripts/job.sh';
import libScript from './scripts/lib.sh';
import packagesScript from './scripts/packages.sh';
import stepsScript from './scripts/steps.sh';

const second = 1000;
/** Milliseconds for a command that does little. */
const short = 60 * second;
/** How a shell tells of a command that was ended by SIGKILL. */
const killed = 137;
/** A job sends a sign of life every 5 s; so long without one means that the link is dead though it looks open. */
const silence = 40 * second;

const runner = `${libScript}\n${stepsScript}\n${jobScript}`;
const taker = `${libScript}\n${packagesScript}`;
const takerName = `packages-${createHash('sha256').update(taker).digest('hex').slice(0, 12)}.sh`;

const stateDir = (server: Server): string => server.stateDir ?? '/var/lib/vms-fleet';
const bootIdFile = (server: Server): string => server.bootIdFile ?? '/proc/sys/kernel/random/boot_id';
const jobDir = (server: Server, id: string): string => posix.join(stateDir(server), 'jobs', id);

/** Runs as root: directly, or by sudo where the login user may without a password; else as the user it is. */
function elevated(server: Server, words: string[]): string {
  if (!server.sudo) return commandLine(words);
  const choose =
    'if [ "$(id -u)" -ne 0 ] && sudo -n true 2>/dev/null; then exec sudo -n "$@"; else exec "$@"; fi';
  return commandLine(['sh', '-c', choose, 'sh', ...words]);
}

/** A here-document: what it holds reaches the script as it is, whatever it is. */
function here(redirect: string, text: string): string {
  const end = `VMS_FLEET_${randomBytes(12).toString('hex')}`;
  return `${redirect}<<'${end}'\n${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${end}\n`;
}

/** A script that lays files under a folder (mode as given) and then runs commands. */
function layFiles(folder: string, files: Record<string, string>, then: string[]): string {
  const lay = Object.entries(files).map(([name, text]) =>
    here(`cat >${commandLine([posix.join(folder, name)])}`, text),
  );
  return ['set -e', 'umask 022', `mkdir -p ${commandLine([folder])}`, ...lay, ...then, ''].join('\n');
}

async function runScript(link: Link, script: string, signal?: AbortSignal): Promise<ExecResult> {
  return link.exec(elevated(link.server, ['sh', '-s']), {
    stdin: script,
    deadline: short,
    ...(signal && { signal }),
  });
}

/** @throws FleetError that names the cause: no room, no rights, or what the server said. */
function must(link: Link, result: ExecResult, doing: string): ExecResult {
  if (result.code === 0) return result;
  const server = link.server.id;
  // A machine that goes down ends commands before connections; what was printed until then is half an answer.
  if (result.signal !== null)
    throw new FleetError('link.lost', `${server} ended a command by ${result.signal} while ${doing}.`, {
      server,
      hint: 'It may be shutting down. Try again when it is back; work that runs there is found again.',
    });
  const said = lastLine(result.stderr) || lastLine(result.stdout) || `exit code ${result.code ?? 'none'}`;
  if (/no space left/i.test(said))
    throw new FleetError('space', `${server} has no room left while ${doing}: ${said}`, {
      server,
      hint: 'Free space on the server, then run the same action again: it goes on where it stopped.',
    });
  if (/permission denied|operation not permitted|read-only file system/i.test(said))
    throw new FleetError('server.privileges', `${server} refused ${doing}: ${said}`, {
      server,
      hint: 'Log in as root, allow `sudo` without a password for this user, or choose a `stateDir` that it may write.',
    });
  throw new FleetError('remote.failed', `${server} failed while ${doing}: ${said}`, {
    server,
    hint: 'Log in to the server as the same user and see to what it says; Show Log has the whole answer.',
  });
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? '';

function question(ask: Ask): string {
  switch (ask.ask) {
    case 'service-command':
      return ['service-command', ...ask.words].join('\t');
    case 'service':
    case 'tool':
      return [ask.ask, ask.name].join('\t');
    default:
      return [ask.ask, ask.name, ask.path].join('\t');
  }
}

async function ask(link: Link, asks: Ask[], signal?: AbortSignal): Promise<Answers> {
  const { server } = link;
  const state = stateDir(server);
  const questions = [
    `boot\t${bootIdFile(server)}`,
    `state\t${state}`,
    question({ ask: 'free', name: 'system', path: '/' }),
    question({ ask: 'free', name: 'state', path: state }),
    question({ ask: 'writable', name: 'state', path: state }),
    ...asks.map(question),
  ].join('\n');
  const script = `${here('exec 3', questions)}${libScript}\n${factsScript}`;
  const result = await link.exec(elevated(server, ['sh', '-s']), {
    stdin: script,
    deadline: short,
    ...(signal && { signal }),
  });
  return parseAnswers(must(link, result, 'answering').stdout);
}

async function probe(link: Link, { ports, command }: Probe, signal?: AbortSignal): Promise<Probed> {
  const words = [ports.join(' '), String(probeSeconds), ...command];
  const result = await link.exec(elevated(link.server, ['sh', '-s', '--', ...words]), {
    stdin: `${libScript}\n${healthScript}`,
    deadline: probeSeconds * second + short,
    ...(signal && { signal }),
  });
  const lines = must(link, result, 'looking at its health')
    .stdout.split('\n')
    .map((line) => line.trim().split(' '));
  const code = Number(lines.find(([word]) => word === 'command')?.[1] ?? 0);
  return {
    listening: lines.flatMap(([word, port, is]) => (word === 'port' && is === 'yes' ? [Number(port)] : [])),
    // Killed when its time was over.
    code: code === killed ? null : code,
  };
}

async function pulse(link: Link, jobId: string | null, signal?: AbortSignal): Promise<Pulse> {
  const exit = jobId === null ? '/dev/null/none' : posix.join(jobDir(link.server, jobId), 'exit');
  // Its answers stand on marked lines of their own, apart from what a login shell may print first.
  const script = 'printf "\\nboot "; head -c 64 "$1"; echo; [ -e "$2" ] && echo ended';
  const command = elevated(link.server, ['sh', '-c', script, 'sh', bootIdFile(link.server), exit]);
  const result = await link.exec(command, { deadline: 10 * second, ...(signal && { signal }) });
  const lines = result.stdout.split('\n');
  const boot = lines.findLastIndex((line) => line.startsWith('boot '));
  return {
    bootId: boot < 0 ? null : readBootId(lines[boot]?.slice('boot '.length) ?? ''),
    ended: boot >= 0 && lines.includes('ended', boot),
  };
}

/**
 * Makes the state folder and lays the script that takes packages in. That one is never written over: a colleague's transfer
 * may be reading it.
 */
function layTaker(server: Server): string {
  const state = stateDir(server);
  const folders = ['bin', 'packages', 'jobs', 'history', 'backups'].map((name) => posix.join(state, name));
  const taken = commandLine([takerPath(server)]);
  return [
    'set -e',
    'umask 022',
    commandLine(['mkdir', '-p', ...folders]),
    `if [ ! -f ${taken} ]; then`,
    here(`cat >${taken}.$$`, taker) + `mv -f ${taken}.$$ ${taken}`,
    'fi',
    '',
  ].join('\n');
}

async function clock(link: Link, signal?: AbortSignal): Promise<number | null> {
  const result = await link.exec(elevated(link.server, ['sh', '-c', 'printf "\\nclock "; date +%s']), {
    deadline: short,
    ...(signal && { signal }),
  });
  return readClock(/^clock (\d+)$/m.exec(must(link, result, 'telling the time').stdout)?.[1]);
}

async function prepare(link: Link, signal?: AbortSignal): Promise<void> {
  must(link, await runScript(link, layTaker(link.server), signal), `making ${stateDir(link.server)}`);
}

const takerPath = (server: Server): string => posix.join(stateDir(server), 'bin', takerName);

function taking(server: Server, verb: string, place: PackagePlace, ...more: (string | number)[]): string[] {
  const folder = posix.join(stateDir(server), 'packages', place.sha256);
  return ['sh', takerPath(server), verb, folder, place.file, ...more.map(String)];
}

async function beginPackage(
  link: Link,
  place: PackagePlace,
  blockMiB: number,
  signal?: AbortSignal,
): Promise<'have' | Map<number, string>> {
  const { server } = link;
  const result = await link.exec(elevated(server, ['sh', '-s']), {
    stdin: `${layTaker(server)}exec ${commandLine(taking(server, 'begin', place, place.size, blockMiB))}\n`,
    // Hashing what a part already holds takes its time on a slow disk.
    deadline: short + (place.size / (20 << 20)) * second,
    ...(signal && { signal }),
  });
  const lines = result.stdout.trim().split('\n');
  const full = /^nospace (\d+) (\d+)$/m.exec(result.stdout);
  if (full) throw tooLittleRoom(server.id, place.file, Number(full[1]), Number(full[2]));
  must(link, result, `taking in ${place.file}`);
  if (lines.includes('have')) return 'have';
  const blocks = new Map<number, string>();
  for (const line of lines) {
    const [word, block, hash] = line.split(' ');
    if (word === 'block' && hash !== undefined) blocks.set(Number(block), hash);
  }
  return blocks;
}

async function put(
  link: Link,
  place: PackagePlace,
  atMiB: number,
  bytes: AsyncIterable<Uint8Array>,
  options: PutOptions,
): Promise<void> {
  const command = elevated(link.server, taking(link.server, 'put', place, atMiB));
  const result = await link.exec(command, { stdin: bytes, ...options });
  if (result.code !== 0) throw putFailure(link.server.id, place, result.stderr);
}

function putFailure(server: string, place: PackagePlace, stderr: string): FleetError {
  const said =
    stderr
      .trim()
      .split('\n')
      .find((line) => !/records (in|out)|copied|transferred/.test(line)) ?? '';
  if (/no space left|disk quota|file too large/i.test(stderr)) return roomRanOut(server, place);
  return new FleetError(
    'transfer.failed',
    `${server} could not write ${place.file}: ${said || 'no reason given'}.`,
    {
      server,
      hint: 'Download again: it goes on where it stopped.',
    },
  );
}

/** Every block here was hashed there: nothing was believed that would have to go. */
async function discardPart(): Promise<void> {}

async function provePackage(
  link: Link,
  place: PackagePlace,
  counts: Readable,
  options: { deadline: number; signal: AbortSignal },
): Promise<string> {
  const command = elevated(link.server, taking(link.server, 'prove', place, place.size, place.sha256));
  const result = await link.exec(command, { stdin: counts, ...options });
  const said = must(link, result, `finishing ${place.file}`).stdout;
  // It is the last that was printed; a login shell may have printed something before it.
  return /[0-9a-f]{64}(?=\s*$)/.exec(said)?.[0] ?? '';
}

function planText(job: Job): string {
  const words = (list: string[]): string => {
    const bad = list.find((word) => /[\t\r\n\0]/.test(word) || word === '');
    if (bad !== undefined)
      throw new FleetError(
        'usage',
        `A job cannot carry the word ${JSON.stringify(bad)}: it is empty or holds a tab or a line break.`,
      );
    return list.join('\t');
  };
  return [
    '# plan of a VMS Fleet job: words parted by tabs, read by job.sh beside it',
    ...Object.entries(job.settings).map(([key, value]) => words(['set', key, ...value])),
    ...job.lines.map((line) => words([line.kind, ...line.words])),
    '',
  ].join('\n');
}

async function startJob(link: Link, job: Job, signal?: AbortSignal): Promise<void> {
  const { server } = link;
  const folder = jobDir(server, job.id);
  const settings = {
    ...job.settings,
    boot: [bootIdFile(server)],
    ...(server.commands.reboot && { reboot: server.commands.reboot }),
    ...(server.commands.serviceStart && { 'service-start': server.commands.serviceStart }),
    ...(server.commands.serviceStop && { 'service-stop': server.commands.serviceStop }),
    ...(server.commands.serviceRestart && { 'service-restart': server.commands.serviceRestart }),
    ...(server.commands.serviceStatus && { 'service-status': server.commands.serviceStatus }),
  };
  const files = { ...job.files, 'job.sh': runner, 'plan.new': planText({ ...job, settings }) };
  // The plan gets its name last: a job folder with a plan is whole. One that is there already is not written again.
  const script = [
    `if [ ! -f ${commandLine([posix.join(folder, 'plan')])} ]; then`,
    layFiles(folder, files, [
      `mv ${commandLine([posix.join(folder, 'plan.new'), posix.join(folder, 'plan')])}`,
    ]),
    'fi',
    `exec sh ${commandLine([posix.join(folder, 'job.sh'), 'start', folder])}`,
    '',
  ].join('\n');
  started(link, await runScript(link, script, signal));
}

async function continueJob(link: Link, jobId: string, signal?: AbortSignal): Promise<void> {
  const folder = jobDir(link.server, jobId);
  const command = elevated(link.server, ['sh', posix.join(folder, 'job.sh'), 'start', folder]);
  started(link, await link.exec(command, { deadline: short, ...(signal && { signal }) }));
}

function started(link: Link, result: ExecResult): void {
  const busy = /busy\t(.*)$/m.exec(result.stdout);
  if (result.code === 75 && busy) throw jobBusy(link.server.id, busy[1] ?? '');
  must(link, result, 'starting the job');
}

function journalLine(words: string[]): JournalLine {
  const [at = '', event = '', number = '', step = '', text = ''] = words;
  return { at: Number(at), event: event as JournalLine['event'], number: Number(number), step, text };
}

async function followJob(
  link: Link,
  jobId: string,
  from: number,
  onLine: (line: JournalLine) => void,
  signal?: AbortSignal,
): Promise<JobEnd> {
  const folder = jobDir(link.server, jobId);
  const stop = new AbortController();
  const watch = (): NodeJS.Timeout => setTimeout(() => stop.abort(), silence);
  let timer = watch();
  let end: JobEnd | undefined;
  let rest = '';
  const text = new StringDecoder('utf8');
  const read = (chunk: Buffer): void => {
    clearTimeout(timer);
    timer = watch();
    const lines = (rest + text.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [word, ...words] = line.split('\t');
      if (word === 'journal') onLine(journalLine(words));
      else if (word === 'gone') end = { kind: 'gone' };
      else if (word === 'exit') end = jobEnd(words);
    }
  };
  try {
    const command = elevated(link.server, [
      'sh',
      posix.join(folder, 'job.sh'),
      'follow',
      folder,
      String(from),
    ]);
    const result = await link.exec(command, {
      deadline: 24 * 3600 * second,
      signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
      onStdout: read,
    });
    if (end !== undefined) return end;
    // The channel ended without the job having ended: the link or the machine is going.
    throw new FleetError(
      'link.lost',
      `The view of the job on ${link.server.id} ended: ${lastLine(result.stderr) || 'no reason given'}.`,
      {
        server: link.server.id,
      },
    );
  } catch (error) {
    if (stop.signal.aborted && !signal?.aborted)
      throw new FleetError(
        'link.timeout',
        `${link.server.id} gave no sign of life for ${silence / second} s.`,
        {
          server: link.server.id,
          cause: error,
        },
      );
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function cancelJob(link: Link, jobId: string, signal?: AbortSignal): Promise<void> {
  const folder = jobDir(link.server, jobId);
  const command = elevated(link.server, ['sh', posix.join(folder, 'job.sh'), 'cancel', folder]);
  must(
    link,
    await link.exec(command, { deadline: 10 * short, ...(signal && { signal }) }),
    `cancelling job ${jobId}`,
  );
}

/** Any Linux with POSIX sh, and macOS for trying things out. */
export const linux: Platform = {
  family: 'linux',
  stateDir,
  join: (folder, ...names) => posix.join(folder, ...names),
  ask,
  probe,
  pulse,
  clock,
  prepare,
  beginPackage,
  putsSideBySide: true,
  put,
  discardPart,
  provePackage,
  startJob,
  continueJob,
  followJob,
  cancelJob,
};
