import * as vscode from 'vscode';
import type { FleetEvent } from '../updater/rollout/events';
import { webviewTypes } from '../vscode/ids';
import { t } from '../vscode/l10n';
import type { FleetSession } from '../vscode/session';
import { FleetViewPanel, type PanelContext } from './fleet-view-panel';
import { LiveRollouts } from './live-rollouts';

/** All tabs with a fleet view, and what of running rollouts each needs to know. */
export class FleetViews implements vscode.WebviewPanelSerializer<unknown>, vscode.Disposable {
  private readonly panels = new Set<FleetViewPanel>();
  private readonly rollouts = new WeakMap<FleetSession, LiveRollouts>();
  private readonly registration = vscode.window.registerWebviewPanelSerializer(webviewTypes.fleetView, this);
  private readonly context: PanelContext;

  constructor(context: Omit<PanelContext, 'rolloutsOf'>) {
    this.context = { ...context, rolloutsOf: (session) => this.rolloutsOf(session) };
  }

  /** Shows the tab of a fleet, a new one where there is none; at a rollout where one is named. */
  open(session: FleetSession, rollout?: string): void {
    const id = session.uri.toString();
    const shown = [...this.panels].find(({ fleetId }) => fleetId === id);
    if (shown) return shown.reveal(rollout);
    const panel = vscode.window.createWebviewPanel(
      webviewTypes.fleetView,
      t('Fleet View'),
      vscode.ViewColumn.Active,
      { enableFindWidget: false },
    );
    this.add(panel, id, rollout);
  }

  /** A tab that was open when the window was closed comes back; what it showed stands in its state. */
  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const fleet = typeof state === 'object' && state !== null && 'fleet' in state ? state.fleet : null;
    this.add(panel, typeof fleet === 'string' ? fleet : null);
    return Promise.resolve();
  }

  event(session: FleetSession, event: FleetEvent): void {
    const moved = this.rolloutsOf(session).event(event);
    for (const panel of this.panels) panel.event(session, event, moved);
  }

  filesChanged(): void {
    for (const panel of this.panels) panel.filesChanged();
  }

  packagesChanged(): void {
    for (const panel of this.panels) panel.packagesChanged();
  }

  dispose(): void {
    vscode.Disposable.from(this.registration, ...this.panels).dispose();
  }

  private add(panel: vscode.WebviewPanel, fleet: string | null, rollout?: string): void {
    const added = new FleetViewPanel(panel, this.context, fleet, rollout);
    this.panels.add(added);
    added.onDidDispose(() => this.panels.delete(added));
  }

  private rolloutsOf(session: FleetSession): LiveRollouts {
    const known = this.rollouts.get(session);
    if (known) return known;
    const made = new LiveRollouts();
    this.rollouts.set(session, made);
    return made;
  }
}
