/** Codicons (https://github.com/microsoft/vscode-codicons, CC BY 4.0), as SVG in the bundle: only those that are used. */
import arrowDown from '@vscode/codicons/src/icons/arrow-down.svg';
import arrowUp from '@vscode/codicons/src/icons/arrow-up.svg';
import check from '@vscode/codicons/src/icons/check.svg';
import chevronDown from '@vscode/codicons/src/icons/chevron-down.svg';
import chevronRight from '@vscode/codicons/src/icons/chevron-right.svg';
import circleSlash from '@vscode/codicons/src/icons/circle-slash.svg';
import clockface from '@vscode/codicons/src/icons/clockface.svg';
import close from '@vscode/codicons/src/icons/close.svg';
import cloudDownload from '@vscode/codicons/src/icons/cloud-download.svg';
import debugContinue from '@vscode/codicons/src/icons/debug-continue.svg';
import debugDisconnect from '@vscode/codicons/src/icons/debug-disconnect.svg';
import debugPause from '@vscode/codicons/src/icons/debug-pause.svg';
import debugRestart from '@vscode/codicons/src/icons/debug-restart.svg';
import debugStop from '@vscode/codicons/src/icons/debug-stop.svg';
import discard from '@vscode/codicons/src/icons/discard.svg';
import error from '@vscode/codicons/src/icons/error.svg';
import filter from '@vscode/codicons/src/icons/filter.svg';
import folderLibrary from '@vscode/codicons/src/icons/folder-library.svg';
import goToFile from '@vscode/codicons/src/icons/go-to-file.svg';
import history from '@vscode/codicons/src/icons/history.svg';
import info from '@vscode/codicons/src/icons/info.svg';
import sidebar from '@vscode/codicons/src/icons/layout-sidebar-right.svg';
import sidebarOff from '@vscode/codicons/src/icons/layout-sidebar-right-off.svg';
import loading from '@vscode/codicons/src/icons/loading.svg';
import output from '@vscode/codicons/src/icons/output.svg';
import packageIcon from '@vscode/codicons/src/icons/package.svg';
import pass from '@vscode/codicons/src/icons/pass.svg';
import play from '@vscode/codicons/src/icons/play.svg';
import pulse from '@vscode/codicons/src/icons/pulse.svg';
import refresh from '@vscode/codicons/src/icons/refresh.svg';
import server from '@vscode/codicons/src/icons/server.svg';
import serverEnvironment from '@vscode/codicons/src/icons/server-environment.svg';
import shield from '@vscode/codicons/src/icons/shield.svg';
import skip from '@vscode/codicons/src/icons/skip.svg';
import sync from '@vscode/codicons/src/icons/sync.svg';
import versions from '@vscode/codicons/src/icons/versions.svg';
import warning from '@vscode/codicons/src/icons/warning.svg';
import watch from '@vscode/codicons/src/icons/watch.svg';
import { html, type TemplateResult } from 'lit';

const pictures: Record<string, string> = {
  'arrow-down': arrowDown,
  'arrow-up': arrowUp,
  check,
  'chevron-down': chevronDown,
  'chevron-right': chevronRight,
  'circle-slash': circleSlash,
  clock: clockface,
  close,
  'cloud-download': cloudDownload,
  'debug-continue': debugContinue,
  'debug-disconnect': debugDisconnect,
  'debug-pause': debugPause,
  'debug-restart': debugRestart,
  'debug-stop': debugStop,
  discard,
  error,
  filter,
  'folder-library': folderLibrary,
  'go-to-file': goToFile,
  history,
  info,
  'layout-sidebar-right': sidebar,
  'layout-sidebar-right-off': sidebarOff,
  loading,
  output,
  package: packageIcon,
  pass,
  play,
  pulse,
  refresh,
  server,
  'server-environment': serverEnvironment,
  shield,
  skip,
  sync,
  versions,
  warning,
  watch,
};

/** As templates that are parsed once each: a table is full of them. */
const icons: Record<string, TemplateResult> = Object.fromEntries(
  Object.entries(pictures).map(([id, svg]) => [id, html(Object.assign([svg], { raw: [svg] }))]),
);

/**
 * An icon for the eye alone: what it says stands beside it in words.
 * @param name as VS Code names it, `loading~spin` for one that turns
 * @param colour a theme colour's id
 */
export function icon(name: string, colour: string | null = null): TemplateResult {
  const [id = '', turn] = name.split('~');
  const style = colour === null ? '' : `color: var(--vscode-${colour.replaceAll('.', '-')})`;
  return html`<span class=${turn === 'spin' ? 'icon spin' : 'icon'} .style=${style} aria-hidden="true"
    >${icons[id] ?? icons['server']}</span
  >`;
}
