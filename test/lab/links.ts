import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Server } from '../../src/updater/fleet/model';
import { createLinks, type LinksOptions } from '../../src/updater/targets/links';
import type { HostKeyQuestion, Links, SecretQuestion } from '../../src/updater/targets/link';
import { makeKey } from './sshd';

/** A server of the fleet on this machine. */
export function localServer(id: string, port: number, more: Partial<Server> = {}): Server {
  return {
    id,
    system: 'lab',
    product: 'banalytics',
    host: '127.0.0.1',
    port,
    user: 'root',
    jump: undefined,
    identityFile: undefined,
    os: 'linux',
    app: undefined,
    role: undefined,
    site: undefined,
    tags: [],
    outOfBand: undefined,
    stateDir: undefined,
    sudo: false,
    commands: {},
    bootIdFile: undefined,
    returnMinutes: 15,
    restartDelaySeconds: 5,
    restartReason: 'VMS Fleet: update',
    window: undefined,
    health: { settleSeconds: 0, timeoutSeconds: 10 },
    settingsPaths: [],
    eocortex: undefined,
    banalytics: undefined,
    ...more,
  };
}

/** A person at a workstation: a home folder with keys, and answers to questions, which are noted down. */
export class Desk {
  readonly home = mkdtempSync(path.join(os.tmpdir(), 'desk-'));
  readonly store = path.join(this.home, 'data', 'known_hosts');
  readonly keyQuestions: HostKeyQuestion[] = [];
  readonly secretQuestions: SecretQuestion[] = [];
  readonly servers = new Map<string, Server>();
  trust: (question: HostKeyQuestion) => boolean | Promise<boolean> = () => true;
  answer: (question: SecretQuestion) => string | undefined | Promise<string | undefined> = () => undefined;
  env: NodeJS.ProcessEnv = {};
  readonly #links: Links[] = [];

  constructor() {
    mkdirSync(path.join(this.home, '.ssh'), { mode: 0o700 });
  }

  links(options: Partial<LinksOptions> = {}): Links {
    const links = createLinks({
      prompts: {
        trustHostKey: async (question) => {
          this.keyQuestions.push(question);
          return this.trust(question);
        },
        secret: async (question) => {
          this.secretQuestions.push(question);
          return this.answer(question);
        },
      },
      ownKnownHosts: this.store,
      home: this.home,
      env: this.env,
      findServer: (id) => this.servers.get(id),
      ...options,
    });
    this.#links.push(links);
    return links;
  }

  path(name: string): string {
    return path.join(this.home, '.ssh', name);
  }

  write(name: string, ...lines: string[]): string {
    writeFileSync(this.path(name), lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
    return this.path(name);
  }

  key(name: string, passphrase?: string): Promise<string> {
    return makeKey(this.path(name), passphrase === undefined ? {} : { passphrase });
  }

  leave(): void {
    for (const links of this.#links) links.dispose();
    rmSync(this.home, { recursive: true, force: true });
  }
}
