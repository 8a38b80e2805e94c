import { FleetError } from '../errors';
import type { Server } from '../fleet/model';
import type { HostSettings, Person, SshConfigFile } from './ssh-config';

/** One machine on the way to a server, the server itself included. */
export interface Hop {
  /** The fleet's server, or one made up for a jump host that the fleet file does not list. */
  server: Server;
  host: string;
  port: number;
  user: string;
  settings: HostSettings;
  /** Names the link of this hop: who, where, and by which way. */
  key: string;
}

/** Lets the way to a server be found without connecting to anything, so that a circle is an error and not a wait. */
export class Router {
  readonly #config: SshConfigFile;
  readonly #person: Person;
  readonly #find: (id: string) => Server | undefined;

  constructor(config: SshConfigFile, person: Person, find: (id: string) => Server | undefined) {
    this.#config = config;
    this.#person = person;
    this.#find = find;
  }

  /** The hops in the order they are passed; the last one is the server. */
  route(server: Server): Promise<Hop[]> {
    return this.#to(server, undefined, []);
  }

  /** @param via the hops before this one where a list of jump hosts says so; undefined: as its own settings say. */
  async #to(server: Server, via: Hop[] | undefined, chain: string[]): Promise<Hop[]> {
    const settings = await this.#config.lookup(server.host, server);
    const user = settings.user ?? this.#person.name;
    const port = settings.port ?? 22;
    const place = `${server.id} ${user}@${settings.hostName}:${port}`;
    const names = [...chain, place];
    if (chain.includes(place)) {
      const ids = names.slice(chain.indexOf(place)).map((name) => name.split(' ', 1)[0]);
      throw new FleetError('fleet.invalid', `The jump hosts go round in a circle: ${ids.join(' → ')}.`, {
        hint: 'Correct "jump" in the fleet file, or ProxyJump in ~/.ssh/config.',
        server: server.id,
      });
    }
    const before = via ?? (await this.#before(server, settings, names));
    const key = [...before.map((hop) => hop.key), place].join(' > ');
    return [...before, { server, host: settings.hostName, port, user, settings, key }];
  }

  async #before(server: Server, settings: HostSettings, chain: string[]): Promise<Hop[]> {
    const known = server.jump === undefined ? undefined : this.#find(server.jump);
    if (known) return this.#to(known, undefined, chain);
    const jumps = server.jump === undefined ? settings.proxyJump : server.jump.split(',');
    if (jumps.length === 0 && settings.proxyCommand !== undefined)
      throw new FleetError('usage', `~/.ssh/config reaches ${server.host} by a ProxyCommand.`, {
        hint: 'Programs named there are never run: use ProxyJump, or "jump" in the fleet file.',
        server: server.id,
      });
    let way: Hop[] | undefined;
    for (const jump of jumps) way = await this.#to(madeUp(jump.trim(), server), way, chain);
    return way ?? [];
  }
}

/**
 * A server that stands for a jump host; whatever it runs is no business of the fleet. As for ssh the last @ ends the user: one of a
 * domain may hold another.
 */
function madeUp(jump: string, behind: Server): Server {
  const found = /^(?:ssh:\/\/)?(?:(.+)@)?(\[[^[\]@\s]+\]|[^[\]@:\s-][^[\]@:\s]*)(?::(\d{1,5}))?$/.exec(jump);
  const host = found?.[2]?.replace(/^\[|\]$/g, '');
  const port = found?.[3] === undefined ? undefined : Number(found[3]);
  if (!host || (port !== undefined && !(port >= 1 && port <= 65_535)))
    throw new FleetError('fleet.invalid', `"${jump}" is no jump host.`, {
      hint: 'Give the id of a server, a name of ~/.ssh/config, or user@host:port.',
      server: behind.id,
    });
  return {
    ...behind,
    id: jump,
    host,
    user: found?.[1],
    port,
    jump: undefined,
    identityFile: undefined,
  };
}
