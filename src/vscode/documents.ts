import * as vscode from 'vscode';
import { builtInCommands, documentScheme } from './ids';

/** Read-only documents that are not files: a plan, a doctor's report. Each name holds its newest text. */
export class Documents implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(documentScheme, this);

  readonly onDidChange = this.changes.event;

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? '';
  }

  /** Shows Markdown, rendered where VS Code's own preview is there. */
  async show(name: string, markdown: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: documentScheme, path: `/${name}.md` });
    this.texts.set(uri.path, markdown);
    this.changes.fire(uri);
    await vscode.workspace.openTextDocument(uri);
    try {
      await vscode.commands.executeCommand(builtInCommands.markdownPreview, uri);
    } catch {
      // The preview belongs to an extension of VS Code's own that can be switched off; the source reads well too.
      await vscode.window.showTextDocument(uri, { preview: true });
    }
  }

  dispose(): void {
    vscode.Disposable.from(this.registration, this.changes).dispose();
  }
}
