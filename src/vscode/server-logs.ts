import * as vscode from 'vscode';
import type { FleetEvent } from '../updater/rollout/events';
import { serverLogScheme } from './ids';
import { t } from './l10n';
import { LogTail } from './log-tail';
import { Throttle } from './throttle';

/** What was logged of some servers alone, as read-only documents that grow while they are open. */
export class ServerLogs implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly tail = new LogTail();
  private readonly shown = new Map<string, { uri: vscode.Uri; servers: ReadonlySet<string> }>();
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  private readonly throttle = new Throttle<string>(500, (path) => {
    const one = this.shown.get(path);
    if (one) this.changes.fire(one.uri);
  });
  private readonly subscriptions: vscode.Disposable[];

  readonly onDidChange = this.changes.event;

  constructor() {
    this.subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(serverLogScheme, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === serverLogScheme) this.shown.delete(uri.path);
      }),
      this.changes,
    ];
  }

  event(event: FleetEvent): void {
    const server = this.tail.event(event);
    if (server === undefined) return;
    for (const [path, { servers }] of this.shown) if (servers.has(server)) this.throttle.touch(path);
  }

  provideTextDocumentContent({ path }: vscode.Uri): string {
    const servers = this.shown.get(path)?.servers ?? new Set();
    const text = this.tail.of(servers);
    return text === '' ? `${t('Nothing was logged of it since this window was opened.')}\n` : text;
  }

  /** @param name what the tab is called */
  async show(name: string, servers: readonly string[]): Promise<void> {
    const uri = vscode.Uri.from({ scheme: serverLogScheme, path: `/${name.replaceAll('/', '-')}.log` });
    this.shown.set(uri.path, { uri, servers: new Set(servers) });
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
