import type { ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { Control, type Answer } from '../control';
import { processTable, signal } from '../processes';
import { ensureKey } from '../sshd';
import cmdScript from './cmd.sh';
import { mountDisk, resizeDisk, unmountDisk, type SmallDisk } from './disk';
import { Front, type Command } from './front';
import { unixPath } from './paths';
import { Power } from './power';
import { machineRegistry, regeditBytes, type Identity } from './registry';
import { Scheduler, type Running, type Task } from './scheduler';
import { copyTemplate, LAB_FOLDER } from './template';
import { belongsTo, USER, Wine, type Tools } from './wine';

const CMD = 'C:\\windows\\system32\\cmd.exe';
const SYSTEM32 = 'windows/system32';
/** What a command that has ended may still have in its pipes is read for so long. */
const DRAIN_MS = 300;
/** Where the stand-in VMS keeps what nobody may read while it runs. */
const SETTINGS = 'ProgramData/Eocortex';
/** cmd.exe takes no longer command line. */
const LONGEST_COMMAND = 8191;

/** What can be wrong with a machine; to be changed while it runs. */
export interface WindowsTrouble {
  /** `refused`: access is denied. `stays-away`: it goes down and does not return. `other-key`: it returns with another host key. */
  restart: 'works' | 'refused' | 'stays-away' | 'other-key';
  /** The person that logs in is no administrator. */
  plainUser: boolean;
  /** OEM code page of the console, e.g. 866. */
  codePage: number;
}

export interface WindowsOptions {
  /** Name of the computer. */
  id: string;
  /** Everything of this machine lies here. */
  root: string;
  port: number;
  tools: Tools;
  /** As `windowsTemplate` made it. */
  template: string;
  /** Lines of `authorized_keys`. */
  authorizedKeys: string[];
  /** Password of the login, if it takes one. */
  password?: string;
  /** Milliseconds that a restart takes the machine away, its own boot not counted. */
  downMs: number;
  /** Which of this computer's processors it runs on, counted round. */
  processor: number;
  /** `DefaultShell` of its sshd; default `cmd`. */
  shell?: 'cmd' | 'bash';
  smallDisk?: SmallDisk;
  identity?: Partial<Identity>;
}

/**
 * A Windows-like machine: wine with a folder of its own behind an SSH server, and honest stand-ins for the programs of Windows that wine
 * lacks. It is not Windows: it shows that command files parse and run in a real cmd.exe, and that real installers install.
 */
export class WindowsMachine {
  readonly id: string;
  readonly root: string;
  readonly port: number;
  readonly user = USER;
  /** Its drive C: on this computer. */
  readonly driveC: string;
  readonly trouble: WindowsTrouble = { restart: 'works', plainUser: false, codePage: 437 };
  /** What was asked of it and what it did, line by line. */
  readonly log: string[] = [];
  /** Boots so far. */
  boots = 0;
  /** `away`: restarting. `cut`: it runs, but nobody reaches it. */
  state: 'off' | 'up' | 'away' | 'cut' = 'off';

  private readonly wine: Wine;
  private readonly front: Front;
  private readonly scheduler: Scheduler;
  private readonly power: Power;
  private readonly control: Control;
  private readonly identity: Identity;
  private cycle: Promise<void> | undefined;
  private ending = new AbortController();
  private commands = 0;

  constructor(private readonly options: WindowsOptions) {
    const { id, root, port } = options;
    this.id = id;
    this.root = root;
    this.port = port;
    this.wine = new Wine(options.tools, join(root, 'wine'), options.processor);
    this.driveC = options.smallDisk?.drive === 'C' ? this.disk : this.wine.drive;
    this.identity = {
      computerName: id.toUpperCase().slice(0, 15),
      productName: 'Windows Server 2016 Standard',
      build: 14393,
      hotfixes: ['KB4486129'],
      dotnetRelease: 528049,
      accounts: [],
      ...options.identity,
    };
    const log = (line: string) => this.note(line);
    this.scheduler = new Scheduler({
      folder: join(this.driveC, SYSTEM32, 'Tasks'),
      hostName: () => this.identity.computerName,
      start: (task) => this.startTask(task),
      read: (path, folder) => this.read(path, folder),
      log,
    });
    this.power = new Power({
      allowed: () => this.trouble.restart !== 'refused' && !this.trouble.plainUser,
      restart: () => void this.reboot().catch((error: unknown) => this.lost(error)),
      turnOff: () => void this.stop(),
      log,
    });
    this.control = new Control(join(this.driveC, LAB_FOLDER, 'requests'), (request) => this.request(request));
    this.front = new Front({
      port,
      user: this.user,
      authorizedKeys: () => options.authorizedKeys,
      password: () => options.password,
      run: (command) => this.run(command),
      sftp: {
        drives: () => this.drives(),
        home: `C:/users/${this.user}`,
        isInUse: (file) => this.isInUse(file),
        log,
      },
      log,
    });
  }

  /** Its own copy of Windows and its host key, if they are not there. @returns its public host key, `type base64`. */
  async prepare(): Promise<string> {
    await mkdir(this.root, { recursive: true });
    if (!existsSync(this.wine.prefix)) await copyTemplate(this.options.template, this.wine.prefix);
    if (this.options.smallDisk !== undefined)
      await mountDisk(this.wine.prefix, this.disk, this.options.smallDisk);
    if (!existsSync(this.hostKeyFile)) await this.makeHostKey();
    return this.hostKey();
  }

  /** Its public host key, `type base64`. */
  hostKey(): string {
    const key = ssh2.utils.parseKey(readFileSync(this.hostKeyFile));
    if (key instanceof Error) throw key;
    return `${key.type} ${key.getPublicSSH().toString('base64')}`;
  }

  /** Boots; what an earlier keeper left running is ended first. */
  async start(): Promise<void> {
    await this.end();
    this.ending = new AbortController();
    await this.boot();
  }

  /** Pulls the plug and puts it back after `downMs`; resolves when SSH greets again. */
  powerCycle(): Promise<void> {
    this.note('power cycle');
    return this.restart();
  }

  /** As `shutdown /r`. */
  reboot(): Promise<void> {
    this.note('restart');
    return this.restart();
  }

  /** The machine hangs: connections stay open, nothing answers, until `thaw`. */
  freeze(): void {
    this.front.freeze();
    for (const pid of this.processes()) signal(pid, 'SIGSTOP');
  }

  thaw(): void {
    for (const pid of this.processes()) signal(pid, 'SIGCONT');
    this.front.thaw();
  }

  /** Every SSH connection ends and no new one is taken until `mend`; tasks and services run on. */
  cut(): void {
    this.front.close();
    this.state = 'cut';
  }

  async mend(): Promise<void> {
    if (this.state !== 'cut') return;
    await this.listen();
  }

  /** Switches off and stays off. */
  async stop(): Promise<void> {
    this.ending.abort();
    await this.cycle?.catch(() => undefined);
    await this.end();
    this.state = 'off';
  }

  /** Ends every process of this machine at once, without waiting for anything. */
  kill(): void {
    this.ending.abort();
    this.goDown();
    for (let round = 0; round < 20; round++) {
      const left = this.processes();
      if (left.length === 0) break;
      for (const pid of left) signal(pid, 'SIGKILL');
    }
    this.state = 'off';
  }

  /** Runs a command line in it, as its system does; its exit code. */
  async command(line: string): Promise<number> {
    const command = this.launch(`${CMD} /s /c "${line}"`, join(this.driveC, SYSTEM32), { LAB_SYSTEM: '1' });
    command.stdin.end();
    command.stdout.resume();
    command.stderr.resume();
    return command.ended;
  }

  /** Takes one of Windows' programs away, or gives it back. */
  async removeProgram(name: 'certutil' | 'powershell' | 'schtasks' | 'wmic', removed = true): Promise<void> {
    const places = { powershell: 'WindowsPowerShell/v1.0', wmic: 'wbem', certutil: '', schtasks: '' };
    const path = join(SYSTEM32, places[name], `${name}.exe`);
    if (removed) await rm(join(this.driveC, path), { force: true });
    else await copyFile(join(this.options.template, 'drive_c', path), join(this.driveC, path));
  }

  /** The small disk grows or shrinks to so many bytes. */
  async resizeDisk(bytes: number): Promise<void> {
    await resizeDisk(this.disk, bytes);
  }

  /** After `stop`: gives back what does not go away with its folder. */
  async dispose(): Promise<void> {
    if (this.options.smallDisk !== undefined) await unmountDisk(this.disk);
  }

  /** Pids, on this computer, of all that runs in it. */
  processes(): number[] {
    return processTable()
      .filter(({ environment }) => belongsTo(environment, this.wine.prefix))
      .map(({ pid }) => pid);
  }

  /** A file of the machine on this computer, by its Windows path. */
  file(path: string): string {
    const found = unixPath(path, this.drives(), `C:/users/${this.user}`);
    if (found === undefined) throw new Error(`${this.id} has no drive for ${path}.`);
    return found;
  }

  private get hostKeyFile(): string {
    return join(this.root, 'host_key');
  }

  private get disk(): string {
    return join(this.root, 'disk');
  }

  private drives(): Record<string, string> {
    return { C: this.driveC, ...(this.options.smallDisk?.drive === 'D' ? { D: this.disk } : {}) };
  }

  /** Whether a program has this file of the VMS's settings open: it lets nobody else have it. */
  private isInUse(file: string): boolean {
    if (!file.startsWith(`${join(this.driveC, SETTINGS)}/`)) return false;
    const kernel = processTable().find(
      ({ command, environment }) =>
        /^\S*wineserver/.test(command) && belongsTo(environment, this.wine.prefix),
    );
    return kernel !== undefined && openFiles(kernel.pid).includes(file);
  }

  private note(line: string): void {
    this.log.push(line);
  }

  /** By ssh-keygen: of the keys that ssh2 makes, one in some hundred cannot be read again. */
  private async makeHostKey(): Promise<void> {
    for (const file of [this.hostKeyFile, `${this.hostKeyFile}.pub`]) await rm(file, { force: true });
    await ensureKey(this.hostKeyFile, this.id);
  }

  private async boot(): Promise<void> {
    const registry = machineRegistry(this.identity);
    await this.wine.startServer();
    await this.wine.run(['wineboot']);
    await writeFile(join(this.driveC, LAB_FOLDER, 'machine.reg'), regeditBytes(registry));
    await this.wine.run(['regedit', '/S', 'C:\\windows\\lab\\machine.reg']);
    await this.control.open();
    this.boots++;
    this.note(`boot ${this.boots}`);
    this.scheduler.boot();
    await this.listen();
  }

  private async listen(): Promise<void> {
    await this.front.listen(await readFile(this.hostKeyFile, 'utf8'));
    this.state = 'up';
  }

  private restart(): Promise<void> {
    this.cycle ??= this.goAway().finally(() => (this.cycle = undefined));
    return this.cycle;
  }

  private async goAway(): Promise<void> {
    this.state = 'away';
    const { restart } = this.trouble;
    await this.end();
    if (restart === 'stays-away') {
      this.state = 'off';
      return;
    }
    await delay(this.options.downMs, undefined, { signal: this.ending.signal });
    if (restart === 'other-key') await this.makeHostKey();
    await this.boot();
  }

  private goDown(): void {
    this.front.close();
    this.control.close();
    this.scheduler.off();
    this.power.off();
  }

  private async end(): Promise<void> {
    this.goDown();
    await this.wine.stopServer();
    const until = Date.now() + 10_000;
    while (this.processes().length > 0) {
      for (const pid of this.processes()) signal(pid, 'SIGKILL');
      if (Date.now() > until) throw new Error(`Processes of ${this.id} do not end.`);
      await delay(10);
    }
  }

  private lost(error: unknown): void {
    if (this.ending.signal.aborted) return;
    this.state = 'off';
    console.error(`${this.id} did not come back: ${error instanceof Error ? error.message : String(error)}`);
  }

  private async request(text: string): Promise<Answer> {
    const [program = '', folder = '', ...words] = text.split('\n');
    const name = program.toLowerCase().replace(/\.exe$/, '');
    this.note(`${name} ${words.join(' ')}`);
    if (name === 'shutdown') return this.power.command(words);
    if (name !== 'schtasks') return { code: 1, text: `The lab knows no ${name}.\r\n` };
    const query = words.some((word) => word.toLowerCase() === '/query');
    if (this.trouble.plainUser && !query) return { code: 1, text: 'ERROR: Access is denied.\r\n' };
    return Promise.resolve(this.scheduler.command(words, folder));
  }

  private read(path: string, folder: string): Buffer | undefined {
    const absolute = /^([A-Za-z]:|[\\/])/.test(path) ? path : `${folder}\\${path}`;
    try {
      return readFileSync(this.file(absolute));
    } catch {
      return undefined;
    }
  }

  private run(command: string | undefined): Command {
    const home = join(this.driveC, 'users', this.user);
    const rights: Record<string, string> = this.trouble.plainUser ? { LAB_RIGHTS: 'plain' } : {};
    if (this.options.shell === 'bash') return this.bash(command, home, rights);
    const line = command === undefined ? CMD : `${CMD} /s /c "${command}"`;
    if (line.length <= LONGEST_COMMAND) return this.launch(line, home, rights);
    return this.launch(`${CMD} /c "echo The command line is too long.>&2 & exit 1"`, home, rights);
  }

  /** A command line of Windows, in a console and a job of its own. */
  private launch(line: string, cwd: string, more: Record<string, string>): Command {
    const exit = `exit/${++this.commands}`;
    const child = this.wine.start(['C:\\windows\\lab\\session.exe'], {
      cwd,
      env: {
        LAB_COMMAND: line,
        LAB_EXIT: `C:\\windows\\lab\\${exit.replace('/', '\\')}`,
        LAB_CODE_PAGE: String(this.trouble.codePage),
        ...more,
      },
    });
    const file = join(this.driveC, LAB_FOLDER, exit);
    return commandOf(child, () => {
      const code = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 1;
      rmSync(file, { force: true });
      return code;
    });
  }

  /** As with the bash of Git for Windows for default shell. */
  private bash(command: string | undefined, cwd: string, more: Record<string, string>): Command {
    const bin = join(this.root, 'bin');
    mkdirSync(bin, { recursive: true });
    for (const name of ['cmd', 'cmd.exe']) writeFileSync(join(bin, name), cmdScript, { mode: 0o755 });
    const environment = this.wine.environment({
      PATH: `${bin}:/usr/bin:/bin`,
      LAB_CODE_PAGE: String(this.trouble.codePage),
      LAB_WINE: this.options.tools.wine,
      ...more,
    });
    const words = command === undefined ? [] : ['-c', command];
    const child = this.wine.spawn(['bash', ...words], { cwd, env: environment });
    return commandOf(child, () => child.exitCode ?? 255);
  }

  private startTask(task: Task): Running {
    const line = `"${task.command}" ${task.arguments}`.trim();
    const folder = this.file(task.folder || 'C:\\windows\\system32');
    const { stdin, stdout, stderr, ended, kill } = this.launch(line, folder, { LAB_SYSTEM: '1' });
    stdin.end();
    // Nobody listens to a task.
    stdout.resume();
    stderr.resume();
    return { ended, end: kill };
  }
}

/** @param code asked once, when it has ended */
function commandOf(child: ChildProcess, code: () => number): Command {
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new Error('A command has pipes at its three ends.');
  const ended = new Promise<number>((resolve) => {
    child.once('error', () => resolve(1));
    // Not `close` alone: what a command has started, a task above all, may hold its pipes for as long as it runs.
    child.once('exit', () => {
      const drained = setTimeout(() => resolve(code()), DRAIN_MS);
      child.once('close', () => {
        clearTimeout(drained);
        resolve(code());
      });
    });
  });
  const kill = () => {
    // With the processes of its group: those of a bash are no Windows processes in a job.
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      signal(-child.pid, 'SIGKILL');
  };
  return { stdin, stdout, stderr, ended, kill };
}

function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(join(folder, name))];
    } catch {
      return []; // closed meanwhile
    }
  });
}
