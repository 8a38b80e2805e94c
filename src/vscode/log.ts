import * as vscode from 'vscode';
import type { FleetEvent } from '../updater/rollout/events';
import { outputChannelName } from './ids';
import { logLine } from './log-lines';

/** The output channel "VMS Fleet". What happens to servers gets in by events only. */
export class FleetLog implements vscode.Disposable {
  private readonly channel = vscode.window.createOutputChannel(outputChannelName, { log: true });

  event(event: FleetEvent): void {
    const line = logLine(event);
    if (line) this.channel[line.level](line.text);
  }

  /** A bug, or something of the extension itself that went wrong: with its stack and causes. */
  error(what: string, thrown: unknown): void {
    this.channel.error(what);
    for (let one = thrown, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth += 1)
      this.channel.error(one.stack ?? one.message);
    if (!(thrown instanceof Error)) this.channel.error(JSON.stringify(thrown) ?? 'undefined');
  }

  info(message: string): void {
    this.channel.info(message);
  }

  debug(message: string): void {
    this.channel.debug(message);
  }

  show(): void {
    this.channel.show(true);
  }

  dispose(): void {
    this.channel.dispose();
  }
}
