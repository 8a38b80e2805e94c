import { setMaxListeners } from 'node:events';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FleetError } from '../errors';
import type { Server } from '../fleet/model';
import type { AuthContext } from './auth';
import { connectTcp, handshake, HungUpAtOnce, HungUpWhileAsking, type Handshaken } from './dial';
import { HostKeys, type KeyPlace } from './host-keys';
import { KeyFiles } from './keys';
import type { Link, Links, Prompts } from './link';
import { Router, type Hop } from './route';
import { Secrets } from './secrets';
import { keepConfig, sshCall } from './ssh-arguments';
import { localName, SshConfigFile, type Person } from './ssh-config';
import { SshLink } from './ssh-link';
import { orAborted, Shared, Slots, stopper } from './waiting';

/** Times that a server may hang up before a word, ms before the next try (more after each), and ms that such a try lasts. */
const hangUpsBorne = 4;
const hangUpPause = 400;
const hangUpAtMost = 1_000;

export interface LinksOptions {
  prompts: Prompts;
  /** The file of our own where accepted host keys are kept; made when the first one is. */
  ownKnownHosts: string;
  /** Where `.ssh` lies. */
  home?: string;
  env?: NodeJS.ProcessEnv;
  /** Looks up the `jump` of a server among the servers of the fleet. */
  findServer?: (id: string) => Server | undefined;
  /** Milliseconds for the TCP connection, and as many for the handshake after it. */
  connectTimeout?: number;
  /** Handshakes at once. */
  concurrency?: number;
  /** A dead connection is noticed after `interval` × `count` milliseconds. */
  keepalive?: { interval: number; count: number };
  /** Milliseconds after which an unused link closes. */
  idleAfter?: number;
}

/** Links over SSH: host keys always verified, logins by agent, key file, password; jump hosts as in OpenSSH. */
export function createLinks(options: LinksOptions): Links {
  return new SshLinks(options);
}

class SshLinks implements Links {
  readonly #options: Required<
    Pick<LinksOptions, 'connectTimeout' | 'keepalive' | 'idleAfter' | 'ownKnownHosts'>
  >;
  readonly #router: Router;
  readonly #hostKeys: HostKeys;
  readonly #auth: Pick<AuthContext, 'person' | 'keys' | 'secrets'>;
  readonly #slots: Slots;
  readonly #attempts = new Shared<SshLink>();
  readonly #links = new Map<string, SshLink>();
  readonly #fresh = new Set<SshLink>();
  readonly #disposed = new AbortController();

  constructor(options: LinksOptions) {
    const { prompts, home = os.homedir(), env = process.env } = options;
    this.#options = {
      ownKnownHosts: options.ownKnownHosts,
      connectTimeout: options.connectTimeout ?? 15_000,
      keepalive: options.keepalive ?? { interval: 10_000, count: 3 },
      idleAfter: options.idleAfter ?? 10 * 60_000,
    };
    const person: Person = { home, env, name: localName(env) };
    this.#router = new Router(new SshConfigFile(person), person, options.findServer ?? (() => undefined));
    this.#hostKeys = new HostKeys(options.ownKnownHosts, prompts);
    this.#auth = { person, keys: new KeyFiles(), secrets: new Secrets(prompts) };
    this.#slots = new Slots(options.concurrency ?? 32);
  }

  async get(server: Server, { signal }: { signal?: AbortSignal } = {}): Promise<Link> {
    return this.#pooled(await this.#router.route(server), signal);
  }

  async fresh(server: Server, options: { deadline: number; signal?: AbortSignal }): Promise<Link> {
    const { deadline } = options;
    const { controller, signal, done } = stopper(
      options.signal,
      deadline,
      () =>
        new FleetError('link.timeout', `No connection to ${server.host} within ${deadline / 1000} s.`, {
          hint: 'Check that it is switched on, and the network on the way.',
          server: server.id,
        }),
    );
    const end = () => controller.abort(disposedError());
    if (this.#disposed.signal.aborted) end();
    setMaxListeners(0, this.#disposed.signal);
    this.#disposed.signal.addEventListener('abort', end, { once: true });
    try {
      const link = await this.#make(await this.#router.route(server), signal);
      this.#fresh.add(link);
      link.onClose(() => this.#fresh.delete(link));
      return link;
    } finally {
      this.#disposed.signal.removeEventListener('abort', end);
      done();
    }
  }

  async sshArguments(server: Server): Promise<string[]> {
    const store = this.#options.ownKnownHosts;
    const route = await this.#router.route(server);
    const stops = route.map((hop) => ({ hop, knownHosts: [...this.#place(hop).files, store] }));
    const { args, config } = sshCall(stops, this.#auth.person.home);
    if (config === undefined) return args;
    return ['-F', await keepConfig(path.join(path.dirname(store), 'ssh'), config), ...args];
  }

  drop(server: Server): void {
    for (const link of [...this.#links.values()]) if (link.server.id === server.id) link.close();
  }

  dispose(): void {
    this.#disposed.abort();
    this.#attempts.abortAll(disposedError());
    for (const link of [...this.#links.values(), ...this.#fresh]) link.close();
    this.#auth.secrets.forgetAll();
  }

  async #pooled(route: Hop[], signal: AbortSignal | undefined): Promise<SshLink> {
    if (this.#disposed.signal.aborted) throw disposedError();
    const { key } = route.at(-1)!;
    const known = this.#links.get(key);
    if (known?.open) {
      known.touch();
      return known;
    }
    return this.#attempts.run(key, signal, async (shared) => {
      const link = await this.#make(route, shared);
      this.#links.set(key, link);
      link.onClose(() => {
        if (this.#links.get(key) === link) this.#links.delete(key);
      });
      return link;
    });
  }

  async #make(route: Hop[], signal: AbortSignal): Promise<SshLink> {
    const hop = route.at(-1)!;
    const made = await this.#persist(route, signal).catch((error: unknown) => {
      // The person's answer came too late for that connection; it is remembered, so the next one does not ask.
      if (error instanceof HungUpWhileAsking && !signal.aborted) return this.#connect(route, signal);
      throw error;
    });
    return new SshLink(hop.server, made.client, made.roundTrip, this.#options.idleAfter);
  }

  /** A server with many logins at once drops some by chance (MaxStartups); they are tried again, apart from each other. */
  async #persist(route: Hop[], signal: AbortSignal): Promise<Handshaken> {
    for (let tries = 1; ; tries++) {
      const begun = Date.now();
      try {
        return await this.#connect(route, signal);
      } catch (error) {
        const atOnce = error instanceof HungUpAtOnce && Date.now() - begun < hangUpAtMost;
        if (!atOnce || tries > hangUpsBorne || signal.aborted) throw error;
      }
      await orAborted(sleep((0.5 + Math.random()) * hangUpPause * tries), signal);
    }
  }

  async #connect(route: Hop[], signal: AbortSignal): Promise<Handshaken> {
    const hop = route.at(-1)!;
    const { connectTimeout, keepalive } = this.#options;
    const socket =
      route.length > 1 ? await this.#through(route, signal) : await connectTcp(hop, connectTimeout, signal);
    return handshake({
      hop,
      socket,
      hostKeys: this.#hostKeys,
      place: this.#place(hop),
      auth: this.#auth,
      slots: this.#slots,
      patience: connectTimeout,
      keepalive,
      signal,
    });
  }

  async #through(route: Hop[], outer: AbortSignal) {
    const hop = route.at(-1)!;
    const before = route.slice(0, -1);
    try {
      const jump = await this.#pooled(before, outer);
      const { signal, done } = stopper(
        outer,
        this.#options.connectTimeout,
        () =>
          new FleetError('host.timeout', `${hop.host} did not answer on port ${hop.port}.`, {
            hint: 'Check that it is switched on, and that the jump host reaches it.',
          }),
      );
      return await jump.forward(hop.host, hop.port, signal).finally(done);
    } catch (error) {
      if (!(error instanceof FleetError) || outer.aborted) throw error;
      throw new FleetError(error.code, `By way of ${before.at(-1)!.server.id}: ${error.message}`, {
        ...(error.hint === undefined ? {} : { hint: error.hint }),
        server: hop.server.id,
        cause: error,
      });
    }
  }

  #place({ server, host, port, settings }: Hop): KeyPlace {
    const ssh = path.join(this.#auth.person.home, '.ssh');
    const own = settings.userKnownHostsFiles;
    const files = own.length > 0 ? own : [path.join(ssh, 'known_hosts'), path.join(ssh, 'known_hosts2')];
    return {
      server,
      host,
      port,
      alias: settings.hostKeyAlias,
      files: [...files, '/etc/ssh/ssh_known_hosts'],
    };
  }
}

function disposedError(): FleetError {
  return new FleetError('cancelled', 'The connections were closed.');
}
