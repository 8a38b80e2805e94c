import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Belongings, MARK } from './belongings';
import { CONTROLS, Control, type Answer } from './control';
import controlScript from './machine/control.sh';
import refuseScript from './machine/refuse.sh';
import { signal } from './processes';
import { Service } from './service';
import { ensureKey, greeted, writeSshdConfig } from './sshd';

/** Commands that would change the computer the demo runs on; a session finds our refusal first. */
const REFUSED = [
  ...['systemctl', 'systemd-run', 'loginctl', 'service', 'launchctl'],
  ...['shutdown', 'poweroff', 'halt', 'init', 'telinit', 'kexec', 'sudo', 'doas', 'pkexec'],
];

export interface ServerOptions {
  id: string;
  /** Everything of this server lies here. */
  root: string;
  port: number;
  sshd: string;
  authorizedKeys: string;
  /** Milliseconds that a restart takes the server away. */
  downMs: number;
  /** Milliseconds from a failure of the product to its next start. */
  restartMs: number;
}

/**
 * A "machine" of the demo: an sshd of its own, the product, and what sessions started. It restarts, freezes and loses its
 * link as a machine does, and none of its commands reaches the computer that it runs on.
 */
export class DemoServer {
  readonly id: string;
  readonly root: string;
  readonly port: number;
  readonly home: string;
  readonly stateDir: string;
  readonly bootIdFile: string;
  readonly sshdConfig: string;
  /** Value of the variable by which its processes are known. */
  readonly mark: string;
  /** As in the fleet file. */
  readonly commands: Record<keyof typeof CONTROLS, string[]>;
  /** `away`: restarting. `cut`: it runs, but nobody reaches it. */
  state: 'off' | 'up' | 'away' | 'cut' = 'off';

  private readonly service: Service;
  private readonly control: Control;
  private readonly belongings: Belongings;
  private cycle: Promise<void> | undefined;
  private readonly ending = new AbortController();
  /** Between a boot and the next end; only then the product is started. */
  private powered = false;
  /** Starts and stops of the product, one after the other. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: ServerOptions) {
    const { id, root, port } = options;
    this.id = id;
    this.root = root;
    this.port = port;
    this.home = join(root, 'banalytics-box');
    this.stateDir = join(root, 'vms-fleet');
    this.bootIdFile = join(root, 'boot_id');
    this.mark = createHash('sha256').update(root).digest('hex').slice(0, 16);
    this.commands = Object.fromEntries(
      Object.entries(CONTROLS).map(([command, name]) => [command, [join(root, 'bin', name)]]),
    ) as DemoServer['commands'];
    this.sshdConfig = join(root, 'sshd_config');
    this.belongings = new Belongings(this);
    this.service = new Service({
      home: this.home,
      log: join(root, 'service.log'),
      restartAfter: options.restartMs,
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LANG: 'C', [MARK]: this.mark },
    });
    this.control = new Control(join(root, 'control'), (action) => this.command(action));
  }

  /** Makes what the machine itself needs (not the product's home). @returns its public host key. */
  async prepare(): Promise<string> {
    const bin = join(this.root, 'bin');
    // A home folder of its own: what the person's shell does at login is no part of the demo.
    const userHome = join(this.root, 'user');
    for (const folder of [bin, userHome, this.stateDir]) await mkdir(folder, { recursive: true });
    const scripts = [
      ...Object.values(CONTROLS).map((name) => [name, controlScript] as const),
      ...REFUSED.map((name) => [name, refuseScript] as const),
    ];
    for (const [name, script] of scripts) {
      await writeFile(join(bin, name), script);
      await chmod(join(bin, name), 0o755);
    }
    const hostKey = join(this.root, 'ssh', 'host_ed25519');
    const publicKey = await ensureKey(hostKey, this.id);
    await writeSshdConfig(this.sshdConfig, {
      port: this.port,
      hostKey,
      authorizedKeys: this.options.authorizedKeys,
      env: { PATH: `${bin}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`, HOME: userHome, [MARK]: this.mark },
    });
    return publicKey;
  }

  /** Boots: a new boot identity, then sshd and the product. What an earlier demo left running is ended first. */
  async start(): Promise<void> {
    this.kill();
    await writeFile(this.bootIdFile, randomUUID() + '\n');
    await this.control.open();
    this.powered = true;
    this.service.start();
    await this.listen();
    this.state = 'up';
  }

  /** Pulls the plug and puts it back after `downMs`; resolves when SSH greets again. */
  powerCycle(): Promise<void> {
    return this.restart(false);
  }

  /** As `bin/reboot`: the product and the jobs get a SIGTERM and a second first. */
  reboot(): Promise<void> {
    return this.restart(true);
  }

  /** The machine hangs: connections stay open, nothing answers, until `thaw`. */
  freeze(): void {
    for (const { pid } of this.belongings.all()) signal(pid, 'SIGSTOP');
  }

  thaw(): void {
    for (const { pid } of this.belongings.all()) signal(pid, 'SIGCONT');
  }

  /** Every SSH connection ends and no new one is taken until `mend`; the product and detached jobs run on. */
  cut(): void {
    for (const { pid } of this.belongings.sshds()) signal(pid, 'SIGKILL');
    this.state = 'cut';
  }

  async mend(): Promise<void> {
    if (this.state !== 'cut') return;
    await this.listen();
    this.state = 'up';
  }

  /** Switches off and stays off. */
  async stop(): Promise<void> {
    this.ending.abort();
    await this.cycle?.catch(() => undefined);
    await this.shutDown();
    this.state = 'off';
  }

  /** Ends every process of this server at once, without waiting for anything. */
  kill(): void {
    this.powered = false;
    this.control.close();
    this.service.abandon();
    for (let round = 0; round < 20; round++) {
      const left = this.belongings.all();
      if (left.length === 0) return;
      for (const { pid } of left) signal(pid, 'SIGKILL');
    }
  }

  private restart(orderly: boolean): Promise<void> {
    this.cycle ??= this.goAway(orderly).finally(() => (this.cycle = undefined));
    return this.cycle;
  }

  private async goAway(orderly: boolean): Promise<void> {
    this.state = 'away';
    if (orderly) await this.shutDown();
    else this.kill();
    await delay(this.options.downMs, undefined, { signal: this.ending.signal });
    await this.start();
  }

  private async shutDown(): Promise<void> {
    this.powered = false;
    const stopped = this.service.stop();
    for (const { pid } of this.belongings.jobs()) signal(pid, 'SIGTERM');
    const until = Date.now() + 1000;
    while (Date.now() < until && this.belongings.jobs().length > 0) await delay(50);
    await stopped;
    this.kill();
  }

  private async listen(): Promise<void> {
    const log = join(this.root, 'sshd.log');
    const words = ['-D', '-f', this.sshdConfig, '-E', log];
    const child = spawn(this.options.sshd, words, { stdio: 'ignore', detached: true });
    child.once('error', () => undefined); // `greeted` says what is wrong
    await greeted(this.port, log, () => child.pid === undefined || child.exitCode !== null, 15_000);
  }

  private async command(action: string): Promise<Answer> {
    switch (action) {
      case CONTROLS.reboot:
        // The answer first: a machine says yes and goes away a moment later.
        setTimeout(() => void this.reboot().catch((error: unknown) => this.lost(error)), 300);
        return { code: 0, text: 'restarting' };
      case CONTROLS.serviceStart:
        return this.inTurn(() => this.startService());
      case CONTROLS.serviceStop:
        return this.inTurn(() => this.service.stop());
      case CONTROLS.serviceRestart:
        return this.inTurn(async () => {
          await this.service.stop();
          this.startService();
        });
      case CONTROLS.serviceStatus: {
        const words = { running: 'active', failed: 'activating (auto-restart)', stopped: 'inactive' };
        return { code: this.service.state === 'running' ? 0 : 3, text: words[this.service.state] };
      }
      default:
        return { code: 64, text: `the demo knows no "${action}"` };
    }
  }

  private async inTurn(action: () => void | Promise<void>): Promise<Answer> {
    const done = this.turn.then(action);
    this.turn = done.catch(() => undefined); // the one who asked hears of it
    await done;
    return { code: 0, text: 'done' };
  }

  private startService(): void {
    if (this.powered) this.service.start();
  }

  private lost(error: unknown): void {
    if (this.ending.signal.aborted) return;
    this.state = 'off';
    console.error(
      `demo: ${this.id} did not come back: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
