import * as vscode from 'vscode';
import type { HostKeyQuestion, Prompts, SecretQuestion } from '../updater/targets/link';
import { withToken } from './cancellation';
import type { Secrets } from './secrets';

const trust = 'Trust and Connect';

/** Asks the person in VS Code: one question at a time, for a second input box would close the first. */
export class WindowPrompts implements Prompts {
  private last: Promise<unknown> = Promise.resolve();
  /** By subject what the person chose at the first try, so that a mistyped password is not asked twice about. */
  private readonly remembered = new Map<string, boolean>();

  constructor(private readonly secrets: Secrets) {}

  trustHostKey(question: HostKeyQuestion, signal?: AbortSignal): Promise<boolean> {
    return this.inTurn(async () => {
      if (signal?.aborted === true) return false;
      const { server, host, port, keyType, fingerprint } = question;
      const choice = await vscode.window.showWarningMessage(
        `${server.id}: is this the host key of ${host}:${port}?`,
        {
          modal: true,
          detail:
            `${keyType}\n${fingerprint}\n\nThis server is used for the first time. Compare the fingerprint with what ` +
            '“ssh-keygen -lf” prints on the server itself for its host key. It is asked only once; if the key ever changes, VMS Fleet stops.',
        },
        trust,
      );
      return choice === trust;
    });
  }

  secret(question: SecretQuestion, signal?: AbortSignal): Promise<string | undefined> {
    return this.inTurn(async () => {
      if (signal?.aborted === true) return undefined;
      const { server, kind, subject, attempt } = question;
      if (attempt === 1) {
        const known = await this.secrets.get(subject);
        if (known !== undefined) return known;
      } else await this.secrets.forget(subject);
      const answer = await withToken(signal, (token) =>
        vscode.window.showInputBox(
          {
            title: `VMS Fleet: ${server.id}`,
            prompt: `${attempt === 1 ? '' : 'That was not right. '}${kind === 'password' ? 'Password' : 'Passphrase'} for ${subject}`,
            password: true,
            ignoreFocusOut: true,
          },
          token,
        ),
      );
      if (answer === undefined) return undefined;
      const chosen = attempt === 1 ? undefined : this.remembered.get(subject);
      const remember = chosen ?? (await this.remember(subject, signal));
      this.remembered.set(subject, remember);
      await this.secrets.keep(subject, answer, remember);
      return answer;
    });
  }

  private async remember(subject: string, signal: AbortSignal | undefined): Promise<boolean> {
    const remember = {
      label: 'Remember It',
      description: "in VS Code's secret storage, encrypted on this computer",
    };
    const choice = await withToken(signal, (token) =>
      vscode.window.showQuickPick(
        [{ label: 'Only for Now', description: 'until this window closes' }, remember],
        { title: `VMS Fleet: remember what you typed for ${subject}?`, ignoreFocusOut: true },
        token,
      ),
    );
    return choice === remember;
  }

  private inTurn<T>(ask: () => Promise<T>): Promise<T> {
    const answer = this.last.then(ask, ask);
    this.last = answer.catch(() => undefined);
    return answer;
  }
}
