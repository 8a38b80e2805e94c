import * as vscode from 'vscode';
import type { HostKeyQuestion, Prompts, SecretQuestion } from '../updater/targets/link';
import { withToken } from './cancellation';
import { t } from './l10n';
import type { Secrets } from './secrets';

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
      const trust = t('Trust and Connect');
      const choice = await vscode.window.showWarningMessage(
        t('{0}: is this the host key of {1}?', server.id, `${host}:${port}`),
        {
          modal: true,
          detail: `${keyType}\n${fingerprint}\n\n${t(
            'This server is used for the first time. Compare the fingerprint with what “ssh-keygen -lf” prints on the server itself for its host key. It is asked only once; if the key ever changes, VMS Fleet stops.',
          )}`,
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
            prompt: secretPrompt(kind, subject, attempt),
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
      label: t('Remember It'),
      description: t("in VS Code's secret storage, encrypted on this computer"),
    };
    const choice = await withToken(signal, (token) =>
      vscode.window.showQuickPick(
        [{ label: t('Only for Now'), description: t('until this window closes') }, remember],
        { title: t('VMS Fleet: remember what you typed for {0}?', subject), ignoreFocusOut: true },
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

function secretPrompt(kind: SecretQuestion['kind'], subject: string, attempt: number): string {
  const prompt = kind === 'password' ? t('Password for {0}', subject) : t('Passphrase for {0}', subject);
  return attempt === 1 ? prompt : `${t('That was not right.')} ${prompt}`;
}
