import { FleetError } from '../../errors';
import { compareVersions } from '../../packages/versions';
import {
  entry,
  jobFact,
  noAnswers,
  readBootId,
  type Answers,
  type Ask,
  type WindowsAnswers,
} from '../answers';
import type { JobFact, ServiceFact } from '../facts';
import type { Section } from './kit';
import { readLook } from './look';

/**
 * Reads what `server.bat facts` printed: mostly the output of Windows' own programs, of which only what is the same in every
 * language is believed.
 * @throws FleetError `remote.failed` when the answers are not whole
 */
export function readAnswers(sections: readonly Section[], asks: readonly Ask[], stateDir: string): Answers {
  if (sections.at(-1)?.words[0] !== 'end')
    throw new FleetError('remote.failed', 'The server did not answer all questions.', {
      hint: 'Show Log has what it said. Was the connection cut, or the script ended by a virus scanner?',
    });
  const all = (word: string): Section[] => sections.filter(({ words }) => words[0] === word);
  const lines = (word: string): string[] => all(word).flatMap((section) => section.lines);
  const answers = noAnswers();
  answers.kernel = 'Windows';
  answers.bootId = readBootTime(lines('boot').join('\n'));
  const [, machine = '', real = ''] = all('arch')[0]?.words ?? [];
  answers.machine = (real || machine).toLowerCase();
  const windows = values(lines('windows'));
  answers.os.NAME = windows.get('ProductName') ?? lines('ver').join(' ').trim();
  answers.user = user(lines('user'));
  const places = new Map([['state', stateDir]]);
  for (const one of asks) if (one.ask === 'free') places.set(one.name, one.path);
  for (const section of all('free')) {
    const bytes = lastNumber(section.lines);
    const name = section.words[1] ?? '';
    // A drive is a volume of its own; what is mounted into one is taken for a part of it.
    if (bytes !== null)
      answers.free[name] = { bytes, volume: places.get(name)?.slice(0, 2).toUpperCase() ?? 'C:' };
  }
  for (const section of all('size')) answers.sizes[section.words[1] ?? ''] = totalBytes(section.lines);
  for (const section of all('read')) answers.files[section.words[1] ?? ''] = section.lines;
  answers.service = serviceState(all('service')[0]);
  answers.windows = windowsAnswers(sections, asks, windows);
  answers.packages = all('package').flatMap(({ words: [, sha256 = '', size = '', file = ''] }) =>
    /^[0-9a-f]{64}$/.test(sha256) && !file.endsWith('.part') ? [{ sha256, file, size: Number(size) }] : [],
  );
  answers.history = all('history')
    .sort((a, b) => ((a.words[1] ?? '') < (b.words[1] ?? '') ? -1 : 1))
    .map((section) => entry(section.lines.map((line) => line.split('\t'))));
  answers.job = job(sections);
  return answers;
}

/** `CIM_DATETIME` (20261125130310.677000+060: local time and minutes east of UTC), or seconds since 1970; by the second. */
export function readBootTime(text: string): string | null {
  const cim = /(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\.\d+([+-])(\d{1,3})/.exec(text);
  const epoch = /^\s*(\d{9,11})\s*$/m.exec(text)?.[1];
  const at =
    cim !== null
      ? Date.UTC(+cim[1]!, +cim[2]! - 1, +cim[3]!, +cim[4]!, +cim[5]!, +cim[6]!) -
        (cim[7] === '-' ? -1 : 1) * Number(cim[8]) * 60_000
      : epoch !== undefined
        ? Number(epoch) * 1000
        : NaN;
  // A machine cannot have started before there was such a Windows: what says so is no boot time.
  if (Number.isNaN(at) || at < Date.UTC(2000, 0)) return null;
  return readBootId(new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, '') + 'Z');
}

/** Name → text of values as `reg query` prints them. */
function values(lines: readonly string[]): Map<string, string> {
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const [, name, text] = /^\s{2,}(\S.*?)\s+REG_[A-Z_]+\s*(.*?)\s*$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, text ?? '']];
    }),
  );
}

/** Key → its values, of a query over several keys. */
function keys(lines: readonly string[]): Map<string, Map<string, string>> {
  const found = new Map<string, Map<string, string>>();
  let own: string[] = [];
  let key = '';
  const keep = (): void => {
    if (key !== '') found.set(key, new Map([...(found.get(key) ?? []), ...values(own)]));
  };
  for (const line of lines) {
    if (/^HKEY_/.test(line)) {
      keep();
      [key, own] = [line.trim(), []];
    } else own.push(line);
  }
  keep();
  return found;
}

/** S-1-16-12288: the session may do what an administrator may; S-1-16-16384: it is the system. */
function user(lines: readonly string[]): Answers['user'] {
  const name = lines.find((line) => line.includes('\\'))?.trim() ?? '';
  const level = /S-1-16-(\d+)/.exec(lines.join('\n'))?.[1];
  return { name, root: Number(level) >= 12_288 };
}

/** The last number of the last line: "12 Dir(s)  345 bytes free", in whatever language. */
export function lastNumber(lines: readonly string[]): number | null {
  const last = lines.filter((line) => line.trim() !== '').at(-1) ?? '';
  const digits = /(\d+)\D*$/.exec(last)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** `dir /s /a-d` ends with the count and the bytes of all files, and a line of what is free. */
function totalBytes(lines: readonly string[]): number {
  const full = lines.filter((line) => line.trim() !== '');
  const [, bytes] = /\d+\D+(\d+)\D*$/.exec(full.at(-2) ?? '') ?? [];
  return bytes === undefined ? 0 : Number(bytes);
}

function serviceState(section: Section | undefined): ServiceFact['state'] | null {
  if (section === undefined) return null;
  const text = section.lines.join('\n');
  if (/\b4\s+RUNNING\b/.test(text)) return 'running';
  if (/\b[1-7]\s+(?:STOPPED|START_PENDING|STOP_PENDING|PAUSED|PAUSE_PENDING|CONTINUE_PENDING)\b/.test(text))
    return 'stopped';
  // Error 1060, in the server's own language, is of a service that is not there. Any other is of a server that cannot say it: its
  // service manager is not up yet, or it denies the answer.
  return /\b1060\b/.test(text) ? 'missing' : 'unknown';
}

function windowsAnswers(
  sections: readonly Section[],
  asks: readonly Ask[],
  windows: Map<string, string>,
): WindowsAnswers {
  const all = (word: string): Section[] => sections.filter(({ words }) => words[0] === word);
  const lines = (word: string): string[] => all(word).flatMap((section) => section.lines);
  const release = values(lines('dotnet')).get('Release');
  const account = values(lines('service-settings')).get('ObjectName');
  const build = Number(
    windows.get('CurrentBuildNumber') ?? /\d+\.\d+\.(\d+)/.exec(lines('ver').join(''))?.[1],
  );
  const program = asks.find((ask) => ask.ask === 'program');
  return {
    build: Number.isInteger(build) ? build : undefined,
    computerName: all('computer')[0]?.words[1],
    runs32Bit: all('wow64').length > 0,
    hotfixes:
      all('hotfixes').length === 0
        ? undefined
        : [
            ...new Set(
              lines('hotfixes').flatMap((line) => /\bKB\d+|_KB\d+/.exec(line)?.[0].replace('_', '') ?? []),
            ),
          ],
    dotnetRelease: release === undefined ? undefined : Number(release),
    account,
    accountHasProfile:
      account === undefined ? undefined : hasProfile(account, lines('account-sid'), lines('profiles')),
    program: program === undefined ? null : listedProgram(program.name, lines('uninstall')),
  };
}

/** Whether an account has a profile on the machine: by its SID, and where that is not known, by the name of its folder. */
function hasProfile(
  account: string,
  sid: readonly string[],
  profiles: readonly string[],
): boolean | undefined {
  const known = keys(profiles);
  const own = /S-1-5-21-[\d-]+/.exec(sid.join('\n'))?.[0];
  if (own !== undefined) return [...known.keys()].some((key) => key.endsWith(`\\${own}`));
  const folders = [...known.values()].flatMap((one) => one.get('ProfileImagePath') ?? []);
  if (folders.length === 0) return undefined;
  const name = (account.split('\\').at(-1) ?? account).split('@')[0]!.toLowerCase();
  // The folder is called after the account, and where another had that name first, with the domain behind a dot.
  return folders.some((folder) => {
    const last = (folder.split('\\').at(-1) ?? '').toLowerCase();
    return last === name || last.startsWith(`${name}.`);
  });
}

/**
 * The program of that name; where there is none, the newest of those whose names begin so (a client may stand beside its
 * server). Of 32 bits are those that stand in the list for such.
 */
function listedProgram(name: string, lines: readonly string[]): WindowsAnswers['program'] {
  const found = [...keys(lines)].flatMap(([key, entries]) => {
    const shown = entries.get('DisplayName');
    const version = entries.get('DisplayVersion');
    if (shown === undefined || version === undefined) return [];
    if (!shown.toLowerCase().startsWith(name.toLowerCase())) return [];
    const exact = shown.toLowerCase() === name.toLowerCase();
    const arch = /\\WOW6432Node\\/i.test(key) ? 'x86' : 'x64';
    return [{ exact, program: { version: plainVersion(version), arch } }];
  });
  const [first] = found.sort(
    (a, b) => Number(b.exact) - Number(a.exact) || compareVersions(b.program.version, a.program.version),
  );
  return first?.program ?? null;
}

/** Trailing zeros say nothing: 4.3.1.0 is 4.3.1. */
export const plainVersion = (version: string): string =>
  version.trim().replace(/^(\d+\.\d+(?:\.\d+)*?)(?:\.0)+$/, '$1');

function job(sections: readonly Section[]): JobFact | null {
  const about = sections.find(({ words }) => words[0] === 'job');
  const id = about?.words[1];
  if (about === undefined || id === undefined) return null;
  const look = readLook(sections);
  const begun = look.journal.filter(({ event }) => event === 'begin').at(-1);
  return jobFact([
    ['id', id],
    ...about.lines.map((line) => line.split('\t')),
    ['alive', look.alive ? 'yes' : 'no'],
    ...(begun === undefined ? [] : [['step', begun.step]]),
    ...(look.exit === null ? [] : [['exit', ...look.exit]]),
  ]);
}

/** TCP ports that are listened on, out of `netstat -an`. Its words are in the language of the server; what listens has no other end. */
export function listening(lines: readonly string[]): Set<number> {
  const noOtherEnd = /^\s*TCP\s+\S+:(\d+)\s+(?:0\.0\.0\.0|\[::\]):0\b/i;
  return new Set(lines.flatMap((line) => Number(noOtherEnd.exec(line)?.[1]) || []));
}
