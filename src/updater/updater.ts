import type { FleetError } from './errors';
import type { Fleet, OsFamily, Server } from './fleet/model';
import type { Library } from './packages/library';
import type { Arming } from './plan/arm';
import type { Action, Plan } from './plan/plan';
import type { ResumeOptions } from './rollout/desk';
import type { EventStream, FleetEvent } from './rollout/events';
import type { ServerState } from './rollout/state';
import type { RolloutSummary } from './rollout/summary';
import type { Facts } from './targets/facts';
import type { Prompts } from './targets/link';

/** What the core is given from outside, so that a test decides it. */
export interface UpdaterHost {
  /** Folder for the package library, rollout journals and known hosts; made when missing. */
  dataDir: string;
  prompts: Prompts;
  /** Where `.ssh` lies; default the user's home. */
  home?: string;
  env?: NodeJS.ProcessEnv;
  now?: () => Date;
  /** For bugs and what only developers need. */
  debug?: (message: string) => void;
}

export interface PlanRequest {
  action: Action;
  servers: Server[];
  /** The version to go to; null: what the fleet file wants (rollback: one entry down). */
  to: string | null;
  /** Plans from these instead of asking the servers. */
  facts?: Record<string, Facts>;
  /** Acts outside maintenance windows too. */
  ignoreWindow?: boolean;
  /** An install that servers begin by themselves, each when its window lets it. */
  arming?: Arming | undefined;
  signal?: AbortSignal;
}

export interface RunOptions {
  /** A person, or `--yes`, has agreed to what the plan's `confirm` reasons say. */
  confirmed: boolean;
  signal?: AbortSignal;
}

export interface RolloutResult {
  id: string;
  outcome: 'done' | 'failed' | 'cancelled';
  /** Servers that failed, with why. */
  failures: { server: string; error: FleetError }[];
  /** It was let go of, as its fleet file was closed or another process took it over, and has not ended. */
  letGo: boolean;
}

export type { ResumeOptions } from './rollout/desk';
export type { RolloutSummary } from './rollout/summary';

export interface Check {
  server: string | null;
  name: string;
  ok: boolean;
  message: string;
  hint: string | null;
}

/** The core as faces see it. One per fleet file in use. */
export interface Updater {
  readonly fleet: Fleet;
  readonly library: Library;
  readonly events: EventStream;
  /** The current fold of all events. */
  state(): ReadonlyMap<string, ServerState>;
  /** Takes a newer reading of the fleet file; what is known of servers that are still in it stays. */
  setFleet(fleet: Fleet): void;
  /** Asks servers (all, or some) for their facts, all at once within limits; each answer is an event as it comes. */
  refresh(servers?: Server[], options?: { signal?: AbortSignal }): Promise<void>;
  plan(request: PlanRequest): Promise<Plan>;
  /** Runs a plan as one rollout. Resolves when every server has ended; what happens meanwhile is told by events. */
  run(plan: Plan, options: RunOptions): Promise<RolloutResult>;
  /** From now on what other processes on this machine do in rollouts of this fleet is told by events too. */
  followOthers(): void;
  rollouts(): Promise<RolloutSummary[]>;
  /** Goes on with a rollout that was interrupted or had failures: only with servers that are not done, from where each stands. */
  resume(id: string, options?: ResumeOptions): Promise<RolloutResult>;
  /** Nothing new begins in a rollout, whichever process runs it; what runs goes on. @throws FleetError `usage` where none does */
  pause(id: string): Promise<void>;
  /** Lets a paused rollout go on. */
  proceed(id: string): Promise<void>;
  /** Leaves out a server that has not begun, and says why. */
  skip(id: string, server: string, why: string): Promise<void>;
  /** Stops a rollout: transfers stop and keep their part; a job not yet at its installer or restart is undone; one that is past that ends by itself. */
  cancel(id: string): Promise<void>;
  /**
   * Connects to a server that need not stand in the fleet file, and tells what it runs; undefined: something unknown.
   * @throws FleetError why it is not reached
   */
  probe(server: Server, options?: { signal?: AbortSignal }): Promise<OsFamily | undefined>;
  /** Arguments for the system's own ssh: the same way, the same host keys, no secret. */
  sshArguments(server: Server): Promise<string[]>;
  doctor(servers?: Server[], options?: { signal?: AbortSignal }): Promise<Check[]>;
  /** The events of one rollout, from its journal. */
  journal(id: string): Promise<FleetEvent[]>;
  dispose(): Promise<void>;
}
