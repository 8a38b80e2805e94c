import { createHash, createHmac } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import * as path from 'node:path';
import { FleetError } from '../errors';
import { FileCache } from './file-cache';
import type { HostKeyQuestion, Prompts } from './link';
import { Shared, orAborted } from './waiting';

/** One line of a known_hosts file that holds a key. */
export interface KnownKey {
  /** Comma list of names and patterns, or one hashed name. */
  hosts: string;
  revoked: boolean;
  type: string;
  key: Buffer;
  file: string;
  line: number;
}

/** The machine whose key is looked up. */
export interface KeyPlace extends Pick<HostKeyQuestion, 'server' | 'host' | 'port'> {
  /** `HostKeyAlias`: stands for host and port. */
  alias?: string | undefined;
  /** The person's own files; our store is always read too. */
  files: readonly string[];
}

/** Reads the format of sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". Lines that are none, and `@cert-authority`, are left out. */
export function parseKnownHosts(text: string, file: string): KnownKey[] {
  return text.split('\n').flatMap((raw, index) => {
    const words = raw.trim().split(/\s+/);
    const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
    const [hosts, type, key] = words;
    if (!hosts || hosts.startsWith('#') || !type || !key) return [];
    if (marker !== undefined && marker !== '@revoked') return [];
    return [
      { hosts, revoked: marker === '@revoked', type, key: Buffer.from(key, 'base64'), file, line: index + 1 },
    ];
  });
}

/** Does the first field of a line name this host (`host`, or `[host]:port` for another port than 22)? */
export function namesHost(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) {
    const [, kind, salt, hash] = hosts.split('|');
    if (kind !== '1' || !salt || !hash) return false;
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  }
  let named = false;
  for (const pattern of hosts.toLowerCase().split(',')) {
    if (pattern.startsWith('!')) {
      if (matches(pattern.slice(1), name)) return false;
    } else if (matches(pattern, name)) named = true;
  }
  return named;
}

/** Wildcards `*` and `?` only; walks back to the last star, so no pattern takes long. */
function matches(pattern: string, text: string): boolean {
  let p = 0;
  let star = -1;
  let mark = 0;
  for (let t = 0; t < text.length;) {
    if (pattern[p] === '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** As `ssh-keygen -lf` prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The type that a key in SSH's wire format names itself; empty if it is no key. */
export function keyType(key: Buffer): string {
  if (key.length < 4) return '';
  return key.toString('latin1', 4, 4 + key.readUInt32BE(0));
}

/** What the client can verify, strongest first. */
const algorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
] as const;
export type HostKeyAlgorithm = (typeof algorithms)[number];

/** Algorithms with those first for which a key is known: the server then shows that key, and not a new one of another type. */
export function preferredAlgorithms(known: readonly KnownKey[]): HostKeyAlgorithm[] {
  const types = new Set(known.filter((entry) => !entry.revoked).map((entry) => entry.type));
  const isKnown = (name: HostKeyAlgorithm) => types.has(name.startsWith('rsa-') ? 'ssh-rsa' : name);
  return [...algorithms.filter(isKnown), ...algorithms.filter((name) => !isKnown(name))];
}

/** Knows which key each machine has. Unknown keys are asked about once; changed and revoked ones never. */
export class HostKeys {
  readonly #store: string;
  readonly #prompts: Prompts;
  readonly #files = new FileCache(parseKnownHosts);
  readonly #questions = new Shared<boolean>();

  /** @param store the file of our own where accepted keys are kept, in the format of known_hosts. */
  constructor(store: string, prompts: Prompts) {
    this.#store = store;
    this.#prompts = prompts;
  }

  /** Every key known for the place, revoked ones included. */
  async known(place: KeyPlace): Promise<KnownKey[]> {
    return this.#named(place, nameOf(place));
  }

  /**
   * Resolves when this is the machine's key.
   * @param asking told of the question to the person, if there is one.
   * @throws FleetError `hostkey.changed`, `hostkey.revoked`, `hostkey.unknown`
   */
  async verify(
    place: KeyPlace,
    key: Buffer,
    signal: AbortSignal,
    asking: <T>(answer: Promise<T>) => Promise<T>,
  ): Promise<void> {
    const known = await this.known(place);
    // As OpenSSH does: a key filed under the bare host serves for its other ports, but cannot contradict theirs.
    const bare = place.alias === undefined ? await this.#named(place, place.host.toLowerCase()) : [];
    const same = [...known, ...bare].filter((entry) => entry.key.equals(key));
    const revoked = same.find((entry) => entry.revoked);
    if (revoked)
      throw new FleetError(
        'hostkey.revoked',
        `${where(place)} shows a host key that was revoked: ${fingerprint(key)}.`,
        {
          hint: `${revoked.file}:${revoked.line} revokes it. Do not connect before the server has a new key.`,
          server: place.server.id,
        },
      );
    if (same.length > 0) return;
    const other = known.filter((entry) => !entry.revoked);
    const old = other.find((entry) => entry.type === keyType(key)) ?? other[0];
    if (old) throw changed(place, old, key);
    const question = `${nameOf(place)} ${fingerprint(key)}`;
    if (await asking(this.#questions.run(question, signal, (shared) => this.#ask(place, key, shared))))
      return;
    throw new FleetError(
      'hostkey.unknown',
      `The host key of ${where(place)} is not known: ${fingerprint(key)}.`,
      {
        hint: 'Compare the fingerprint with the one on the server (ssh-keygen -lf), then accept it, or add it to known_hosts.',
        server: place.server.id,
      },
    );
  }

  async #named(place: KeyPlace, name: string): Promise<KnownKey[]> {
    const files = await Promise.all([...place.files, this.#store].map((file) => this.#files.read(file)));
    return files.flatMap((entries) => entries ?? []).filter((entry) => namesHost(entry.hosts, name));
  }

  async #ask(place: KeyPlace, key: Buffer, signal: AbortSignal): Promise<boolean> {
    const { server, host, port } = place;
    const question = { server, host, port, keyType: keyType(key), fingerprint: fingerprint(key) };
    const trusted = await orAborted(this.#prompts.trustHostKey(question, signal), signal);
    if (trusted) await this.#keep(place, key);
    return trusted;
  }

  /** One write in append mode, so that two programs at once cannot mix their lines. */
  async #keep(place: KeyPlace, key: Buffer): Promise<void> {
    try {
      await mkdir(path.dirname(this.#store), { recursive: true, mode: 0o700 });
      const file = await open(this.#store, 'a+', 0o600);
      try {
        const { size } = await file.stat();
        const last = size === 0 ? '\n' : (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer.toString();
        const line = `${nameOf(place)} ${keyType(key)} ${key.toString('base64')}\n`;
        await file.write(last === '\n' ? line : `\n${line}`);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (cause) {
      throw new FleetError('hostkey.unknown', `The accepted host key could not be kept in ${this.#store}.`, {
        hint: 'Make that file writable: a key that is not kept cannot be compared next time.',
        server: place.server.id,
        cause,
      });
    }
  }
}

function nameOf(place: KeyPlace): string {
  const name = place.alias ?? (place.port === 22 ? place.host : `[${place.host}]:${place.port}`);
  return name.toLowerCase();
}

function where({ host, port }: KeyPlace): string {
  return port === 22 ? host : `${host}:${port}`;
}

function changed(place: KeyPlace, old: KnownKey, key: Buffer): FleetError {
  const found = `${keyType(key)} ${fingerprint(key)}`;
  const before = `${old.type} ${fingerprint(old.key)} (${old.file}:${old.line})`;
  return new FleetError(
    'hostkey.changed',
    `The host key of ${where(place)} changed: known is ${before}, it shows ${found}.`,
    {
      hint: `Either the server was set up anew, or something else answers in its place. Only if you know why: remove the line with ssh-keygen -f "${old.file}" -R "${nameOf(place)}".`,
      server: place.server.id,
    },
  );
}
