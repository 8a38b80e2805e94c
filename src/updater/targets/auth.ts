import * as path from 'node:path';
import type { AnyAuthMethod, AuthHandlerMiddleware, ParsedKey, Prompt } from 'ssh2';
import { asFleetError, FleetError } from '../errors';
import { agentKeys, publicHalf, SomeKeys, type KeyFiles } from './keys';
import type { SecretQuestion } from './link';
import type { Hop } from './route';
import type { Secrets } from './secrets';
import { tilde, type Person } from './ssh-config';

/** What the server said to the attempt before: what it takes now, and whether that attempt was one of several it wants. */
interface Reply {
  methods: string[];
  partial: boolean;
}
type Attempts = AsyncGenerator<AnyAuthMethod, void, Reply>;

export interface AuthContext {
  hop: Hop;
  person: Person;
  keys: KeyFiles;
  secrets: Secrets;
  /** Every question to the person goes through it: the clock of the handshake stands still meanwhile. */
  asking: <T>(answer: Promise<T>) => Promise<T>;
  signal: AbortSignal;
}

const defaultKeys = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
/** A wrong answer is asked again at most twice. */
const maxAsked = 3;

/** Logs in to one server: the agent first, then key files, then what the person knows. Used for one connection. */
export class Authentication {
  readonly #context: AuthContext;
  readonly #subject: string;
  readonly #attempts: Attempts;
  readonly #tried: string[] = [];
  readonly #notes: string[] = [];
  readonly #shown = new Set<string>();
  #methods: string[] = [];
  #refusedQuestion: string | undefined;
  /** What was answered to that question before was wrong. */
  #answeredWrong = false;
  #failed: FleetError | undefined;

  constructor(context: AuthContext) {
    this.#context = context;
    this.#subject = `${context.hop.user}@${context.hop.host}`;
    this.#attempts = this.#all();
  }

  readonly handler: AuthHandlerMiddleware = (methods, partial, next) => {
    // ssh2 hands over null before the first attempt, whatever its types say, and ends by `false`.
    const reply: Reply = { methods: Array.isArray(methods) ? methods : [], partial };
    if (reply.methods.length > 0) this.#methods = reply.methods;
    const give = next as (method: AnyAuthMethod | false) => void;
    this.#attempts.next(reply).then(
      ({ value }) => give(value ?? false),
      (error: unknown) => {
        this.#failed = asFleetError(error, { server: this.#context.hop.server.id });
        give(false);
      },
    );
  };

  /** Why nothing was good enough. */
  failure(cause: unknown): FleetError {
    if (this.#failed) return this.#failed;
    const server = this.#context.hop.server.id;
    const notes = this.#notes.length > 0 ? ` Not used: ${this.#notes.join('; ')}.` : '';
    if (this.#refusedQuestion !== undefined && this.#answeredWrong)
      return new FleetError(
        'auth.failed',
        `The ${this.#refusedQuestion} is not the one that was given, and nobody gave another.${notes}`,
        { hint: 'Check the user name and what was given for it, then try again.', server, cause },
      );
    if (this.#refusedQuestion !== undefined)
      return new FleetError('auth.cancelled', `Nobody gave the ${this.#refusedQuestion}.${notes}`, {
        hint: 'Try again and answer, or give the server a key of yours that needs no question.',
        server,
        cause,
      });
    const takes = this.#methods.length > 0 ? this.#methods.join(', ') : 'nothing that it would tell';
    const tried = this.#tried.length > 0 ? this.#tried.join(', ') : 'nothing';
    const { port } = this.#context.hop;
    const ssh = `ssh ${port === 22 ? '' : `-p ${port} `}${this.#subject}`;
    return new FleetError(
      'auth.failed',
      `${this.#subject} was not let in. The server takes: ${takes}. Tried: ${tried}.${notes}`,
      {
        hint: `Check the user name, and that "${ssh}" works from this machine; on Windows servers keys of administrators belong in C:\\ProgramData\\ssh\\administrators_authorized_keys.`,
        server,
        cause,
      },
    );
  }

  async *#all(): Attempts {
    yield { type: 'none', username: this.#user };
    const explicit = this.#explicitFiles();
    const files = explicit.length > 0 ? explicit : this.#defaultFiles();
    if (this.#takes('publickey')) yield* this.#agent(files);
    const locked: string[] = [];
    if (this.#takes('publickey')) yield* this.#keyFiles(files, locked, explicit.length > 0);
    if (explicit.length > 0 && this.#takes('publickey')) yield* this.#lockedFiles(locked);
    yield* this.#password();
    if (explicit.length === 0 && this.#takes('publickey')) yield* this.#lockedFiles(locked);
  }

  async *#agent(files: string[]): Attempts {
    const { hop, person } = this.#context;
    const usual = process.platform === 'win32' ? '\\\\.\\pipe\\openssh-ssh-agent' : undefined;
    const socket = hop.settings.identityAgent ?? person.env['SSH_AUTH_SOCK'] ?? usual;
    if (!socket || socket === 'none') return;
    let found;
    try {
      found = await agentKeys(socket);
    } catch (error) {
      // Windows has the pipe's name even where no agent was ever set up.
      if (socket !== usual) this.#notes.push(`the agent at ${socket}: ${(error as Error).message}`);
      return;
    }
    const wanted = await Promise.all(files.map(publicHalf));
    const rank = (key: ParsedKey) => {
      const at = wanted.findIndex((half) => half?.equals(key.getPublicSSH()));
      return at < 0 ? wanted.length : at;
    };
    const keys = found.keys
      .filter((key) => !hop.settings.identitiesOnly || rank(key) < wanted.length)
      .sort((one, other) => rank(one) - rank(other));
    if (keys.length === 0) return;
    for (const key of keys) this.#shown.add(key.getPublicSSH().toString('base64'));
    this.#tried.push(`agent (${keys.length} ${keys.length === 1 ? 'key' : 'keys'})`);
    yield { type: 'agent', username: this.#user, agent: new SomeKeys(found.agent, keys) };
    // ssh2 does not pass on what the server answers to an agent's keys, so whether one of them was
    // a first half is learned by asking again.
    if (!this.#takes('password') && !this.#takes('keyboard-interactive'))
      yield { type: 'none', username: this.#user };
  }

  /** @param locked filled with the files that need a passphrase. */
  async *#keyFiles(files: string[], locked: string[], explicit: boolean): Attempts {
    for (const file of files) {
      const read = await this.#context.keys.read(file);
      if (read.state === 'encrypted') locked.push(file);
      else if (read.state === 'unusable') this.#notes.push(`${file}: ${read.why}`);
      else if (read.state === 'missing' && explicit) this.#notes.push(`${file}: there is no such file`);
      else if (read.state === 'ready') yield* this.#key(file, read.key);
    }
  }

  async *#lockedFiles(files: string[]): Attempts {
    const { keys, secrets } = this.#context;
    for (const file of files) {
      const half = await publicHalf(file);
      if (half && this.#shown.has(half.toString('base64'))) continue;
      let opened = false;
      for await (const passphrase of this.#answers('passphrase', file)) {
        const read = await keys.read(file, passphrase);
        if (read.state === 'ready') {
          opened = true;
          yield* this.#key(file, read.key);
          break;
        }
        secrets.wrong(file, passphrase);
      }
      if (!opened) this.#notes.push(`${file}: nobody gave its passphrase rightly`);
    }
  }

  *#key(file: string, key: ParsedKey): Generator<AnyAuthMethod, void, Reply> {
    const half = key.getPublicSSH().toString('base64');
    if (this.#shown.has(half) || !this.#takes('publickey')) return;
    this.#shown.add(half);
    this.#tried.push(`key ${file}`);
    yield { type: 'publickey', username: this.#user, key };
  }

  /** The password, or the server's own questions where it takes no plain password; both, one after the other, if it wants both. */
  async *#password(): Attempts {
    const method = this.#takes('password') ? 'password' : 'keyboard-interactive';
    if (!this.#takes(method)) return;
    const username = this.#user;
    let times = 0;
    let accepted = false;
    for await (const password of this.#answers('password', this.#subject)) {
      times += 1;
      const reply: Reply =
        method === 'password'
          ? yield { type: method, username, password }
          : yield { type: method, username, prompt: this.#replier(password) };
      accepted = reply.partial;
      if (accepted) break;
      this.#context.secrets.wrong(this.#subject, password);
    }
    if (times > 0) this.#tried.push(times === 1 ? method : `${method} (${times} times)`);
    // The second half of a login: a code, which is another one each time. What was wrong as a password is not tried under this name.
    for (let round = 0; accepted && round < maxAsked && this.#takes('keyboard-interactive'); round++) {
      this.#tried.push('keyboard-interactive');
      yield { type: 'keyboard-interactive', username, prompt: this.#replier(undefined) };
      if (this.#refusedQuestion !== undefined) return;
    }
  }

  /** Answers one after the other, as long as they are wrong: the remembered one, those that other links were given, then questions. */
  async *#answers(kind: SecretQuestion['kind'], subject: string): AsyncGenerator<string> {
    const { secrets } = this.#context;
    const used = new Set<string>();
    for (let attempt = 1; ;) {
      let answer = secrets.remembered(subject);
      if (answer === undefined || used.has(answer)) {
        if (attempt > maxAsked) return;
        answer = await this.#ask(kind, subject, attempt++);
      }
      if (answer === undefined) {
        this.#answeredWrong = used.size > 0;
        return;
      }
      used.add(answer);
      yield answer;
    }
  }

  async #ask(kind: SecretQuestion['kind'], subject: string, attempt: number): Promise<string | undefined> {
    const { asking, secrets, signal, hop } = this.#context;
    const answer = await asking(secrets.ask({ server: hop.server, kind, subject, attempt }, signal));
    if (answer === undefined) this.#refusedQuestion = `${kind} of ${subject}`;
    return answer;
  }

  /** Answers the server's questions: the password where it asks for that, a question to the person for anything else (a code). */
  #replier(password: string | undefined) {
    let left = password;
    return (
      _name: string,
      _instructions: string,
      _language: string,
      prompts: Prompt[],
      finish: (answers: string[]) => void,
    ): void => {
      const reply = async () => {
        const answers: string[] = [];
        for (const { prompt } of prompts) {
          if (left !== undefined && (prompts.length === 1 || /pass/i.test(prompt))) {
            answers.push(left);
            left = undefined;
          } else answers.push(await this.#code(prompt));
        }
        return answers;
      };
      reply().then(finish, (error: unknown) => {
        this.#failed = asFleetError(error, { server: this.#context.hop.server.id });
        finish(prompts.map(() => ''));
      });
    };
  }

  /** One-time answers: forgotten at once. What the server calls them is data, so it is cut and cleaned. */
  async #code(prompt: string): Promise<string> {
    const label = prompt
      .replace(/[\u0000-\u001f\u007f-\u009f:]+/g, ' ')
      .trim()
      .slice(0, 60);
    const subject = `${this.#subject} (${label})`;
    const answer = await this.#ask('password', subject, 1);
    if (answer === undefined) return '';
    this.#context.secrets.wrong(subject, answer);
    return answer;
  }

  get #user(): string {
    return this.#context.hop.user;
  }

  #takes(method: string): boolean {
    return this.#methods.includes(method);
  }

  #explicitFiles(): string[] {
    const { hop, person } = this.#context;
    const own = hop.server.identityFile;
    return own === undefined ? hop.settings.identityFiles : [tilde(own, person.home)];
  }

  #defaultFiles(): string[] {
    return defaultKeys.map((name) => path.join(this.#context.person.home, '.ssh', name));
  }
}
