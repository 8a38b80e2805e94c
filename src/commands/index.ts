import * as vscode from 'vscode';
import type { Faces } from '../vscode/faces';
import { commandIds, type CommandName } from '../vscode/ids';
import { report } from '../vscode/report';
import { clearFilter, filterServers, groupBy } from './arrange';
import { addServer } from './add-server';
import { arm } from './arm';
import { chooseVersions } from './choose-versions';
import type { Command } from './command';
import { copyCommandLine } from './copy-command-line';
import { doctor } from './doctor';
import { download } from './download';
import { exportHistory } from './export-history';
import { forgetPassword } from './forget-password';
import { cancel, pause, proceed, skip } from './halt';
import { importInventory } from './import-inventory';
import { importSshConfig } from './import-ssh-config';
import { install } from './install';
import { load } from './load';
import { newFleetFile } from './new-fleet-file';
import { openFleetFile } from './open-fleet-file';
import { openFleetView } from './open-fleet-view';
import { copyHash, removePackage } from './packages';
import { openTerminal } from './open-terminal';
import { plan } from './plan';
import { refresh, refreshSelected } from './refresh';
import { restart } from './restart';
import { resume } from './resume';
import { rollback } from './rollback';
import { selectionOf } from './selection';
import { showLog } from './show-log';
import { showServerLog } from './show-server-log';

const commands: Record<CommandName, Command> = {
  addServer,
  arm,
  cancel,
  chooseVersions,
  clearFilter,
  continue: proceed,
  copyHash,
  copyCommandLine,
  doctor,
  download,
  exportHistory,
  filterServers,
  forgetPassword,
  groupBySite: groupBy('site'),
  groupByStatus: groupBy('status'),
  groupBySystem: groupBy('system'),
  groupByTag: groupBy('tag'),
  groupedBySite: groupBy('site'),
  groupedByStatus: groupBy('status'),
  groupedBySystem: groupBy('system'),
  groupedByTag: groupBy('tag'),
  importInventory,
  importSshConfig,
  install,
  load,
  newFleetFile,
  openFleetFile,
  openFleetView,
  openTerminal,
  pause,
  plan,
  refresh,
  refreshSelected,
  removePackage,
  // What it is called where a system has its package already.
  replacePackage: load,
  restart,
  resume,
  rollback,
  showLog,
  showServerLog,
  skip,
};

/** Registers every verb; whatever one throws is told by the one handler of errors. */
export function registerCommands(faces: Faces): vscode.Disposable {
  const names = Object.keys(commands) as CommandName[];
  return vscode.Disposable.from(
    ...names.map((name) =>
      vscode.commands.registerCommand(commandIds[name], async (...args: unknown[]) => {
        const called = selectionOf(args);
        try {
          await commands[name](faces, called.length > 0 ? called : faces.selection());
        } catch (thrown) {
          report(faces.log, thrown);
        }
      }),
    ),
  );
}
