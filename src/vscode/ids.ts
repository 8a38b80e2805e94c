/**
 * The one table of every name that package.json and the code share; a unit test compares the two.
 * Nothing here is typed a second time anywhere else.
 */
export const commandIds = {
  addServer: 'vmsFleet.addServer',
  arm: 'vmsFleet.arm',
  cancel: 'vmsFleet.cancel',
  chooseVersions: 'vmsFleet.setVersions',
  clearFilter: 'vmsFleet.clearFilter',
  continue: 'vmsFleet.continue',
  copyHash: 'vmsFleet.copyHash',
  copyCommandLine: 'vmsFleet.copyCommandLine',
  doctor: 'vmsFleet.doctor',
  download: 'vmsFleet.download',
  exportHistory: 'vmsFleet.exportHistory',
  filterServers: 'vmsFleet.filterServers',
  forgetPassword: 'vmsFleet.forgetPassword',
  groupBySite: 'vmsFleet.groupBySite',
  groupByStatus: 'vmsFleet.groupByStatus',
  groupBySystem: 'vmsFleet.groupBySystem',
  groupByTag: 'vmsFleet.groupByTag',
  // The same in a menu that has no ticks: the one that holds now.
  groupedBySite: 'vmsFleet.groupedBySite',
  groupedByStatus: 'vmsFleet.groupedByStatus',
  groupedBySystem: 'vmsFleet.groupedBySystem',
  groupedByTag: 'vmsFleet.groupedByTag',
  importInventory: 'vmsFleet.importInventory',
  importSshConfig: 'vmsFleet.importSshConfig',
  install: 'vmsFleet.install',
  load: 'vmsFleet.load',
  newFleetFile: 'vmsFleet.newFleetFile',
  openFleetFile: 'vmsFleet.openFleetFile',
  openFleetView: 'vmsFleet.openFleetView',
  openTerminal: 'vmsFleet.openTerminal',
  pause: 'vmsFleet.pause',
  plan: 'vmsFleet.plan',
  refresh: 'vmsFleet.refresh',
  refreshSelected: 'vmsFleet.refreshSelected',
  removePackage: 'vmsFleet.removePackage',
  replacePackage: 'vmsFleet.replacePackage',
  restart: 'vmsFleet.restart',
  resume: 'vmsFleet.resume',
  rollback: 'vmsFleet.rollback',
  showLog: 'vmsFleet.showLog',
  showServerLog: 'vmsFleet.showServerLog',
  skip: 'vmsFleet.skip',
} as const;
export type CommandName = keyof typeof commandIds;

export const viewContainerId = 'vmsFleet';

export const viewIds = {
  fleet: 'vmsFleet.fleet',
  packages: 'vmsFleet.packages',
  rollouts: 'vmsFleet.rollouts',
} as const;

/** Tools for language models. */
export const toolNames = { getStatus: 'vmsfleet_get_status', planUpdate: 'vmsfleet_plan_update' } as const;

/** Editor tabs of our own. */
export const webviewTypes = { fleetView: 'vmsFleet.fleetView' } as const;

/** `state` is one of `FleetFilesState`; welcome content and the view's buttons read it. The others say how the tree is arranged. */
export const contextKeys = {
  filtered: 'vmsFleet.filtered',
  grouping: 'vmsFleet.grouping',
  state: 'vmsFleet.state',
} as const;
/** Menus that others lead to. */
export const submenuIds = { groupBy: 'vmsFleet.groupBy' } as const;
/** none: no fleet file is known. errors: there are some, and none can be shown. ready: there is a fleet to show. */
export type FleetFilesState = 'none' | 'errors' | 'ready';

/** What is kept of a workspace. */
export const mementoKeys = { grouping: 'vmsFleet.grouping' } as const;

export const settingIds = {
  confirmInstall: 'vmsFleet.confirmInstall',
  dataFolder: 'vmsFleet.dataFolder',
  refreshIntervalMinutes: 'vmsFleet.refreshIntervalMinutes',
  refreshOnOpen: 'vmsFleet.refreshOnOpen',
} as const;

/** Words of a tree item's `contextValue`; menus match them by `viewItem =~ /…/`. */
export const capabilities = {
  fleet: 'fleet',
  /** A system, or other servers that have something in common. */
  system: 'system',
  server: 'server',
  module: 'module',
  /** A system that has no loaded package yet, or may have many; and one whose package can be replaced. */
  loadable: 'loadable',
  replaceable: 'replaceable',
  /** Made of modules with versions. */
  modular: 'modular',
  downloadable: 'downloadable',
  installable: 'installable',
  rollbackable: 'rollbackable',
  restartable: 'restartable',
  running: 'running',
  /** A rollout that runs and can be paused, or is; one that can be gone on with; a server of one, and whether it waits there. */
  rollout: 'rollout',
  pausable: 'pausable',
  paused: 'paused',
  resumable: 'resumable',
  part: 'part',
  waiting: 'waiting',
  /** Of the library of this computer. */
  package: 'package',
  failed: 'failed',
  /** The likely next action, offered inline. */
  nextDownload: 'next-download',
  nextInstall: 'next-install',
  nextResume: 'next-resume',
  nextRollback: 'next-rollback',
} as const;
export type Capability = (typeof capabilities)[keyof typeof capabilities];

export const outputChannelName = 'VMS Fleet';
export const diagnosticsName = 'VMS Fleet';
/** Scheme of read-only documents: plans and doctor's reports. */
export const documentScheme = 'vms-fleet';
/** Scheme of what was logged of some servers. */
export const serverLogScheme = 'vms-fleet-log';
/** Which files are fleet files, as `isFleetFile` says it. */
export const fleetFileGlob = '**/{*.fleet.jsonc,fleet.jsonc}';
/** Their ending, as VS Code's file dialogs take it. */
export const fleetFileEnding = 'jsonc';

/** Commands of VS Code itself that we run. */
export const builtInCommands = {
  focusFleetView: `${viewIds.fleet}.focus`,
  markdownPreview: 'markdown.showPreview',
  problems: 'workbench.actions.view.problems',
  setContext: 'setContext',
} as const;
