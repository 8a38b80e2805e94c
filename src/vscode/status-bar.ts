import * as vscode from 'vscode';
import type { FleetFiles } from './fleet-files';
import { builtInCommands } from './ids';
import { summarise } from './summary';

/** The one status bar item. Shown while there is a fleet. */
export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(
    'vmsFleet.status',
    vscode.StatusBarAlignment.Left,
  );

  constructor(private readonly files: FleetFiles) {
    this.item.name = 'VMS Fleet';
    this.item.command = builtInCommands.focusFleetView;
  }

  update(): void {
    const { sessions } = this.files;
    if (sessions.length === 0) return this.item.hide();
    const { text, tooltip, failed } = summarise(sessions.flatMap(({ states }) => [...states.values()]));
    this.item.text = text;
    this.item.tooltip = `VMS Fleet: ${tooltip}`;
    this.item.backgroundColor =
      failed > 0 ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined;
    this.item.show();
  }

  dispose(): void {
    this.item.dispose();
  }
}
