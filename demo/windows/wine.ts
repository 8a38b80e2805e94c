import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { atFixedAddresses } from './addresses';
import { find } from './find';
import guardScript from './guard.sh';
import { onProcessor } from './processor';

/** The person that logs in; wine makes `C:\Users\Administrator` of it. */
export const USER = 'Administrator';

/** Debian's own loader first: its `wine` is a script that talks about what 32-bit programs would need. */
const LOADERS = ['/usr/lib/wine/wine64', 'wine64', 'wine'];

export interface Tools {
  wine: string;
  wineserver: string;
  makensis: string;
  compiler: string;
}

/** Where the programs are that Windows-like machines need; `missing` names the Debian packages of those that are not there. */
export function findTools(): { tools: Tools; missing: [] } | { tools: undefined; missing: string[] } {
  const wine = LOADERS.map(find).find((file) => file !== undefined);
  const wineserver = find('wineserver');
  const makensis = find('makensis');
  const compiler = find('x86_64-w64-mingw32-gcc');
  if (wine && wineserver && makensis && compiler)
    return { tools: { wine, wineserver, makensis, compiler }, missing: [] };
  const missing = [
    ...(wine && wineserver ? [] : ['wine', 'wine64']),
    ...(makensis ? [] : ['nsis']),
    ...(compiler ? [] : ['gcc-mingw-w64-x86-64-win32']),
  ];
  return { tools: undefined, missing };
}

export function needTools(): Tools {
  const { tools, missing } = findTools();
  if (tools === undefined)
    throw new Error(`Windows-like machines need programs that are not here: install ${missing.join(', ')}.`);
  return tools;
}

/** Folder in a prefix with locales made for it. */
export const LOCALES = 'locales';
export const UTF8_LOCALE = 'hi_IN.UTF-8';

/** Programs of ours that stand in system32 for one of wine's that does nothing, or not the right thing. */
export const STAND_INS = ['certutil', 'net', 'powershell', 'sc', 'schtasks', 'shutdown', 'whoami', 'wmic'];

/** A Windows of wine's: its folder (a "prefix"), and how programs are run in it. */
export class Wine {
  readonly drive: string;
  private readonly place: string[];
  private guard: ChildProcess | undefined;

  /** @param processor which of this computer's processors all of it runs on, counted round */
  constructor(
    private readonly tools: Tools,
    readonly prefix: string,
    processor: number,
  ) {
    this.drive = join(prefix, 'drive_c');
    this.place = [...onProcessor(processor), ...atFixedAddresses()];
  }

  /** Nothing of the person's own environment gets in. */
  environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
    return {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: this.prefix,
      USER,
      LOGNAME: USER,
      ...this.locale(),
      WINEPREFIX: this.prefix,
      WINEDEBUG: '-all',
      WINEDLLOVERRIDES: [
        'winemenubuilder.exe,mscoree,mshtml=d',
        `${STAND_INS.map((name) => `${name}.exe`).join(',')}=n`,
      ].join(';'),
      ...more,
    };
  }

  /**
   * The code page in which cmd.exe reads batch files and `for /f` follows the locale of this computer. That of Hindi has UTF-8 for it, as a
   * real Windows reads them after `chcp 65001`. Messages stay English.
   */
  private locale(): Record<string, string> {
    const folder = join(this.prefix, LOCALES);
    if (!existsSync(join(folder, UTF8_LOCALE))) return { LC_ALL: 'C.UTF-8' };
    return { LOCPATH: folder, LC_CTYPE: UTF8_LOCALE, LC_MESSAGES: 'C' };
  }

  /** Starts a program with pipes at its three ends. */
  start(words: string[], options: { env?: Record<string, string>; cwd?: string } = {}): ChildProcess {
    return this.spawn([this.tools.wine, ...words], {
      cwd: options.cwd ?? this.prefix,
      env: this.environment(options.env),
    });
  }

  /** Starts a program of this computer that starts some of this Windows. */
  spawn(words: string[], options: SpawnOptions): ChildProcess {
    const [program = '', ...rest] = [...this.place, ...words];
    return spawn(program, rest, { ...options, detached: true });
  }

  /** Runs a program to its end; its output, and its exit code as far as this computer's shells see it. */
  async run(words: string[], deadlineMs = 60_000): Promise<{ code: number | null; output: string }> {
    const child = this.start(words);
    let output = '';
    child.stdin?.end();
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (data: Buffer) => (output += data.toString()));
    const late = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      // Not `close`: what the program started may hold its output for as long as Windows runs.
      child.once('exit', (code) => {
        clearTimeout(late);
        resolve({ code, output });
      });
    });
  }

  /** Starts the kernel of this Windows, so to say; it stays until `stopServer` or until this process ends. */
  async startServer(): Promise<void> {
    this.guard = this.spawn(['sh', '-c', guardScript, 'guard', this.prefix], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.guard.once('error', () => undefined); // no shell: then there is no wine either
    this.guard.unref();
    // It goes into the background when it takes connections. A program that is started before brings a server of its own, which leaves
    // with the last program, and the memory of this Windows with it.
    const code = await this.server('-p');
    if (code !== 0) throw new Error(`wineserver did not start for ${this.prefix}: it ended with ${code}.`);
  }

  /** Ends every program of this Windows, and waits until its registry is written. */
  async stopServer(): Promise<void> {
    for (const word of ['-k15', '-w']) await this.server(word);
    // What is left then is killed. Not before: it would take the server with it that has not written its registry yet. And it is waited
    // for: a guard that still looks around would take the next start for something left.
    const guard = this.guard;
    this.guard = undefined;
    if (guard?.pid === undefined || guard.exitCode !== null || guard.signalCode !== null) return;
    const late = setTimeout(() => guard.kill('SIGKILL'), 20_000);
    const gone = once(guard, 'exit');
    guard.stdin?.destroy();
    await gone;
    clearTimeout(late);
  }

  /** Resolves to the exit code; null if it had to be killed, or could not be started. */
  private server(word: string): Promise<number | null> {
    return new Promise((resolve) => {
      const child = this.spawn([this.tools.wineserver, word], {
        cwd: '/',
        env: this.environment(),
        stdio: 'ignore',
      });
      const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
      const done = (code: number | null): void => {
        clearTimeout(late);
        resolve(code);
      };
      child.once('error', () => done(null));
      child.once('exit', done);
    });
  }
}

/** Wine's processes belong to the prefix that their environment names, wherever they came from. */
export function belongsTo(environment: string, prefix: string): boolean {
  return environment.split('\0').includes(`WINEPREFIX=${prefix}`);
}
