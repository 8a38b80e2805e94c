import * as vscode from 'vscode';
import { settingIds } from './ids';

/** The settings `vmsFleet.*`, read when asked for; their defaults stand in package.json. */
export const settings = {
  /** Ask before servers are changed, although nothing stands in the way. */
  confirmInstall: (): boolean => read(settingIds.confirmInstall, true),
  /** Empty: the platform's default, shared with the command line. */
  dataFolder: (): string => read(settingIds.dataFolder, '').trim(),
  refreshOnOpen: (): boolean => read(settingIds.refreshOnOpen, true),
  /** 0: never. */
  refreshIntervalMinutes: (): number => Math.max(0, read(settingIds.refreshIntervalMinutes, 0)),
};

/** A value of another type than the default's is a mistake in settings.json and counts as the default. */
function read<T extends string | number | boolean>(id: string, fallback: T): T {
  const value: unknown = vscode.workspace.getConfiguration().get(id);
  return typeof value === typeof fallback ? (value as T) : fallback;
}
