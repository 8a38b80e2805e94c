import { describe, expect, it, vi } from 'vitest';
import { PackagesView } from '../../../src/tree/packages-view';

const watched = vi.hoisted(() => ({ listeners: new Map<string, () => void>(), visible: false }));

vi.mock('vscode', () => {
  const nothing = { dispose: () => undefined };
  const on = (what: string) => (listener: () => void) => (watched.listeners.set(what, listener), nothing);
  class EventEmitter {
    private readonly listeners = new Set<() => void>();
    readonly event = (listener: () => void) => (this.listeners.add(listener), nothing);
    fire = () => this.listeners.forEach((listener) => listener());
  }
  return {
    ...{ EventEmitter, TreeItem: class {}, TreeItemCollapsibleState: {}, RelativePattern: class {} },
    Uri: { file: (fsPath: string) => ({ fsPath }) },
    workspace: {
      getConfiguration: () => ({ get: () => '/data' }),
      createFileSystemWatcher: () => ({ onDidCreate: on('create'), onDidDelete: on('delete') }),
    },
    window: { createTreeView: () => ({ onDidChangeVisibility: () => nothing, ...watched }) },
  };
});

describe('the library', () => {
  it.each(['create', 'delete'])(
    'is told to other faces on %s, also while the view is closed',
    async (what) => {
      const fail = (error: unknown) => expect.unreachable(String(error));
      const view = new PackagesView({ sessions: [] } as never, () => undefined, fail);
      const [library, tree] = [vi.fn(), vi.fn()];
      view.onDidChangeLibrary(library);
      view.onDidChangeTreeData(tree);
      await vi.waitUntil(() => watched.listeners.has(what));
      watched.listeners.get(what)?.();
      watched.listeners.get(what)?.();
      expect(library).toHaveBeenCalledOnce();
      expect(tree).not.toHaveBeenCalled();
      await vi.waitUntil(() => library.mock.calls.length === 2, { timeout: 3_000 });
      watched.listeners.clear();
    },
  );
});
