import * as vscode from 'vscode';
import type { FleetFiles } from '../vscode/fleet-files';
import { commandIds, fleetFileGlob } from '../vscode/ids';
import { t } from '../vscode/l10n';
import type { FleetSelection, FleetSession } from '../vscode/session';
import { Throttle } from '../vscode/throttle';
import { systemStatus, updateTitle } from './lens-words';

/** Above each system of a fleet file: how it stands, and what is likely done next. */
export class SystemLenses implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  /** Lines that change more often than this cannot be read. */
  private readonly throttle = new Throttle<string>(1000, () => this.changes.fire());
  private readonly registration: vscode.Disposable;

  readonly onDidChangeCodeLenses = this.changes.event;

  constructor(private readonly files: FleetFiles) {
    this.registration = vscode.languages.registerCodeLensProvider(
      { scheme: 'file', pattern: fleetFileGlob },
      this,
    );
  }

  /** Something is known now of servers that was not before. */
  changed(): void {
    this.throttle.touch('');
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    const session = this.files.sessionOf(document.uri);
    if (!session) return [];
    const { systemPlaces } = await import('../updater/fleet/places');
    return systemPlaces(document.getText()).flatMap(({ id, place }) => {
      const start = document.positionAt(place.offset);
      return lensesOf(session, id).map(
        (command) => new vscode.CodeLens(new vscode.Range(start, start), command),
      );
    });
  }

  dispose(): void {
    this.throttle.clear();
    vscode.Disposable.from(this.registration, this.changes).dispose();
  }
}

/** None for a system that was not read yet: it is being written. */
function lensesOf(session: FleetSession, id: string): vscode.Command[] {
  const system = session.fleet.systems.find((one) => one.id === id);
  if (!system) return [];
  const { servers } = system;
  const selection: FleetSelection = { session, servers, system };
  if (servers.length === 0)
    return [{ title: t('Add Server…'), command: commandIds.addServer, arguments: [selection] }];
  return [
    {
      title: systemStatus(system, session.states),
      tooltip: t('Ask its servers again'),
      command: commandIds.refreshSelected,
      arguments: [selection],
    },
    { title: updateTitle(system, session.states), command: commandIds.install, arguments: [selection] },
    { title: t('Open Fleet View'), command: commandIds.openFleetView, arguments: [selection] },
  ];
}
