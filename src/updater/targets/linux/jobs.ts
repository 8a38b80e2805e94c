import { posix } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { FleetError } from '../../errors';
import type { ExecResult, Link } from '../link';
import { jobBusy, jobEnd, journalLine, type Job, type JobEnd, type JournalLine } from '../platform';
import { commandLine } from '../quote';
import jobScript from '../scripts/job.sh';
import libScript from '../scripts/lib.sh';
import machineScript from '../scripts/machine.sh';
import stepsScript from '../scripts/steps.sh';
import { bootIdFile, elevated, here, jobDir, lastLine, must, runScript, second, short } from './kit';

/** A job sends a sign of life every 5 s; so long without one means that the link is dead though it looks open. */
const silence = 40 * second;

const runner = [libScript, machineScript, stepsScript, jobScript].join('\n');

/** A script that lays files under a folder (mode as given) and then runs commands. */
function layFiles(folder: string, files: Record<string, string>, then: string[]): string {
  const lay = Object.entries(files).map(([name, text]) =>
    here(`cat >${commandLine([posix.join(folder, name)])}`, text),
  );
  return ['set -e', 'umask 022', `mkdir -p ${commandLine([folder])}`, ...lay, ...then, ''].join('\n');
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

export async function startJob(link: Link, job: Job, signal?: AbortSignal): Promise<void> {
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

export async function continueJob(link: Link, jobId: string, signal?: AbortSignal): Promise<void> {
  const folder = jobDir(link.server, jobId);
  const command = elevated(link.server, ['sh', posix.join(folder, 'job.sh'), 'start', folder]);
  started(link, await link.exec(command, { deadline: short, ...(signal && { signal }) }));
}

function started(link: Link, result: ExecResult): void {
  const busy = /busy\t(.*)$/m.exec(result.stdout);
  if (result.code === 75 && busy) throw jobBusy(link.server.id, busy[1] ?? '');
  must(link, result, 'starting the job');
}

export async function followJob(
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

export async function cancelJob(link: Link, jobId: string, signal?: AbortSignal): Promise<void> {
  const folder = jobDir(link.server, jobId);
  const command = elevated(link.server, ['sh', posix.join(folder, 'job.sh'), 'cancel', folder]);
  must(
    link,
    await link.exec(command, { deadline: 10 * short, ...(signal && { signal }) }),
    `cancelling job ${jobId}`,
  );
}
