import { posix } from 'node:path';
import { parseAnswers, readBootId, type Answers, type Ask } from '../answers';
import type { Link } from '../link';
import { probeSeconds, readClock, type Platform, type Probe, type Probed, type Pulse } from '../platform';
import factsScript from '../scripts/facts.sh';
import healthScript from '../scripts/health.sh';
import libScript from '../scripts/lib.sh';
import { cancelJob, continueJob, followJob, startJob } from './jobs';
import { bootIdFile, elevated, here, jobDir, must, second, short, stateDir } from './kit';
import { beginPackage, discardPart, prepare, provePackage, put } from './packages';

/** How a shell tells of a command that was ended by SIGKILL. */
const killed = 137;

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

async function clock(link: Link, signal?: AbortSignal): Promise<number | null> {
  const result = await link.exec(elevated(link.server, ['sh', '-c', 'printf "\\nclock "; date +%s']), {
    deadline: short,
    ...(signal && { signal }),
  });
  return readClock(/^clock (\d+)$/m.exec(must(link, result, 'telling the time').stdout)?.[1]);
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
