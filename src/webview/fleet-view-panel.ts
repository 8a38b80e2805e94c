import * as vscode from 'vscode';
import { leftBehind } from '../updater/rollout/left-behind';
import { FleetError } from '../updater/errors';
import type { Server } from '../updater/fleet/model';
import type { FleetEvent } from '../updater/rollout/events';
import type { ServerState } from '../updater/rollout/state';
import { factRows, moduleRows } from '../vscode/describe';
import type { Documents } from '../vscode/documents';
import type { FleetFiles } from '../vscode/fleet-files';
import { commandIds } from '../vscode/ids';
import { t } from '../vscode/l10n';
import type { FleetLog } from '../vscode/log';
import type { FleetSelection, FleetSession } from '../vscode/session';
import { settings } from '../vscode/settings';
import { isUnasked } from '../vscode/statuses';
import { Throttle } from '../vscode/throttle';
import type { LiveRollouts, Moved } from './live-rollouts';
import { pageOf } from './page';
import {
  answerTo,
  type Answers,
  type HostEvent,
  type RolloutChange,
  type ServerDetail,
  type ServerRow,
  type Snapshot,
  type ToPage,
} from './protocol';
import { rolloutDocument } from './rollout-document';
import { foldJournal, type RolloutView } from './rollout-view';
import { rowOf } from './rows';
import { systemCards } from './systems';
import { logEntry, WatchedLog } from './watched-log';

/** ms between two batches of changes. */
const beat = 100;
/** Lines of a server's log that are shown. */
const mostLines = 300;

export interface PanelContext {
  files: FleetFiles;
  log: FleetLog;
  documents: Documents;
  extensionUri: vscode.Uri;
  rolloutsOf(session: FleetSession): LiveRollouts;
}

/** One editor tab with the fleet view: what its page asks is answered here, what happens is sent to it in batches. */
export class FleetViewPanel implements vscode.Disposable {
  private readonly subscriptions: vscode.Disposable[];
  private readonly batch = new Throttle<string>(beat, () => this.flush());
  private readonly dirty = new Set<string>();
  /** Rollout id → its servers that changed; `all` where the page does not know it yet. */
  private readonly moved = new Map<string, Set<string> | 'all'>();
  private readonly watched = new WatchedLog(() => this.batch.touch(''));
  private seq = 0;
  /** The page has its picture, so that changes mean something to it. */
  private ready = false;
  /** Something happened that the page was not told, because it could not be seen. */
  private missed = false;
  private planning: AbortController | undefined;

  /**
   * @param fleet URI of the fleet file; the page may choose another
   * @param rolloutAsked the rollout that the page shall show first
   */
  constructor(
    private readonly panel: vscode.WebviewPanel,
    private readonly context: PanelContext,
    private fleet: string | null,
    private rolloutAsked?: string,
  ) {
    const { webview } = panel;
    const { extensionUri } = context;
    webview.options = {
      enableScripts: true,
      localResourceRoots: [vscode.Uri.joinPath(extensionUri, 'dist')],
    };
    const icon = (theme: string) => vscode.Uri.joinPath(extensionUri, 'media', `fleet-${theme}.svg`);
    panel.iconPath = { light: icon('light'), dark: icon('dark') };
    this.subscriptions = [
      webview.onDidReceiveMessage(
        (message: unknown) =>
          void answerTo(
            message,
            this.answers,
            (answer) => this.post(answer),
            (error) => this.explain(error),
          ),
      ),
      panel.onDidChangeViewState(() => this.seen()),
    ];
    webview.html = pageOf(webview, extensionUri);
    this.retitle();
  }

  get fleetId(): string | null {
    return this.fleet;
  }

  reveal(rollout?: string): void {
    this.rolloutAsked = rollout;
    this.panel.reveal();
    // A page that has been hidden, or is not there yet, hears it with its next snapshot.
    if (rollout !== undefined) this.tell({ type: 'stale' });
  }

  onDidDispose(run: () => void): void {
    this.panel.onDidDispose(() => {
      this.dispose();
      run();
    });
  }

  /** Other fleet files, or something else in them. */
  filesChanged(): void {
    this.retitle();
    this.tell({ type: 'stale' });
  }

  /** The library holds something else. */
  packagesChanged(): void {
    this.tell({ type: 'packages' });
  }

  /** Something happened to a server or a rollout of a fleet. */
  event(session: FleetSession, event: FleetEvent, moved: Moved | undefined): void {
    if (session !== this.session) return;
    if (event.type === 'rollout-left') return this.tell({ type: 'stale' });
    if (moved !== undefined) this.touchRollout(moved);
    if (moved !== undefined && (event.type === 'rollout-started' || event.type === 'rollout-finished'))
      for (const { id } of this.context.rolloutsOf(session).fold(moved.id)?.view()?.servers ?? [])
        this.dirty.add(id);
    if ('server' in event && event.type !== 'log') this.dirty.add(event.server);
    this.watched.event(event);
    this.batch.touch('');
  }

  touchRollout({ id, server, began }: Moved): void {
    const known = this.moved.get(id) ?? new Set();
    if (known !== 'all' && server !== null) known.add(server);
    this.moved.set(id, began ? 'all' : known);
    this.batch.touch('');
  }

  dispose(): void {
    this.planning?.abort();
    this.batch.clear();
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  private get session(): FleetSession | undefined {
    return this.context.files.sessions.find(({ uri }) => uri.toString() === this.fleet);
  }

  private need(): FleetSession {
    if (this.session) return this.session;
    throw new FleetError('usage', t('No fleet file can be shown.'), {
      hint: t('Problems shows what is wrong with it.'),
    });
  }

  private retitle(): void {
    const name = this.session?.fleet.name;
    this.panel.title = name === undefined ? t('Fleet View') : t('Fleet: {0}', name);
  }

  private readonly answers: Answers = {
    snapshot: ({ fleet }) => this.snapshot(fleet),
    run: ({ fleet, verb, servers, rollout }) => {
      const selection: FleetSelection = {
        session: this.need(),
        servers: this.those(fleet, servers),
        ...(rollout !== undefined && { rollout }),
      };
      // Not awaited: it asks, acts and tells in VS Code's own ways, and its errors are told there too.
      void vscode.commands.executeCommand(commandIds[verb], selection).then(() => {
        if (verb === 'load' || verb === 'chooseVersions') this.packagesChanged();
      });
      return null;
    },
    plan: async ({ fleet, action, servers }) => {
      this.planning?.abort();
      // Before anything is waited for: it may be stopped from here on.
      const { signal } = (this.planning = new AbortController());
      await this.context.files.current();
      const meant = this.those(fleet, servers);
      const updater = await this.need().updater();
      signal.throwIfAborted();
      return updater.plan({ action, servers: meant, to: null, signal });
    },
    stopPlanning: () => {
      this.planning?.abort();
      return null;
    },
    systems: async () => {
      const session = this.need();
      const { library } = await session.updater();
      return systemCards(session.fleet.systems, await library.list(), session.states);
    },
    rollouts: async () => {
      const session = this.need();
      const all = await (await session.updater()).rollouts();
      const own = all.filter(({ fleet }) => fleet === session.fleet.file);
      const open = new Set(leftBehind(own).map(({ id }) => id));
      return own.map((rollout) => ({ ...rollout, resumable: open.has(rollout.id) }));
    },
    rollout: ({ id }) => this.rollout(id),
    report: async ({ id }) => {
      const { fleet } = this.need();
      const text = rolloutDocument(await this.rollout(id), fleet.name, Date.now());
      await this.context.documents.show(t('Rollout {0}', id), text);
      return null;
    },
    server: ({ id }) => {
      this.watched.watch(id);
      return id === null ? null : this.detail(id);
    },
  };

  private async rollout(id: string): Promise<RolloutView> {
    const session = this.need();
    const live = this.context.rolloutsOf(session).fold(id)?.view();
    const view = live ?? foldJournal(await (await session.updater()).journal(id));
    if (view !== undefined) return view;
    throw new FleetError('rollout.unknown', t('The journal of rollout {0} has no beginning.', id));
  }

  private those(fleet: string | null, ids: readonly string[]): Server[] {
    const wanted = new Set(ids);
    const found = this.need().servers.filter(({ id }) => wanted.has(id));
    if (fleet !== this.fleet || (found.length === 0 && ids.length > 0))
      throw new FleetError('usage', t('None of these servers is in the fleet file any more.'));
    return found;
  }

  private async snapshot(fleet: string | null): Promise<Snapshot> {
    await this.context.files.settled();
    this.fleet = fleet ?? this.fleet;
    // Its file may be gone: then another fleet, if there is one.
    const session = this.session ?? this.context.files.sessions[0];
    this.fleet = session?.uri.toString() ?? this.fleet;
    this.retitle();
    this.forget();
    this.watched.watch(null);
    this.missed = false;
    this.ready = true;
    const { sessions, faulty } = this.context.files;
    const asked = this.rolloutAsked;
    this.rolloutAsked = undefined;
    if (session) this.askUnasked(session);
    return {
      seq: this.seq,
      now: new Date().toISOString(),
      fleets: sessions.map(({ uri, fleet: { name } }) => ({
        id: uri.toString(),
        name,
        file: vscode.workspace.asRelativePath(uri),
      })),
      fleet: session?.uri.toString() ?? null,
      errors: faulty.find(({ uri }) => uri.toString() === this.fleet)?.errors ?? 0,
      rows: session ? session.servers.flatMap((server) => this.row(session, server) ?? []) : [],
      rollouts: session ? this.context.rolloutsOf(session).views() : [],
      ...(asked !== undefined && { show: asked }),
    };
  }

  private askUnasked(session: FleetSession): void {
    if (!settings.refreshOnOpen()) return;
    const unasked = session.servers.filter(({ id }) => isUnasked(session.states.get(id)));
    if (unasked.length > 0)
      void vscode.commands.executeCommand(commandIds.refreshSelected, { session, servers: unasked });
  }

  private row(session: FleetSession, server: Server): ServerRow | undefined {
    const state: ServerState | undefined = session.states.get(server.id);
    return state && rowOf(server, state, this.context.rolloutsOf(session).runningPartOf(server.id));
  }

  private async detail(id: string): Promise<ServerDetail | null> {
    const session = this.need();
    const { part, log } = await this.watched.whole(() => this.past(session, id));
    // Only now: it may have changed while the journal was read.
    const server = session.servers.find((one) => one.id === id);
    const state = session.states.get(id);
    if (server === undefined || state === undefined) return null;
    const { error, reasons, rollback } = state;
    return {
      id,
      facts: factRows(server, state),
      modules: moduleRows(server, state),
      rollback,
      reasons,
      error: error && { code: error.code, message: error.message, hint: error.hint },
      part,
      log,
    };
  }

  /** Its part in the newest rollout that acted on it, and what was said of it there. */
  private async past(session: FleetSession, id: string): Promise<Pick<ServerDetail, 'part' | 'log'>> {
    const updater = await session.updater();
    const live = this.context.rolloutsOf(session).partOf(id)?.rollout;
    const rollout =
      live ??
      (await updater.rollouts()).find(
        ({ fleet, servers }) =>
          fleet === session.fleet.file &&
          servers.some((one) => one.id === id && one.outcome !== 'skipped' && one.outcome !== 'blocked'),
      )?.id;
    if (rollout === undefined) return { part: null, log: [] };
    const events = await updater.journal(rollout);
    const view = foldJournal(events);
    const own = view?.servers.find((one) => one.id === id);
    const log = events.filter((event) => 'server' in event && event.server === id).flatMap(logEntry);
    return {
      part: view && own ? { rollout, action: view.action, server: own } : null,
      log: log.slice(-mostLines),
    };
  }

  private flush(): void {
    const { session } = this;
    if (!session || !this.ready || !this.panel.visible) {
      this.missed = true;
      this.forget();
      // Whoever comes back asks for it anew.
      this.watched.watch(null);
      return;
    }
    const servers = session.servers.filter(({ id }) => this.dirty.has(id));
    const live = this.context.rolloutsOf(session);
    const rollouts = [...this.moved].flatMap(([id, ids]): RolloutChange[] => {
      const fold = live.fold(id);
      if (fold?.head === undefined) return [];
      const own = ids === 'all' ? fold.view()?.servers : [...ids].flatMap((one) => fold.server(one) ?? []);
      return [{ head: fold.head, servers: own ?? [] }];
    });
    this.tell({
      type: 'changes',
      seq: ++this.seq,
      rows: servers.flatMap((server) => this.row(session, server) ?? []),
      rollouts,
      log: this.watched.take(),
    });
    this.forget();
  }

  /** What was to be told has been told, or a snapshot will. */
  private forget(): void {
    this.dirty.clear();
    this.moved.clear();
  }

  /** A page that was hidden got no messages. */
  private seen(): void {
    if (this.panel.visible && this.missed) this.tell({ type: 'stale' });
  }

  private tell(event: HostEvent): void {
    if (this.panel.visible && this.ready) void this.post({ kind: 'event', event });
    else this.missed = true;
  }

  private post(message: ToPage): Thenable<boolean> {
    return this.panel.webview.postMessage(message);
  }

  private explain(thrown: unknown): string {
    if (!(thrown instanceof FleetError) || thrown.code === 'internal')
      this.context.log.error('fleet view', thrown);
    if (thrown instanceof Error && thrown.name === 'AbortError') return t('Stopped.');
    if (thrown instanceof FleetError) return [thrown.message, thrown.hint].filter(Boolean).join(' ');
    return t('Internal error: {0}', thrown instanceof Error ? thrown.message : String(thrown));
  }
}
