import * as vscode from 'vscode';
import type { FleetEvent } from '../updater/rollout/events';
import { serverLogScheme } from './ids';
import { t } from './l10n';
import { LogTail } from './log-tail';
import type { FleetSession } from './session';
import { Throttle } from './throttle';

interface Shown {
  uri: vscode.Uri;
  fleet: string;
  servers: ReadonlySet<string>;
}

/** What was logged of some servers alone, as read-only documents that grow while they are open. */
export class ServerLogs implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly tail = new LogTail();
  private readonly shown = new Map<string, Shown>();
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  private readonly throttle = new Throttle<string>(500, (key) => {
    const one = this.shown.get(key);
    if (one) this.changes.fire(one.uri);
  });
  private readonly subscriptions: vscode.Disposable[];

  readonly onDidChange = this.changes.event;

  constructor() {
    this.subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(serverLogScheme, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === serverLogScheme) this.shown.delete(uri.toString());
      }),
      this.changes,
    ];
  }

  event({ uri }: FleetSession, event: FleetEvent): void {
    const fleet = uri.toString();
    const server = this.tail.event(fleet, event);
    if (server === undefined) return;
    for (const [key, one] of this.shown)
      if (one.fleet === fleet && one.servers.has(server)) this.throttle.touch(key);
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const one = this.shown.get(uri.toString());
    const text = one ? this.tail.of(one.fleet, one.servers) : '';
    return text === '' ? `${t('Nothing was logged of it since this window was opened.')}\n` : text;
  }

  /** @param name what the tab is called */
  async show(name: string, session: FleetSession, servers: readonly string[]): Promise<void> {
    const fleet = session.uri.toString();
    // Two fleets may have the same name too.
    const path = `/${name.replaceAll('/', '-')}.log`;
    const uri = vscode.Uri.from({ scheme: serverLogScheme, path, query: fleet });
    this.shown.set(uri.toString(), { uri, fleet, servers: new Set(servers) });
    this.changes.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    const editor = await vscode.window.showTextDocument(document, { preview: true });
    const end = document.lineAt(document.lineCount - 1).range;
    editor.revealRange(end);
  }

  dispose(): void {
    this.throttle.clear();
    vscode.Disposable.from(...this.subscriptions).dispose();
  }
}
