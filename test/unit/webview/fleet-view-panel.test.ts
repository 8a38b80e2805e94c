import { describe, expect, it, vi } from 'vitest';
import { FleetViewPanel, type PanelContext } from '../../../src/webview/fleet-view-panel';
import { LiveRollouts } from '../../../src/webview/live-rollouts';
import type { ToPage } from '../../../src/webview/protocol';

vi.mock('vscode', () => ({
  Disposable: { from: () => ({ dispose: () => undefined }) },
  Uri: { joinPath: () => '' },
  workspace: { getConfiguration: () => ({ get: () => false }), asRelativePath: () => 'a.fleet.jsonc' },
}));

const fleet = 'file:///a.fleet.jsonc';

/** A panel whose page is the test, on a fleet whose files are read when the test says so. */
function open() {
  let [hear, read]: [(message: unknown) => void, () => void] = [() => undefined, () => undefined];
  const posted: ToPage[] = [];
  const nothing = { dispose: () => undefined };
  const panel = {
    visible: true,
    onDidChangeViewState: () => nothing,
    webview: {
      onDidReceiveMessage: (listener: typeof hear) => ((hear = listener), nothing),
      postMessage: (message: ToPage) => Promise.resolve(posted.push(message) > 0),
      asWebviewUri: (uri: unknown) => uri,
    },
  };
  const plan = vi.fn(() => Promise.resolve({ servers: [] }));
  const session = {
    ...{ uri: { toString: () => fleet }, fleet: { name: 'A', systems: [] } },
    ...{ servers: [{ id: 'box-1' }], states: new Map(), updater: () => Promise.resolve({ plan }) },
  };
  const files = {
    ...{ sessions: [session], faulty: [], settled: () => Promise.resolve() },
    current: () => new Promise<void>((resolve) => (read = resolve)),
  };
  const context = { files, log: { error: vi.fn() }, rolloutsOf: () => new LiveRollouts() };
  const view = new FleetViewPanel(panel as never, context as unknown as PanelContext, fleet);
  let last = 0;
  /** Asks, and resolves with the answer or the refusal. */
  const ask = (name: string, body: unknown): Promise<ToPage | undefined> => {
    const id = ++last;
    hear({ kind: 'request', id, name, body });
    const said = () => posted.find((one) => one.kind !== 'event' && one.id === id);
    return vi.waitUntil(said, { timeout: 500 }).catch(() => undefined);
  };
  return { view, ask, plan, posted, read: () => read() };
}

describe('the fleet view’s panel', () => {
  it('makes no plan that was stopped while the fleet files were read', async () => {
    const { ask, plan, read } = open();
    const asked = ask('plan', { fleet, action: 'install', servers: ['box-1'] });
    await ask('stopPlanning', null);
    read();
    expect(await asked).toMatchObject({ kind: 'refusal', message: 'Stopped.' });
    expect(plan).not.toHaveBeenCalled();
  });

  it('makes a plan that nobody stopped', async () => {
    const { ask, plan, read } = open();
    const asked = ask('plan', { fleet, action: 'install', servers: ['box-1'] });
    read();
    expect(await asked).toMatchObject({ kind: 'answer', body: { servers: [] } });
    expect(plan).toHaveBeenCalledOnce();
  });

  it('tells its page that packages came or went', async () => {
    const { view, ask, posted } = open();
    await ask('snapshot', { fleet: null });
    view.packagesChanged();
    expect(posted.at(-1)).toEqual({ kind: 'event', event: { type: 'packages' } });
  });
});
