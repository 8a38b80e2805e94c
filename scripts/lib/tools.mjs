// Where things are: the repository, and the programs of this machine.
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the repository. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** @param {...string} parts */
export const inRepo = (...parts) => join(root, ...parts);

/** The extension's manifest. */
export const manifest = () => JSON.parse(readFileSync(inRepo('package.json'), 'utf8'));

/** In continuous integration nothing is skipped: what is missing is a failure. */
export const inCI = ['true', '1'].includes(process.env['CI'] ?? '');

/**
 * Absolute path of a program, or undefined. Also looks where an ordinary user's PATH has no system tools.
 * @param {string} name
 */
export function tool(name) {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(executable);
}

function executable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A program of node_modules/.bin. @param {string} name */
export const bin = (name) => inRepo('node_modules', '.bin', name);

/** A Chromium for playwright-core: CHROME_PATH, the PATH, or the applications folder of macOS. */
export function chromium() {
  const named = process.env['CHROME_PATH'];
  if (named) return named;
  const onPath = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
    .map(tool)
    .find(Boolean);
  const apps = ['Google Chrome', 'Chromium'].map((app) => `/Applications/${app}.app/Contents/MacOS/${app}`);
  return onPath ?? apps.find((path) => existsSync(path));
}

/**
 * The command line of a desktop VS Code that can be used here, or undefined. The `code` inside a remote window's terminal
 * only talks to that window, and without a display there is nothing to open.
 */
export function desktopCode() {
  if (process.env['VSCODE_IPC_HOOK_CLI']) return undefined;
  if (process.platform === 'darwin') {
    const app = '/Applications/Visual Studio Code.app/Contents/Resources/app/bin/code';
    return tool('code') ?? (existsSync(app) ? app : undefined);
  }
  return hasDisplay() ? tool('code') : undefined;
}

export const hasDisplay = () =>
  process.platform === 'darwin' || Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);
