import * as vscode from 'vscode';
import { signalOf } from '../vscode/cancellation';

type Report = (file: string, done: number, total: number | undefined) => void;

/** Shows how far something is that brings files here, and lets the person stop it. */
export function working<T>(
  title: string,
  run: (progress: Report, signal: AbortSignal) => Promise<T>,
): Thenable<T> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    (progress, token) =>
      run((file, done, total) => {
        const percent = total ? ` ${Math.floor((done / total) * 100)} %` : '';
        progress.report({ message: `${file.split(/[/\\]/).at(-1)}${percent}` });
      }, signalOf(token)),
  );
}
