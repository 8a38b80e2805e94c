import * as vscode from 'vscode';
import { registerTools } from './assistant/tools';
import { registerCommands } from './commands';
import { dropFiles, dropPackages } from './commands/drop';
import { ask } from './commands/refresh';
import type { Server } from './updater/fleet/model';
import type { Updater } from './updater/updater';
import { SystemLenses } from './editor/system-lenses';
import { FleetView } from './tree/fleet-view';
import { PackagesView } from './tree/packages-view';
import { RolloutsView } from './tree/rollouts-view';
import { Documents } from './vscode/documents';
import type { Faces } from './vscode/faces';
import { FleetFiles } from './vscode/fleet-files';
import { updaterHost } from './vscode/host';
import { speak } from './vscode/l10n';
import { InterruptedRollouts } from './commands/interrupted';
import { FleetLog } from './vscode/log';
import { report } from './vscode/report';
import { Secrets } from './vscode/secrets';
import type { FleetSession } from './vscode/session';
import { ServerLogs } from './vscode/server-logs';
import { StatusBar } from './vscode/status-bar';
import { Throttle } from './vscode/throttle';
import { FleetViews } from './webview/fleet-views';

/** What `activate` returns: for tests, and for extensions that want to know what is going on. */
export interface Api {
  /** The updater of a fleet file that is shown; undefined for any other file. */
  updaterFor(file: vscode.Uri): Promise<Updater | undefined>;
  /** The trees as the views show them. */
  tree: vscode.TreeDataProvider<unknown>;
  /** What is dropped on the fleet tree. */
  drops: vscode.TreeDragAndDropController<unknown>;
  packages: vscode.TreeDataProvider<unknown> & vscode.TreeDragAndDropController<unknown>;
  rollouts: vscode.TreeDataProvider<unknown>;
}

let files: FleetFiles | undefined;

/** Wires the core and the faces together; whatever takes time is loaded when first needed. */
export function activate(context: vscode.ExtensionContext): Api {
  speak({ language: vscode.env.language, sentences: vscode.l10n.bundle });
  const log = new FleetLog();
  const documents = new Documents();
  const serverLogs = new ServerLogs();
  const secrets = new Secrets(context.secrets, context.globalState, log);
  const found = new FleetFiles(updaterHost(secrets, log), log);
  files = found;
  const refresh = (session: FleetSession, servers?: Server[]) =>
    ask(session, servers).catch((error: unknown) => report(log, error));
  const loud = (work: Promise<void>) => void work.catch((error: unknown) => report(log, error));
  const view = new FleetView({
    ...{ files: found, refresh, memento: context.workspaceState },
    drop: (target, { packages, files }) =>
      loud(packages.length > 0 ? dropPackages(faces, target, packages) : dropFiles(faces, target, files)),
  });
  const quiet = (what: string) => (error: unknown) => log.error(what, error);
  const packages = new PackagesView(
    found,
    (target, dropped) => loud(dropFiles(faces, target, dropped)),
    quiet('packages'),
  );
  const rollouts = new RolloutsView(found, quiet('rollouts'));
  const statusBar = new StatusBar(found);
  const lenses = new SystemLenses(found);
  const fleetViews = new FleetViews({ files: found, log, documents, extensionUri: context.extensionUri });
  packages.onDidChangeLibrary(() => fleetViews.packagesChanged());
  const faces: Faces = {
    ...{ files: found, log, documents, secrets, serverLogs, extensionUri: context.extensionUri },
    selection: () => view.selection,
    arrangement: { get: () => view.tree.arrangement, set: (change) => view.arrange(change) },
    openFleetView: (session, rollout) => fleetViews.open(session, rollout),
  };
  const interrupted = new InterruptedRollouts(faces);

  const summary = new Throttle<string>(250, () => {
    statusBar.update();
    view.summary();
  });
  const followed = new WeakSet<FleetSession>();
  const follow = (session: FleetSession): void => {
    if (followed.has(session)) return;
    followed.add(session);
    session.onEvent((event) => {
      log.event(event);
      serverLogs.event(session, event);
      view.tree.event(session, event);
      fleetViews.event(session, event);
      rollouts.event(session, event);
      packages.event(event);
      lenses.changed();
      summary.touch('');
    });
    void interrupted.look(session).catch((error: unknown) => log.error('interrupted rollouts', error));
  };
  found.onDidChange(() => {
    found.sessions.forEach(follow);
    view.filesChanged();
    fleetViews.filesChanged();
    rollouts.filesChanged();
    packages.filesChanged();
    lenses.changed();
    statusBar.update();
  });

  context.subscriptions.push(
    ...[
      registerCommands(faces),
      registerTools(found),
      view,
      packages,
      rollouts,
      fleetViews,
      statusBar,
      lenses,
      documents,
      serverLogs,
      { dispose: () => summary.clear() },
      log,
    ],
  );
  return {
    ...{ tree: view.tree, drops: view, packages, rollouts },
    async updaterFor(file) {
      await found.settled();
      return found.sessionOf(file)?.updater();
    },
  };
}

/** VS Code waits for it: links are closed, what runs on servers goes on there. */
export async function deactivate(): Promise<void> {
  await files?.close();
}
