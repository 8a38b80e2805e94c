import { readFile, stat } from 'node:fs/promises';
import ssh2 from 'ssh2';
import type { BaseAgent as Agent, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2';

/** What a private key file holds. `why` is for people: one clause. */
export type KeyFile =
  | { state: 'ready'; key: ParsedKey }
  | { state: 'encrypted' }
  | { state: 'unusable'; why: string }
  | { state: 'missing' };

/** Private key files, decrypted once: that takes a good part of a second each, and a fleet has many servers for one key. */
export class KeyFiles {
  readonly #ready = new Map<string, { stamp: string; key: ParsedKey }>();

  async read(file: string, passphrase?: string): Promise<KeyFile> {
    try {
      const { mtimeMs, size } = await stat(file);
      const stamp = `${mtimeMs}/${size}`;
      const cached = this.#ready.get(file);
      if (cached?.stamp === stamp) return { state: 'ready', key: cached.key };
      const parsed = parseKey(await readFile(file), passphrase);
      if (parsed instanceof Error) return refused(parsed, passphrase);
      if (!parsed.isPrivateKey()) return { state: 'unusable', why: 'it holds only a public key' };
      this.#ready.set(file, { stamp, key: parsed });
      return { state: 'ready', key: parsed };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { state: 'missing' };
      return { state: 'unusable', why: (error as Error).message };
    }
  }
}

function refused(error: Error, passphrase: string | undefined): KeyFile {
  if (/encrypted/i.test(error.message) && passphrase === undefined) return { state: 'encrypted' };
  if (/passphrase|integrity check/i.test(error.message)) return { state: 'encrypted' };
  const type = /sk-[a-z0-9-]+@openssh\.com/.exec(error.message)?.[0];
  if (type) return { state: 'unusable', why: `keys on a security token (${type}) are not supported` };
  return { state: 'unusable', why: error.message };
}

/** The library's declared type leaves out that a file may hold several keys. */
function parseKey(data: Buffer, passphrase: string | undefined): ParsedKey | Error {
  const parsed = ssh2.utils.parseKey(data, passphrase) as ParsedKey | ParsedKey[] | Error;
  return Array.isArray(parsed) ? (parsed[0] ?? new Error('it holds no key')) : parsed;
}

/** The public half that lies beside a private key file, or undefined. */
export async function publicHalf(file: string): Promise<Buffer | undefined> {
  const text = await readFile(`${file}.pub`).catch(() => undefined); // often there is none
  const key = text && parseKey(text, undefined);
  return key === undefined || key instanceof Error ? undefined : key.getPublicSSH();
}

/** Milliseconds that an agent has to list its keys. */
const agentPatience = 5_000;

/** The keys that the agent at a socket holds. @throws Error if none answers there. */
export async function agentKeys(socket: string): Promise<{ agent: Agent; keys: ParsedKey[] }> {
  const agent = ssh2.createAgent(socket);
  const keys = await new Promise<ParsedKey[]>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('it does not answer')), agentPatience);
    agent.getIdentities((error, found) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve((found ?? []) as ParsedKey[]);
    });
  });
  return { agent, keys };
}

/** An agent that shows the server only some of its keys, in our order: a server hangs up after a handful of wrong ones. */
export class SomeKeys extends ssh2.BaseAgent<ParsedKey> {
  readonly #agent: Agent;
  readonly #keys: ParsedKey[];

  constructor(agent: Agent, keys: ParsedKey[]) {
    super();
    this.#agent = agent;
    this.#keys = keys;
  }

  override getIdentities(answer: (error: Error | undefined, keys?: ParsedKey[]) => void): void {
    answer(undefined, this.#keys);
  }

  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    answer?: SignCallback,
  ): void {
    if (typeof options === 'function') this.#agent.sign(key, data, options);
    else this.#agent.sign(key, data, options, answer);
  }
}
