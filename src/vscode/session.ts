import * as vscode from 'vscode';
import type { PackageInfo } from '../updater/packages/package-info';
import { servers, type Fleet, type Server, type System } from '../updater/fleet/model';
import type { FleetEvent } from '../updater/rollout/events';
import { initialState, type ServerState } from '../updater/rollout/state';
import type { Updater, UpdaterHost } from '../updater/updater';

/** One fleet file in use, and the updater that works for it. */
export class FleetSession {
  private readonly events = new vscode.EventEmitter<FleetEvent>();
  private opened: Promise<Updater> | undefined;
  private current: Updater | undefined;
  private before: ReadonlyMap<string, ServerState>;
  private reading: Fleet;

  readonly onEvent = this.events.event;

  constructor(
    readonly uri: vscode.Uri,
    fleet: Fleet,
    private readonly host: () => Promise<UpdaterHost>,
  ) {
    this.reading = fleet;
    this.before = initialState(fleet, new Date().toISOString());
  }

  get fleet(): Fleet {
    return this.reading;
  }

  get servers(): Server[] {
    return servers(this.reading);
  }

  /** What is known of each server now; nothing before there is an updater. */
  get states(): ReadonlyMap<string, ServerState> {
    return this.current?.state() ?? this.before;
  }

  /**
   * The updater, made when first asked for, and all that is behind it, SSH too, is loaded then: a window asks as soon as it has found
   * the fleet file, for rollouts that were left behind. A failure is tried again at the next call.
   */
  updater(): Promise<Updater> {
    this.opened ??= this.open().catch((error: unknown) => {
      this.opened = undefined;
      throw error;
    });
    return this.opened;
  }

  async refresh(servers?: Server[], signal?: AbortSignal): Promise<void> {
    const updater = await this.updater();
    await updater.refresh(servers, signal ? { signal } : {});
  }

  setFleet(fleet: Fleet): void {
    this.reading = fleet;
    this.before = initialState(fleet, new Date().toISOString());
    this.current?.setFleet(fleet);
  }

  private async open(): Promise<Updater> {
    const [{ createUpdater }, host] = await Promise.all([import('../updater'), this.host()]);
    const first = this.reading;
    const updater = await createUpdater(first, host);
    if (this.reading !== first) updater.setFleet(this.reading);
    updater.events.on((event) => this.events.fire(event));
    this.current = updater;
    updater.followOthers();
    return updater;
  }

  /** Closes the links. What runs on servers goes on there and is found again. */
  async close(): Promise<void> {
    this.events.dispose();
    const opened = this.opened;
    if (opened) await (await opened).dispose();
  }
}

/** What a command acts on: servers of one fleet. Tree nodes are selections, so commands need not know them. */
export interface FleetSelection {
  readonly session: FleetSession;
  readonly servers: Server[];
  /** The system that was chosen as such, which may have no servers yet. */
  readonly system?: System;
  /** Id of the rollout that is meant, where it is one. */
  readonly rollout?: string;
  /** Packages of the library that are meant, where it is some. */
  readonly packages?: readonly PackageInfo[];
}

/** What something was dropped on: a fleet, and a place in it where it was one. */
export interface DropTarget {
  session: FleetSession;
  /** Ids; they are looked up in the fleet file as it is now. */
  system: string | undefined;
  server: string | undefined;
}
