import type * as vscode from 'vscode';
import type { FleetLog } from './log';

const prefix = 'vmsFleet.secret:';
/** Under this name the subjects (never a secret) of remembered answers are listed: SecretStorage cannot list its keys. */
const listKey = 'vmsFleet.rememberedSubjects';

/**
 * Passwords and passphrases: in memory until the window closes, and in VS Code's SecretStorage where the person said so.
 * SecretStorage can fail where there is no keyring; then it is as if nothing had been remembered.
 */
export class Secrets {
  private readonly session = new Map<string, string>();

  constructor(
    private readonly storage: vscode.SecretStorage,
    private readonly memento: vscode.Memento,
    private readonly log: FleetLog,
  ) {}

  async get(subject: string): Promise<string | undefined> {
    const known = this.session.get(subject);
    if (known !== undefined || !this.subjects().includes(subject)) return known;
    return this.attempt('read', () => this.storage.get(prefix + subject));
  }

  async keep(subject: string, secret: string, remember: boolean): Promise<void> {
    this.session.set(subject, secret);
    if (!remember) return;
    await this.attempt('store', async () => {
      await this.storage.store(prefix + subject, secret);
      await this.memento.update(listKey, [...new Set([...this.subjects(), subject])]);
    });
  }

  async forget(subject: string): Promise<void> {
    this.session.delete(subject);
    if (!this.subjects().includes(subject)) return;
    await this.attempt('delete', async () => this.storage.delete(prefix + subject));
    await this.memento.update(
      listKey,
      this.subjects().filter((one) => one !== subject),
    );
  }

  /** Whose answers are known, in memory or in the storage. */
  known(): string[] {
    return [...new Set([...this.subjects(), ...this.session.keys()])].sort();
  }

  private subjects(): string[] {
    return this.memento.get<string[]>(listKey, []);
  }

  private async attempt<T>(what: string, run: () => Thenable<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      this.log.error(`VS Code's secret storage cannot ${what} an entry; you will be asked instead`, error);
      return undefined;
    }
  }
}
