import { win32 } from 'node:path';
import { FleetError } from '../../errors';
import type { Answers, Ask } from '../answers';
import type { Link } from '../link';
import { probeSeconds, readClock, type Platform, type Probe, type Probed, type Pulse } from '../platform';
import { listening, plainVersion, readAnswers, readBootTime } from './answers';
import { cancelJob, continueJob, followJob, startJob } from './jobs';
import type { Question } from './kit';
import { beginPackage, discardPart, prepare, provePackage, put } from './packages';
import { say, second, section, short, stateDir } from './server';

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
