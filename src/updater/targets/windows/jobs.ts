import { win32 } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FleetError } from '../../errors';
import type { Server } from '../../fleet/model';
import type { Link } from '../link';
import { jobBusy, jobEnd, type Job, type JobEnd, type JournalLine } from '../platform';
import checksScript from '../scripts/checks.bat';
import jobScript from '../scripts/job.bat';
import libScript from '../scripts/lib.bat';
import lockScript from '../scripts/lock.bat';
import stepsScript from '../scripts/steps.bat';
import { batch, type Spoken } from './kit';
import { layWhole } from './lay';
import { readLook } from './look';
import { noRights, say, second, section, sftpPath, short, stateDir } from './server';
import { taskXml } from './task';
import { WordFiles } from './words';

/** ms between two looks at a job. */
const lookPause = second;

const jobDir = (server: Server, id: string): string => sftpPath(win32.join(stateDir(server), 'jobs', id));

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

export async function startJob(link: Link, job: Job, signal?: AbortSignal): Promise<void> {
  const { server } = link;
  const folder = jobDir(server, job.id);
  const options = { deadline: short, signal };
  // The plan gets its name last, when it is whole: so is a job folder with a plan, and is not written again.
  if (!(await link.files.size(`${folder}/plan`, options))) {
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
    await layWhole(link, `${folder}/plan`, plan ?? '', options);
  }
  await continueJob(link, job.id, signal);
}

export async function continueJob(link: Link, jobId: string, signal?: AbortSignal): Promise<void> {
  started(link, jobId, await say(link, ['job', 'start', jobId], { signal }));
}

/** @throws FleetError where `job.bat start` did not say that the job runs or has ended */
function started(link: Link, jobId: string, { sections, result }: Spoken): void {
  if (section(sections, 'no-job') !== undefined) throw noJob(link, jobId);
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

const noJob = (link: Link, jobId: string): FleetError =>
  new FleetError('job.unknown', `There is no job ${jobId} on ${link.server.id}.`, {
    server: link.server.id,
    hint: 'Somebody has emptied its state folder. Plan again.',
  });

/** Looks again and again over one link: a command that follows would be left behind on the server when the link is cut. */
export async function followJob(
  link: Link,
  jobId: string,
  from: number,
  onLine: (line: JournalLine) => void,
  signal?: AbortSignal,
): Promise<JobEnd> {
  for (let seen = from; ;) {
    const { sections } = await say(link, ['job', 'look', jobId], { signal, deadline: 40 * second });
    if (section(sections, 'no-job') !== undefined) throw noJob(link, jobId);
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

export async function cancelJob(link: Link, jobId: string, signal?: AbortSignal): Promise<void> {
  const said = await say(link, ['job', 'cancel', jobId], { signal });
  // One that has ended is only looked at; one that nobody runs is started, to take back what it has begun.
  if (section(said.sections, 'looked') === undefined) started(link, jobId, said);
}
