import { createHash } from 'node:crypto';
import { FleetError } from '../../errors';
import type { Ask } from '../answers';
import type { ExecResult, Link } from '../link';
import prepareScript from '../scripts/prepare.bat';
import serverScript from '../scripts/server.bat';
import { decodeOutput } from './code-page';
import { layWhole } from './lay';
import { windowsCommandLine, WordFiles } from './words';

const second = 1000;
/** Milliseconds for laying the script and its words down. */
const layDeadline = 60 * second;

/** Batch wants its own line ends: without them cmd.exe misses labels. */
export const batch = (text: string): string => text.replace(/\r?\n/g, '\r\n');

/** What the script of a server answered, by the lines that begin with @@. */
export interface Section {
  /** What stands behind @@, by its words; tabs part them where there is one, else spaces. */
  words: string[];
  lines: string[];
}

/** `server.bat` and the words that it is asked about, below the login user's temporary folder. */
interface Kit {
  /** From the login user's home on, as SFTP has it. */
  folder: string;
  files: Record<string, string>;
  /** Name of the questions. */
  asks: string;
}

function makeKit(stateDir: string, asks: readonly Question[]): Kit {
  const script = batch([serverScript, prepareScript].join('\n'));
  const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);
  const questions = JSON.stringify(asks);
  const name = short(questions);
  const words = new WordFiles(`@${name}-`);
  const lines = asks.map((ask) =>
    question(ask)
      .map((word) => words.refer(word))
      .join('\t'),
  );
  // The last line tells the script that it has read all of them.
  lines.push('end');
  return {
    folder: `AppData/Local/Temp/vms-fleet-${short(script + stateDir)}`,
    files: {
      '@state': `${stateDir}\n`,
      ...words.files,
      [`asks-${name}`]: batch([...lines, ''].join('\n')),
      'server.bat': script,
    },
    asks: name,
  };
}

/** What the script is asked about: facts, or the command of a look at the server's health. */
export type Question = Ask | { ask: 'command'; words: readonly string[] };

/** The words of a question, its verb first. */
function question(ask: Question): [string, ...string[]] {
  switch (ask.ask) {
    case 'service':
      return ['service', 'none', ask.name];
    case 'command':
      return ['command', 'none', windowsCommandLine(ask.words)];
    case 'program':
      return ['program', 'none', ask.path];
    case 'free':
    case 'size':
    case 'read':
      return [ask.ask, ask.name, ask.path];
    case 'writable':
    case 'tool':
    case 'service-command':
      throw new FleetError('usage', `A Windows server is not asked for "${ask.ask}".`);
  }
}

/** In bash a backslash is no part of a path, and its Windows builds take `/d` for one. */
const inBash = (line: string): string => `MSYS_NO_PATHCONV=1 MSYS2_ARG_CONV_EXCL='*' cmd.exe /d /c '${line}'`;
const plainly = (line: string): string => `cmd.exe /d /c ${line}`;

/** Links whose server's login shell is bash. */
const bashLinks = new WeakSet<Link>();

export interface Spoken {
  sections: Section[];
  result: ExecResult;
}

/**
 * Has `server.bat` on the server do a verb, in one round trip where it lies there already. The login shell may be cmd.exe,
 * PowerShell or bash: what is sent holds nothing that any of them would read in a way of its own.
 * @param words plain ones only
 * @throws FleetError `remote.failed` where no shell there runs it
 */
export async function speak(
  link: Link,
  stateDir: string,
  words: readonly string[],
  options: { deadline: number; signal?: AbortSignal | undefined; asks?: readonly Question[] },
): Promise<Spoken> {
  const kit = makeKit(stateDir, options.asks ?? []);
  const line = [
    `${kit.folder.replaceAll('/', '\\')}\\server.bat`,
    ...words,
    ...(options.asks === undefined ? [] : [kit.asks]),
  ].join(' ');
  let said = await run(link, line, options);
  if (understood(said)) return said;
  await lay(link, kit, stale(said), options.signal);
  said = await run(link, line, options);
  if (understood(said)) return said;
  if (heard(said)) throw losesFiles(link, stale(said));
  bashLinks.add(link);
  said = await run(link, line, options);
  if (understood(said)) return said;
  bashLinks.delete(link);
  const last = `${said.result.stderr.trim()}\n${said.result.stdout.trim()}`.trim().split('\n').at(-1);
  throw new FleetError(
    'remote.failed',
    `${link.server.id} does not run cmd.exe for us: ${last || 'it said nothing'}`,
    {
      server: link.server.id,
      hint: 'Log in as the same user and try `cmd.exe /d /c ver`. Is it a Windows server, and may the user run programs from its temporary folder?',
    },
  );
}

async function run(
  link: Link,
  line: string,
  { deadline, signal }: { deadline: number; signal?: AbortSignal | undefined },
): Promise<Spoken> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const most = 8 << 20;
  const result = await link.exec(bashLinks.has(link) ? inBash(line) : plainly(line), {
    deadline,
    onStdout: (chunk) => {
      bytes += chunk.length;
      if (bytes > most)
        throw new FleetError('remote.failed', `A command printed more than ${most} bytes.`, {
          server: link.server.id,
        });
      chunks.push(chunk);
    },
    ...(signal && { signal }),
  });
  const stdout = decodeOutput(Buffer.concat(chunks));
  return { sections: sections(stdout), result: { ...result, stdout } };
}

/** Answers begin with the script's own line. */
const heard = ({ sections: [first] }: Spoken): boolean => first?.words[0] === 'vms-fleet';

/** Files of which the script says that they are gone, or not whole. */
const stale = ({ sections: all }: Spoken): string[] =>
  all.flatMap(({ words: [word, file = ''] }) => (word === 'stale' ? [file] : []));

const understood = (said: Spoken): boolean => heard(said) && stale(said).length === 0;

const losesFiles = (link: Link, [file = '']: string[]): FleetError =>
  new FleetError(
    'remote.failed',
    `${link.server.id} does not keep what is laid into the temporary folder of its login user: ${file}`,
    {
      server: link.server.id,
      hint: 'Does something clean or guard that folder, a virus scanner perhaps? Is the disk full?',
    },
  );

function sections(text: string): Section[] {
  const found: Section[] = [];
  let begun = false;
  for (const line of text.split(/\r*\n/)) {
    if (!begun && line.trimEnd() !== '@@vms-fleet 1') continue;
    begun = true;
    if (line.startsWith('@@')) {
      const said = line.slice(2).trimEnd();
      found.push({ words: said.includes('\t') ? said.split('\t') : said.split(/\s+/), lines: [] });
    } else found.at(-1)?.lines.push(line);
  }
  return found;
}

/** Lays what is missing, torn or `stale`; the script last, so that nobody finds it before its words. */
async function lay(
  link: Link,
  { folder, files }: Kit,
  stale: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const options = { deadline: layDeadline, signal };
  await link.files.makeFolder(folder, options);
  const one = (name: string): Promise<void> =>
    layWhole(link, `${folder}/${name}`, files[name] ?? '', { ...options, anew: stale.includes(name) });
  const script = 'server.bat';
  const words = Object.keys(files).filter((name) => name !== script);
  await Promise.all(words.map(one));
  await one(script);
}
