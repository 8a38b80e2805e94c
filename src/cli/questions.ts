import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { FleetError } from '../updater/errors';
import type { HostKeyQuestion, Prompts, SecretQuestion } from '../updater/targets/link';
import type { Terminal } from './terminal';

export interface QuestionOptions {
  /** `--trust-new-host-keys`: keys of servers never seen before are accepted. A changed key is refused by the core all the same. */
  trustNewHostKeys: boolean;
  /** The value of the variable that `--password-env` names. */
  password: string | undefined;
  /** Ctrl-C while a question stands there: the terminal sends no signal then. */
  interrupted: () => void;
}

/** Questions to the person at the terminal, one at a time; where nobody sits there, every answer is no. */
export class Questions implements Prompts {
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly terminal: Terminal,
    private readonly options: QuestionOptions,
  ) {}

  async trustHostKey(question: HostKeyQuestion, signal?: AbortSignal): Promise<boolean> {
    const { server, host, port, keyType, fingerprint } = question;
    const key = `${server.id} (${host}:${port}) shows the ${keyType} key ${fingerprint}`;
    if (this.options.trustNewHostKeys) {
      this.terminal.note(`${key}; it is new and accepted by --trust-new-host-keys.`);
      return true;
    }
    if (!this.terminal.interactive) {
      throw new FleetError(
        'hostkey.unknown',
        `The host key of ${host}:${port} is not known: ${fingerprint}.`,
        {
          hint: 'Nobody is here to accept it. Compare it with the one on the server and connect once with ssh, or use --trust-new-host-keys, which accepts new keys but never changed ones.',
          server: server.id,
        },
      );
    }
    return this.inTurn(async () => {
      for (;;) {
        const answer = await this.ask(`${key}; it is new. Is it the right one? (yes/no) `, false, signal);
        if (answer === undefined || /^no?$/i.test(answer.trim())) return false;
        if (/^yes$/i.test(answer.trim())) return true;
      }
    });
  }

  async secret(
    { server, kind, subject, attempt }: SecretQuestion,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    if (attempt === 1 && this.options.password !== undefined) return this.options.password;
    if (!this.terminal.interactive) return undefined;
    return this.inTurn(async () => {
      const wrong = attempt > 1 ? 'That was not right. ' : '';
      const what = kind === 'password' ? `Password of ${subject}` : `Passphrase of the key ${subject}`;
      const answer = await this.ask(`${wrong}${what} (${server.id}): `, true, signal);
      return answer === '' ? undefined : answer;
    });
  }

  /** An ordinary question; anything but yes is no. */
  async confirm(question: string, signal?: AbortSignal): Promise<boolean> {
    if (!this.terminal.interactive) return false;
    const answer = await this.inTurn(() => this.ask(`${question} [y/N] `, false, signal));
    return /^y(es)?$/i.test(answer?.trim() ?? '');
  }

  private inTurn<T>(question: () => Promise<T>): Promise<T> {
    const turn = this.last.then(() => this.terminal.asking(question));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  /** One line from the terminal; undefined when it is closed or interrupted. */
  private ask(text: string, hidden: boolean, signal?: AbortSignal): Promise<string | undefined> {
    const { stdin, stderr } = this.terminal.streams;
    if (signal?.aborted) return Promise.resolve(undefined);
    this.terminal.prompt(text);
    // readline echoes what is typed to its output; a secret is echoed to nowhere.
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({
      input: stdin,
      output: hidden ? nowhere : stderr,
      terminal: true,
      historySize: 0,
    });
    return new Promise((resolve) => {
      const end = (answer: string | undefined) => {
        signal?.removeEventListener('abort', cancelled);
        lines.removeAllListeners();
        lines.close();
        if (hidden || answer === undefined) this.terminal.prompt('\n');
        resolve(answer);
      };
      const cancelled = () => end(undefined);
      signal?.addEventListener('abort', cancelled, { once: true });
      lines.once('line', end);
      lines.once('close', cancelled);
      lines.once('SIGINT', () => {
        end(undefined);
        this.options.interrupted();
      });
    });
  }
}
