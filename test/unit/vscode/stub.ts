/** Stands in for VS Code where a test has only to see what a face does with it; `vi.mock('vscode', () => import('…/stub'))`. */
import { vi } from 'vitest';

interface Disposable {
  dispose(): void;
}
const nothing = (): Disposable => ({ dispose: () => undefined });

export class EventEmitter<T> {
  private readonly listeners = new Set<(event: T) => void>();
  readonly event = (listener: (event: T) => void): Disposable => {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  };
  fire(event: T): void {
    for (const listener of this.listeners) listener(event);
  }
  dispose(): void {
    this.listeners.clear();
  }
}

export class Uri {
  private constructor(readonly path: string) {}
  static file = (path: string): Uri => new Uri(path);
  static joinPath = (uri: Uri, ...parts: string[]): Uri => new Uri([uri.path, ...parts].join('/'));
  static from = ({ path }: { path: string }): Uri => new Uri(path);
  get fsPath(): string {
    return this.path;
  }
  toString(): string {
    return `file://${this.path}`;
  }
}

export class FileSystemError extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}
export const FileType = { File: 1 };
export const TreeItemCollapsibleState = { None: 0, Collapsed: 1, Expanded: 2 };
export const ProgressLocation = { Notification: 15, Window: 10 };
export class TreeItem {
  constructor(
    readonly label: string,
    readonly collapsibleState: number,
  ) {}
}
export class ThemeIcon {
  constructor(readonly id: string) {}
}
export class ThemeColor extends ThemeIcon {}
export class MarkdownString {
  constructor(readonly value: string) {}
}
export const Disposable = {
  from: (...all: Disposable[]): Disposable => ({ dispose: () => all.forEach((one) => one.dispose()) }),
};

/** The files there are, by their path; a test puts them there and takes them away. */
export const disk = new Map<string, string>();
const read = (uri: Uri): Promise<string> => {
  const text = disk.get(uri.path);
  return text === undefined ? Promise.reject(new FileSystemError('FileNotFound')) : Promise.resolve(text);
};

/** What the workspace tells of its files. */
export const watched = {
  created: new EventEmitter<Uri>(),
  changed: new EventEmitter<Uri>(),
  deleted: new EventEmitter<Uri>(),
};

export const workspace = {
  workspaceFolders: [],
  fs: {
    readFile: async (uri: Uri) => new TextEncoder().encode(await read(uri)),
    stat: async (uri: Uri) => ({ mtime: 0, size: (await read(uri)).length }),
    readDirectory: () => Promise.resolve([]),
  },
  createFileSystemWatcher: () => ({
    ...{ onDidCreate: watched.created.event, onDidChange: watched.changed.event },
    ...{ onDidDelete: watched.deleted.event, dispose: () => undefined },
  }),
  findFiles: () => Promise.resolve([...disk.keys()].map(Uri.file)),
  onDidSaveTextDocument: nothing,
  onDidChangeWorkspaceFolders: nothing,
  asRelativePath: ({ path }: Uri) => path,
  getConfiguration: () => ({ get: () => undefined }),
};

export const languages = {
  createDiagnosticCollection: () => ({ ...nothing(), set: () => undefined, delete: () => undefined }),
};
export const commands = { executeCommand: () => Promise.resolve() };

/** A person who chooses nothing, unless a test says what. */
export const window = {
  createTreeView: () => ({ ...nothing(), visible: true, onDidChangeVisibility: nothing }),
  showInformationMessage: vi.fn(() => Promise.resolve<unknown>(undefined)),
  showWarningMessage: vi.fn(() => Promise.resolve<unknown>(undefined)),
  showErrorMessage: vi.fn(() => Promise.resolve<unknown>(undefined)),
  showQuickPick: vi.fn((_items: unknown) => Promise.resolve<unknown>(undefined)),
  showOpenDialog: vi.fn(() => Promise.resolve<unknown>(undefined)),
  withProgress: <T>(_options: unknown, run: (progress: unknown, token: unknown) => T): T =>
    run({ report: () => undefined }, { onCancellationRequested: nothing }),
};
