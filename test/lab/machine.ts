import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const BOOT = fileURLToPath(new URL('boot.sh', import.meta.url));
/** nspawn's exit code when the system inside asked for a reboot. */
const REBOOT = 133;
const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const DEATH_DEADLINE = 10_000;

export interface MachineParts {
  /** Unique on this computer: control group and nspawn bear it. */
  name: string;
  /** Absolute path of its root folder. */
  root: string;
  namespace: string;
  /** What its console said goes there, boot after boot. */
  consoleFile: string;
  plug: () => Promise<void>;
  unplug: () => Promise<void>;
  /** Milliseconds between the end of one boot and the start of the next. */
  downtimeMs: number;
}

/** Power and boots of one box: it starts again when the system inside asks for it, as hardware does. */
export class Machine {
  private child: ChildProcess | undefined;
  private life: Promise<void> | undefined;
  private power = new AbortController();
  private boot = new AbortController();
  /** After the next reboot it stays away. */
  staysAway = false;

  constructor(private readonly parts: MachineParts) {}

  /** Whether it has power: it runs, or is between two boots. */
  get on(): boolean {
    return this.life !== undefined;
  }

  /** Resolves as soon as it boots. Does nothing if it has power. */
  powerOn(): void {
    if (this.life !== undefined) return;
    this.staysAway = false;
    this.power = new AbortController();
    this.life = this.live(this.power.signal).finally(() => (this.life = undefined));
    this.life.catch(() => undefined); // whoever waits for the box meets its silence; its console tells why
  }

  /** The plug is pulled: nothing inside gets a chance to end well, and no goodbye reaches the network. */
  async powerOff(): Promise<void> {
    this.power.abort();
    if (this.child !== undefined) await this.parts.unplug();
    this.child?.kill('SIGKILL');
    await this.life?.catch(() => undefined);
  }

  /** Pid, on this computer, of the box's init; undefined while there is none. */
  init(): number | undefined {
    const unshare = this.child?.pid;
    const nspawn = unshare === undefined ? undefined : childOf(unshare);
    const init = nspawn === undefined ? undefined : childOf(nspawn);
    return init !== undefined && programOf(init) === 'systemd' ? init : undefined;
  }

  /** Identity of the running boot; undefined while there is none. */
  bootId(): string | undefined {
    const init = this.init();
    return init === undefined ? undefined : read(`/proc/${init}/root${BOOT_ID}`).trim() || undefined;
  }

  /** Fires when the running boot ends. */
  get bootEnd(): AbortSignal {
    return this.boot.signal;
  }

  private async live(power: AbortSignal): Promise<void> {
    const { name, root, namespace, consoleFile, plug, unplug, downtimeMs } = this.parts;
    while (!power.aborted) {
      await plug();
      const output = openSync(consoleFile, 'a');
      const child = spawn('sh', [BOOT, name, root, namespace], { stdio: ['ignore', output, output] });
      closeSync(output);
      this.child = child;
      this.boot = new AbortController();
      if (power.aborted) child.kill('SIGKILL');
      const [code] = (await once(child, 'exit')) as [number | null];
      this.child = undefined;
      this.boot.abort();
      await unplug();
      await this.gone();
      if (code !== REBOOT || this.staysAway) return;
      await delay(downtimeMs, undefined, { signal: power }).catch(() => undefined);
    }
  }

  /** No process of the boot before may still write while the next one starts. */
  private async gone(): Promise<void> {
    const roots = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'];
    const inits = roots.map((root) => `${root}/${this.parts.name}/payload/init.scope/cgroup.procs`);
    const end = Date.now() + DEATH_DEADLINE;
    while (inits.some((file) => existsSync(file) && read(file) !== '')) {
      if (Date.now() > end) throw new Error(`Box ${this.parts.name} does not die.`);
      await delay(5);
    }
  }
}

function childOf(pid: number): number | undefined {
  const first = read(`/proc/${pid}/task/${pid}/children`).split(' ')[0];
  return first ? Number(first) : undefined;
}

function programOf(pid: number): string {
  return read(`/proc/${pid}/comm`).trim();
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
