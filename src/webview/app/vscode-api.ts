import type { ToHost } from '../protocol';

/** What VS Code gives a webview's page. */
export interface VsCodeApi {
  postMessage(message: ToHost): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** It can be asked for only once. */
export const vscode: VsCodeApi = acquireVsCodeApi();
