import type { Arrangement } from './grouping';
import type { Uri } from 'vscode';
import type { Documents } from './documents';
import type { FleetFiles } from './fleet-files';
import type { FleetLog } from './log';
import type { Secrets } from './secrets';
import type { ServerLogs } from './server-logs';
import type { FleetSelection, FleetSession } from './session';

/** What commands are given: the composition root makes it, nobody reaches for anything else. */
export interface Faces {
  files: FleetFiles;
  log: FleetLog;
  documents: Documents;
  secrets: Secrets;
  serverLogs: ServerLogs;
  /** Where the extension lies. */
  extensionUri: Uri;
  /** What is selected in the tree now. */
  selection(): readonly FleetSelection[];
  /** How the fleet tree groups and filters. */
  arrangement: { get(): Arrangement; set(change: Partial<Arrangement>): void };
  /** Shows the fleet view of a fleet, at a rollout where one is named. */
  openFleetView(session: FleetSession, rollout?: string): void;
}
