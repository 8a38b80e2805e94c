import { readdir } from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import SSHConfig, { glob, LineType, type Directive, type Line, type Section } from 'ssh-config';
import { FleetError } from '../errors';
import { FileCache } from './file-cache';

/** What `~/.ssh/config` says about one name, with paths and tokens expanded. Empty or undefined: it says nothing. */
export interface HostSettings {
  /** The address to connect to: `HostName`, else the name itself. */
  hostName: string;
  user: string | undefined;
  port: number | undefined;
  identityFiles: string[];
  identitiesOnly: boolean;
  /** Socket of the agent, `none`, or undefined for the usual one. */
  identityAgent: string | undefined;
  /** Hops in the order they are passed, each a name or `[user@]host[:port]`. */
  proxyJump: string[];
  proxyCommand: string | undefined;
  userKnownHostsFiles: string[];
  hostKeyAlias: string | undefined;
}

export interface Person {
  home: string;
  env: NodeJS.ProcessEnv;
  /** Name of the local account: the user of last resort. */
  name: string;
}

/** OpenSSH's own limit for files that include each other. */
const maxIncludeDepth = 16;
/** Never looked at: they would start programs (`nslookup`) while the file is evaluated. */
const neverEvaluated = /^canonical(izehostname|domains)$/i;

/** The person's `~/.ssh/config` as OpenSSH reads it, `Include` followed; nothing in it is ever run. */
export class SshConfigFile {
  readonly #person: Person;
  readonly #cache = new FileCache(parse);

  constructor(person: Person) {
    this.#person = person;
  }

  /** @param given what the fleet file says already; it wins, and the tokens %r and %p need it. */
  async lookup(
    alias: string,
    given: { user?: string | undefined; port?: number | undefined } = {},
  ): Promise<HostSettings> {
    const config = new SSHConfig();
    config.push(...(await this.#lines(path.join(this.#person.home, '.ssh', 'config'), alias, 0)));
    const found = config.compute(
      { Host: alias, ...(given.user === undefined ? {} : { User: given.user }) },
      { ignoreCase: true, matchExec: false },
    );
    const one = (key: string) => {
      const value = found[key];
      return Array.isArray(value) ? value[0] : value;
    };
    const hostName = (one('hostname') ?? alias).replaceAll('%h', alias).replaceAll('%n', alias);
    const user = given.user ?? one('user');
    const port = given.port ?? portOf(one('port'), alias);
    const expand = this.#expander({ alias, hostName, user: user ?? this.#person.name, port: port ?? 22 });
    const agent = one('identityagent');
    const jump = one('proxyjump');
    return {
      hostName,
      user,
      port,
      identityFiles: list(found['identityfile'])
        .filter((file) => file !== 'none')
        .map(expand),
      identitiesOnly: one('identitiesonly')?.toLowerCase() === 'yes',
      identityAgent: agent === undefined || agent === 'SSH_AUTH_SOCK' ? undefined : expand(agent),
      proxyJump: jump === undefined || jump === 'none' ? [] : jump.split(',').map((hop) => hop.trim()),
      proxyCommand: one('proxycommand') === 'none' ? undefined : one('proxycommand'),
      userKnownHostsFiles: list(found['userknownhostsfile'])
        .filter((file) => file !== 'none')
        .map(expand),
      hostKeyAlias: one('hostkeyalias'),
    };
  }

  /**
   * The words of every `Host` line, `Include` followed, in their order: names, patterns and what they leave out. What stands under
   * `Match` is left aside, since it names nobody.
   */
  async hosts(): Promise<string[][]> {
    return this.#hosts(path.join(this.#person.home, '.ssh', 'config'), 0);
  }

  async #hosts(file: string, depth: number): Promise<string[][]> {
    if (depth > maxIncludeDepth) throw tooDeep(file);
    const found: string[][] = [];
    const visit = async (line: Line): Promise<void> => {
      if (line.type !== LineType.DIRECTIVE) return;
      if (isSection(line)) {
        if (!/^host$/i.test(line.param)) return;
        found.push(words(line));
        for (const inside of line.config) await visit(inside);
      } else if (/^include$/i.test(line.param))
        for (const included of await this.#included(line))
          found.push(...(await this.#hosts(included, depth + 1)));
    };
    for (const line of (await this.#cache.read(file)) ?? []) await visit(line);
    return found;
  }

  /** The lines of a file that may concern the name, with included files in the place of their `Include`. */
  async #lines(file: string, alias: string, depth: number): Promise<Line[]> {
    if (depth > maxIncludeDepth) throw tooDeep(file);
    const lines: Line[] = [];
    for (const line of (await this.#cache.read(file)) ?? []) {
      if (!isSection(line)) lines.push(...(await this.#expanded(line, alias, depth)));
      else if (!/^host$/i.test(line.param) || glob(words(line), alias))
        lines.push(...(await this.#sections(line, alias, depth)));
    }
    return lines;
  }

  /** A section cut at its `Include`s, as what they bring has sections of its own. */
  async #sections(section: Section, alias: string, depth: number): Promise<Line[]> {
    const out: Line[] = [];
    const part = (lines: Line[]) => {
      const config = new SSHConfig();
      config.push(...lines);
      out.push({ ...section, config });
    };
    let kept: Line[] = [];
    for (const line of section.config) {
      const lines = await this.#expanded(line, alias, depth);
      if (lines.length === 1 && lines[0] === line) {
        kept.push(line);
        continue;
      }
      part([...kept, ...lines.filter((included) => !isSection(included))]);
      // Sections inside a Match cannot be tied to its criteria here; inside a Host that matched they stand on their own.
      if (/^host$/i.test(section.param)) out.push(...lines.filter(isSection));
      kept = [];
    }
    part(kept);
    return out;
  }

  async #expanded(line: Line, alias: string, depth: number): Promise<Line[]> {
    if (line.type !== LineType.DIRECTIVE || neverEvaluated.test(line.param)) return [];
    if (!/^include$/i.test(line.param)) return [line];
    const out: Line[] = [];
    for (const file of await this.#included(line)) out.push(...(await this.#lines(file, alias, depth + 1)));
    return out;
  }

  async #included(line: Directive): Promise<string[]> {
    const { home } = this.#person;
    const patterns = words(line).map((pattern) => path.resolve(home, '.ssh', tilde(pattern, home)));
    return (await Promise.all(patterns.map(filesOf))).flat();
  }

  #expander(of: { alias: string; hostName: string; user: string; port: number }): (value: string) => string {
    const { home, env, name } = this.#person;
    const tokens: Record<string, string> = {
      '%': '%',
      d: home,
      h: of.hostName,
      n: of.alias,
      p: String(of.port),
      r: of.user,
      u: name,
      l: os.hostname(),
    };
    return (value) =>
      tilde(value, home)
        .replace(/^\$(\w+)$/, (_, variable: string) => env[variable] ?? '')
        .replace(/\$\{(\w+)\}/g, (_, variable: string) => env[variable] ?? '')
        .replace(/%(.)/g, (whole, token: string) => tokens[token] ?? whole);
  }
}

function tooDeep(file: string): FleetError {
  return new FleetError('usage', `${file} is included more than ${maxIncludeDepth} levels deep.`, {
    hint: 'Look for files in ~/.ssh/config that include each other.',
  });
}

/** Name of the local account. */
export function localName(env: NodeJS.ProcessEnv): string {
  try {
    return os.userInfo().username;
  } catch {
    return env['USER'] ?? env['USERNAME'] ?? 'root'; // an account without a name, as in some containers
  }
}

/** `~` and `~/…` are the home folder; other people's homes are not looked up. */
export function tilde(file: string, home: string): string {
  return file === '~' || /^~[/\\]/.test(file) ? home + file.slice(1) : file;
}

function parse(text: string, file: string): SSHConfig {
  try {
    return SSHConfig.parse(text);
  } catch (cause) {
    throw new FleetError('usage', `${file} cannot be understood: ${(cause as Error).message}`, {
      hint: 'Correct it; "ssh -G some-host" shows what OpenSSH makes of it.',
      cause,
    });
  }
}

function portOf(value: string | undefined, alias: string): number | undefined {
  if (value === undefined) return undefined;
  const port = Number(value);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new FleetError('usage', `~/.ssh/config gives "${value}" as the port of ${alias}.`, {
    hint: 'A port is a number from 1 to 65535.',
  });
}

function isSection(line: Line): line is Section {
  return line.type === LineType.DIRECTIVE && 'config' in line;
}

function words(line: Directive): string[] {
  return typeof line.value === 'string' ? [line.value] : line.value.map(({ val }) => val);
}

function list(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** The files that a path with `*` and `?` names, in order; a path without them names itself. */
async function filesOf(pattern: string): Promise<string[]> {
  const { root } = path.parse(pattern);
  let found = [root];
  for (const segment of pattern.slice(root.length).split(/[/\\]/).filter(Boolean)) {
    if (!/[*?]/.test(segment)) {
      found = found.map((folder) => path.join(folder, segment));
      continue;
    }
    const inside = await Promise.all(
      found.map(async (folder) => {
        const names = await readdir(folder).catch(() => []); // a folder that is not there holds nothing to include
        return names
          .filter((name) => (segment.startsWith('.') || !name.startsWith('.')) && glob([segment], name))
          .sort()
          .map((name) => path.join(folder, name));
      }),
    );
    found = inside.flat();
  }
  return found;
}
