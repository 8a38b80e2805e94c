import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { command, type CommandResult } from './command';
import { HOST_KEY, layDisk, makeHostKey, nameIt, put, type DiskOptions } from './disk';
import { Machine } from './machine';
import { greets, type Network } from './network';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const STRICT = [
  'StrictHostKeyChecking=yes',
  'GlobalKnownHostsFile=/dev/null',
  'BatchMode=yes',
  'LogLevel=ERROR',
];
const DEADLINE = 10_000;
const BOOT_DEADLINE = 20_000;

export interface BoxOptions extends DiskOptions {
  /** Milliseconds that the machine is dark between two boots (default 500). */
  downtimeMs?: number;
}

/** What the lab gives a box. */
export interface BoxPlace {
  name: string;
  /** Unique on this computer. */
  machine: string;
  /** Its number in the lab's network. */
  number: number;
  /** Its folder on disk: `root`, what lies over the image, and the console. */
  folder: string;
  image: string;
  network: Network;
  identityFile: string;
}

/** A Linux server of its own: real systemd and sshd, reachable from this machine by its address. */
export class Box {
  readonly host: string;
  readonly port = 22;
  readonly user = 'root';
  readonly identityFile: string;
  /** What its console said, all boots. */
  readonly consoleFile: string;
  private readonly root: string;
  /** Its known_hosts file; `trust` is the options of ssh that believe nothing else. */
  private readonly knownHosts: string;
  private readonly trust: string[];
  private readonly machine: Machine;
  private hostKey = '';
  /** The boot whose sshd has answered. */
  private answering: string | undefined;

  constructor(
    private readonly place: BoxPlace,
    private readonly options: BoxOptions,
  ) {
    const { network, number, folder, machine } = place;
    this.host = network.address(number);
    this.identityFile = place.identityFile;
    this.root = join(folder, 'root');
    this.consoleFile = join(folder, 'console.log');
    this.knownHosts = join(folder, 'known_hosts');
    this.trust = [`UserKnownHostsFile=${this.knownHosts}`, ...STRICT].flatMap((option) => ['-o', option]);
    this.machine = new Machine({
      name: machine,
      root: this.root,
      namespace: network.namespace(number),
      consoleFile: this.consoleFile,
      plug: () => network.plug(number),
      unplug: () => network.unplug(number),
      downtimeMs: options.downtimeMs ?? 500,
    });
  }

  /** Its line for a known_hosts file, without a line end. */
  get knownHostsLine(): string {
    return `${this.host} ${this.hostKey}`;
  }

  get on(): boolean {
    return this.machine.on;
  }

  /** Lays its disk out: once, before the first boot. */
  async prepare(): Promise<void> {
    const { folder, image, name, identityFile } = this.place;
    await layDisk({ folder, image, root: this.root, ...this.options });
    await nameIt(this.root, name);
    await put(this.root, '/root/.ssh/authorized_keys', await readFile(`${identityFile}.pub`, 'utf8'));
    await this.believe(await makeHostKey(folder, this.root, HOST_KEY));
  }

  /**
   * Runs a line of POSIX shell as root: over SSH, on a box without power in its root folder. While it boots it is waited for.
   * Over the deadline (ms) the call throws; `code` is 255 or null if the connection or the boot ends under it.
   * (Not by nsenter: a process from outside that is a child in the box's pid namespace holds up the end of its boot.)
   */
  async run(
    line: string,
    { deadline = DEADLINE, stdin = '' }: { deadline?: number; stdin?: string | Uint8Array } = {},
  ): Promise<CommandResult> {
    const end = Date.now() + deadline;
    if (!this.on) {
      const clean = ['env', '-i', `PATH=${PATH}`, 'HOME=/root'];
      return command(['chroot', this.root, ...clean, '/bin/sh', '-c', line], { deadline, stdin });
    }
    if (this.answering === undefined || this.answering !== this.machine.bootId())
      await this.waitForSsh(deadline);
    const argv = ['ssh', '-F', 'none', '-i', this.identityFile, ...this.trust, `root@${this.host}`, line];
    return command(argv, { deadline: Math.max(1, end - Date.now()), stdin, signal: this.machine.bootEnd });
  }

  /** The end of the box as by a pulled plug, and a new boot after its downtime. */
  async powerCycle(): Promise<void> {
    await this.powerOff();
    await delay(this.options.downtimeMs ?? 500);
    this.powerOn();
  }

  /**
   * As by a pulled plug: processes die, connections hang. What programs wrote stays, synced or not: the page cache is this
   * computer's, which has not lost its power.
   */
  async powerOff(): Promise<void> {
    await this.machine.powerOff();
  }

  /** Boots it, unless it has power. */
  powerOn(): void {
    this.machine.powerOn();
  }

  /** When it is next asked to reboot it goes down and stays down, until `powerOn`. */
  neverReturn(): void {
    this.machine.staysAway = true;
  }

  /** Identity of the running boot, as `/proc/sys/kernel/random/boot_id` tells it inside; waited for while it boots. */
  async bootId(): Promise<string> {
    const end = Date.now() + DEADLINE;
    for (;;) {
      const id = this.machine.bootId();
      if (id !== undefined) return id;
      if (!this.on || Date.now() > end) throw await this.silence('does not run');
      await delay(10);
    }
  }

  /** Until its sshd says hello; throws after the deadline (ms). After a request to reboot see `waitForNewBoot`. */
  async waitForSsh(deadline = BOOT_DEADLINE): Promise<void> {
    const end = Date.now() + deadline;
    // Before it has its cable a first try would be lost, and sent again only after a second.
    while (this.machine.init() === undefined || !(await greets(this.host, this.port))) {
      if (Date.now() > end) throw await this.silence(`does not answer on port 22 after ${deadline} ms`);
      await delay(20);
    }
    this.answering = this.machine.bootId();
  }

  /** Until it answers in a boot other than the one before; throws after the deadline (ms). Returns the new boot's identity. */
  async waitForNewBoot(before: string, deadline = BOOT_DEADLINE): Promise<string> {
    const end = Date.now() + deadline;
    for (;;) {
      const id = this.machine.bootId();
      if (id !== undefined && id !== before) {
        await this.waitForSsh(Math.max(1, end - Date.now()));
        return id;
      }
      if (Date.now() > end) throw await this.silence(`has no new boot after ${deadline} ms`);
      await delay(20);
    }
  }

  /** Throws when it is not there. */
  async readFile(path: string): Promise<string> {
    const { stdout, stderr, code } = await this.run(`cat -- ${quoted(path)}`);
    if (code !== 0) throw new Error(`Box ${this.place.name}: ${stderr.trim()}`);
    return stdout;
  }

  /** Its folder is made where it is missing. */
  async writeFile(path: string, content: string | Uint8Array): Promise<void> {
    const line = `mkdir -p -- ${quoted(dirname(path))} && cat >${quoted(path)}`;
    const { stderr, code } = await this.run(line, { stdin: content });
    if (code !== 0) throw new Error(`Box ${this.place.name}: ${stderr.trim()}`);
  }

  /** As after a reinstallation: from now on new connections meet another host key. Connections that live stay. */
  async regenerateHostKey(): Promise<void> {
    const publicKey = await makeHostKey(this.place.folder, this.root, `${HOST_KEY}.new`);
    const swap = `mv ${HOST_KEY}.new ${HOST_KEY}`;
    const { code, stderr } = await this.run(this.on ? `${swap} && systemctl restart ssh.service` : swap);
    if (code !== 0) throw new Error(`Box ${this.place.name}: ${stderr.trim()}`);
    await this.believe(publicKey);
    if (this.on) await this.waitForSsh();
  }

  /** Ends it for good. `Lab.dispose` takes its disk away. */
  stop(): Promise<void> {
    return this.powerOff();
  }

  private async believe(publicKey: string): Promise<void> {
    this.hostKey = publicKey;
    await writeFile(this.knownHosts, `${this.knownHostsLine}\n`);
  }

  private async silence(what: string): Promise<Error> {
    const said = await readFile(this.consoleFile, 'utf8').catch(() => '');
    return new Error(`Box ${this.place.name} ${what}. Its console:\n${said.slice(-4000)}`);
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
