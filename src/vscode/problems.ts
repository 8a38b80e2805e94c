import * as vscode from 'vscode';
import type { Problem } from '../updater/fleet/read';
import { diagnosticsName } from './ids';

/** Problems of a fleet file as VS Code underlines them. */
export function diagnosticsOf(text: string, problems: readonly Problem[]): vscode.Diagnostic[] {
  return problems.map((problem) => {
    const { line, column, offset, length, severity, message } = problem;
    const start = new vscode.Position(line - 1, column - 1);
    const range = new vscode.Range(start, after(start, text.slice(offset, offset + length)));
    const level = vscode.DiagnosticSeverity[severity === 'error' ? 'Error' : 'Warning'];
    const diagnostic = new vscode.Diagnostic(range, message, level);
    diagnostic.source = diagnosticsName;
    return diagnostic;
  });
}

function after(start: vscode.Position, text: string): vscode.Position {
  const lines = text.split(/\r\n|\r|\n/);
  const last = lines.at(-1) ?? '';
  return lines.length === 1
    ? start.translate(0, last.length)
    : new vscode.Position(start.line + lines.length - 1, last.length);
}
