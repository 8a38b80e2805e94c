import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';
import { FleetError } from '../updater/errors';
import { isFleetFile } from '../updater/fleet/find';
import type { UpdaterHost } from '../updater/updater';
import { builtInCommands, contextKeys, diagnosticsName, fleetFileGlob, type FleetFilesState } from './ids';
import { t } from './l10n';
import type { FleetLog } from './log';
import { diagnosticsOf } from './problems';
import { FleetSession } from './session';

/** ms between two looks at the disk: the watcher begins late in a window that has just been opened, and tells nothing of a network drive. */
const pace = 5_000;
/** ms after which a file that is gone is gone for good. */
const replacing = 1_000;

interface FleetFile {
  uri: vscode.Uri;
  /** What was read last, and what the disk said of it then; undefined before. */
  text: string | undefined;
  stamp: string | undefined;
  /** Errors in it now. With a session, that one holds the last good reading. */
  errors: number;
  session: FleetSession | undefined;
}

/** A file or folder that could not be read. */
interface Trouble {
  uri: vscode.Uri;
  error: unknown;
}

/** The fleet files of the workspace folders, and those opened besides: found, watched, read, and their problems shown. */
export class FleetFiles {
  private readonly files = new Map<string, FleetFile>();
  /** Files outside the workspace folders that the person opened with us. */
  private readonly added = new Map<string, vscode.Uri>();
  private readonly diagnostics = vscode.languages.createDiagnosticCollection(diagnosticsName);
  private readonly changes = new vscode.EventEmitter<void>();
  private readonly watcher = vscode.workspace.createFileSystemWatcher(fleetFileGlob);
  private readonly subscriptions: vscode.Disposable[];
  private readonly pulse: NodeJS.Timeout;
  /** Those that were not there when they were read; each is read once more. */
  private readonly missing = new Map<string, NodeJS.Timeout>();
  private work: Promise<void> = Promise.resolve();
  /** A look at the disk that has not come to its end. */
  private looking = false;
  /** What failed in the last one: it is told once, not every few seconds. */
  private troubles: string[] = [];

  /** There are other files, or something else in them. */
  readonly onDidChange = this.changes.event;

  constructor(
    private readonly host: () => Promise<UpdaterHost>,
    private readonly log: FleetLog,
  ) {
    this.subscriptions = [
      this.watcher.onDidCreate((uri) => this.later(() => this.read(uri))),
      this.watcher.onDidChange((uri) => this.later(() => this.read(uri))),
      this.watcher.onDidDelete((uri) => this.later(() => this.read(uri))),
      vscode.workspace.onDidSaveTextDocument(({ uri }) => {
        if (this.files.has(uri.toString())) this.later(() => this.read(uri));
      }),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.later(() => this.search())),
    ];
    this.later(() => this.search());
    this.pulse = setInterval(() => this.look(), pace);
  }

  /** The fleets that can be shown, in the order of their paths. */
  get sessions(): FleetSession[] {
    return this.inOrder().flatMap(({ session }) => session ?? []);
  }

  /** Files whose last reading had errors. */
  get faulty(): { uri: vscode.Uri; errors: number; shown: boolean }[] {
    return this.inOrder()
      .filter(({ errors }) => errors > 0)
      .map(({ uri, errors, session }) => ({ uri, errors, shown: session !== undefined }));
  }

  get uris(): vscode.Uri[] {
    return this.inOrder().map(({ uri }) => uri);
  }

  /** Resolves when everything that was to be read has been read. */
  async settled(): Promise<void> {
    for (let seen: Promise<void> | undefined; seen !== this.work; await seen) seen = this.work;
  }

  /**
   * Resolves when the files have been read as they lie on the disk now: nothing is done by an older one.
   * @throws FleetError `fleet.invalid` where one that is shown cannot be read
   */
  async current(): Promise<void> {
    let troubles: Trouble[] = [];
    this.later(async () => void (troubles = await this.readChanged()));
    await this.settled();
    const [stale] = troubles.filter(({ uri }) => this.files.has(uri.toString()));
    if (stale) throw stale.error;
  }

  sessionOf(uri: vscode.Uri): FleetSession | undefined {
    return this.files.get(uri.toString())?.session;
  }

  /** Takes in a file wherever it lies, for as long as this window is open. */
  async add(uri: vscode.Uri): Promise<void> {
    this.added.set(uri.toString(), uri);
    this.later(() => this.read(uri));
    await this.settled();
  }

  /** One change after the other, so that an older reading never overtakes a newer one. */
  private later(change: () => Promise<void>): void {
    this.work = this.work.then(change).catch((error: unknown) => this.log.error('fleet files', error));
  }

  private look(): void {
    if (this.looking) return;
    this.looking = true;
    this.later(async () => {
      try {
        const before = new Set(this.troubles);
        const troubles = await this.readChanged();
        this.troubles = troubles.map(({ error }) => String(error));
        for (const { error } of troubles)
          if (!before.has(String(error))) this.log.error('fleet files', error);
      } finally {
        this.looking = false;
      }
    });
  }

  /** Reads what is not as it was read: of the files that are known or were opened, and of those at the top of the workspace folders. */
  private async readChanged(): Promise<Trouble[]> {
    const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri);
    const found = [...this.uris, ...this.added.values()];
    const missed = await eachOf(folders, async (uri) => void found.push(...(await fleetFilesIn(uri))));
    const uris = new Map(found.map((uri) => [uri.toString(), uri])).values();
    const unread = await eachOf(uris, async (uri) => {
      const stamp = await stampOf(uri);
      if (this.files.get(uri.toString())?.stamp === stamp) return;
      // One that is being replaced is gone for a moment.
      if (stamp === undefined) await delay(replacing);
      await this.read(uri, stamp === undefined);
    });
    return [...missed, ...unread];
  }

  private async search(): Promise<void> {
    const found = await vscode.workspace.findFiles(fleetFileGlob, '**/node_modules/**');
    const uris = [...found, ...this.added.values()];
    const known = new Set(uris.map(String));
    for (const { uri } of this.inOrder()) if (!known.has(uri.toString())) await this.remove(uri);
    for (const { error } of await eachOf(uris, (uri) => this.read(uri))) this.log.error('fleet files', error);
    if (this.files.size === 0) this.tell();
  }

  /** @param wasGone it was not there a moment ago either */
  private async read(uri: vscode.Uri, wasGone = false): Promise<void> {
    const { parseFleet } = await import('../updater/fleet/read');
    // Before its text: what is written between the two is read again.
    const stamp = await stampOf(uri);
    const text = await textOf(uri);
    if (text === undefined) return wasGone ? this.remove(uri) : this.readAgain(uri);
    const key = uri.toString();
    const file = this.files.get(key) ?? { uri, text: undefined, stamp, errors: 0, session: undefined };
    file.stamp = stamp;
    this.files.set(key, file);
    if (file.text === text) return;
    const { fleet, problems } = parseFleet(text, uri.fsPath, await this.sshHosts(text));
    file.text = text;
    file.errors = problems.filter(({ severity }) => severity === 'error').length;
    this.diagnostics.set(uri, diagnosticsOf(text, problems));
    if (fleet && file.session) file.session.setFleet(fleet);
    else if (fleet) file.session = new FleetSession(uri, fleet, this.host);
    this.tell();
  }

  /** Undefined where the file names no jump host, or `~/.ssh/config` cannot be read: then nothing is said of them. */
  private async sshHosts(text: string): Promise<((name: string) => boolean) | undefined> {
    if (!text.includes('"jump"')) return undefined;
    const { isSshHost } = await import('../updater/fleet/import/ssh-hosts');
    return isSshHost().catch((error: unknown) => {
      this.log.error('~/.ssh/config', error);
      return undefined;
    });
  }

  /** Git and many editors replace a file by another: its session must not end in between, nor what runs in it. */
  private readAgain(uri: vscode.Uri): void {
    const key = uri.toString();
    if (!this.files.has(key) || this.missing.has(key)) return;
    const again = (): void => {
      this.missing.delete(key);
      this.later(() => this.read(uri, true));
    };
    this.missing.set(key, setTimeout(again, replacing));
  }

  private async remove(uri: vscode.Uri): Promise<void> {
    const file = this.files.get(uri.toString());
    if (!file) return;
    this.files.delete(uri.toString());
    this.diagnostics.delete(uri);
    this.tell();
    await file.session?.close();
  }

  private tell(): void {
    const states: FleetFilesState =
      this.sessions.length > 0 ? 'ready' : this.files.size > 0 ? 'errors' : 'none';
    void vscode.commands.executeCommand(builtInCommands.setContext, contextKeys.state, states);
    this.changes.fire();
  }

  private inOrder(): FleetFile[] {
    return [...this.files.values()].sort((a, b) => (a.uri.path < b.uri.path ? -1 : 1));
  }

  /** Ends every session; resolves when their links are closed. */
  async close(): Promise<void> {
    clearInterval(this.pulse);
    for (const again of this.missing.values()) clearTimeout(again);
    vscode.Disposable.from(...this.subscriptions, this.watcher, this.diagnostics, this.changes).dispose();
    await Promise.allSettled(this.sessions.map((session) => session.close()));
  }
}

/** Undefined where there is no such file any more. */
async function textOf(uri: vscode.Uri): Promise<string | undefined> {
  const bytes = await ifThere(uri, vscode.workspace.fs.readFile(uri));
  return bytes && new TextDecoder('utf-8').decode(bytes);
}

/** Says whether a file is still as it was; undefined where there is none. */
async function stampOf(uri: vscode.Uri): Promise<string | undefined> {
  const stat = await ifThere(uri, vscode.workspace.fs.stat(uri));
  return stat && `${stat.mtime} ${stat.size}`;
}

async function fleetFilesIn(folder: vscode.Uri): Promise<vscode.Uri[]> {
  const entries = (await ifThere(folder, vscode.workspace.fs.readDirectory(folder))) ?? [];
  return entries
    .filter(([name, type]) => (type & vscode.FileType.File) !== 0 && isFleetFile(name))
    .map(([name]) => vscode.Uri.joinPath(folder, name));
}

/** One after the other; those that fail keep none of the others from it. */
async function eachOf(
  uris: Iterable<vscode.Uri>,
  read: (uri: vscode.Uri) => Promise<void>,
): Promise<Trouble[]> {
  const troubles: Trouble[] = [];
  for (const uri of uris) await read(uri).catch((error: unknown) => void troubles.push({ uri, error }));
  return troubles;
}

/** @throws FleetError `fleet.invalid` for any trouble but that there is no such thing */
async function ifThere<T>(uri: vscode.Uri, asked: Thenable<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return undefined;
    const cause = error instanceof Error ? error.message : String(error);
    throw new FleetError('fleet.invalid', t('{0} cannot be read now: {1}', uri.fsPath, cause), {
      hint: t('Is its drive there? Nothing is done by what was read of it before.'),
      cause: error,
    });
  }
}
