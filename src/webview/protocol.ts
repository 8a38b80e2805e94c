import type { Action, Plan, Reason } from '../updater/plan/plan';
import type { ServerStatus } from '../updater/rollout/events';
import type { ModuleRow } from '../vscode/describe';
import { t } from '../vscode/l10n';
import type { LogLine } from '../vscode/log-lines';
import type { RolloutServer, RolloutView } from './rollout-view';

/**
 * All that the fleet view's page and the extension say to each other. Whatever comes from a server or a file is text for people;
 * no message holds a secret.
 */

/** What can be done with a server, as menus and buttons offer it; whether it is done, the plan says. */
export type Offer = Action | 'resume' | 'cancel';

/** The commands that the page can begin. */
export type Verb =
  | Offer
  | 'pause'
  | 'continue'
  | 'refreshSelected'
  | 'load'
  | 'chooseVersions'
  | 'openFleetFile'
  | 'newFleetFile'
  | 'doctor'
  | 'showLog';

/** One line of the table. */
export interface ServerRow {
  id: string;
  system: string;
  product: string;
  site: string | null;
  tags: string[];
  status: ServerStatus;
  /** Codicon and theme colour, the same that the tree shows. */
  icon: string;
  colour: string | null;
  /** True while it is being asked and nobody acts on it. */
  asking: boolean;
  version: string | null;
  target: string | null;
  /** Whole percent of the step in work. */
  percent: number | null;
  /** ISO time since when the status holds; null where it was never asked. */
  since: string | null;
  /** Of the rollout that works on it. */
  wave: number | null;
  /** Behind what it waits, what stands in its way, what went wrong, or the step in work. */
  note: string;
  /** A rule blocks it. */
  blocked: boolean;
  offers: Offer[];
}

export interface FleetName {
  /** The file's URI. */
  id: string;
  name: string;
  /** Its path, short. */
  file: string;
}

export interface Snapshot {
  /** The changes that follow carry the next numbers. */
  seq: number;
  /** ISO time of the extension's clock: the page may run on another computer. */
  now: string;
  fleets: FleetName[];
  /** Id of the fleet shown; null where there is none. */
  fleet: string | null;
  /** Errors in the fleet file, so that its last good state is shown. */
  errors: number;
  rows: ServerRow[];
  /** Rollouts that run, and those that ended while this window was open, newest first. */
  rollouts: RolloutView[];
  /** The rollout that shall be looked at now. */
  show?: string;
}

export interface LoadedPackage {
  name: string;
  version: string;
  /** It lies in the library of this computer. */
  loaded: boolean;
  /** Bytes. */
  size: number | null;
  sha256: string | null;
}

export interface SystemCard {
  id: string;
  product: string;
  target: string | null;
  packages: LoadedPackage[];
  /** Its versions stand in the fleet file, module by module. */
  hasModules: boolean;
  /** Where packages that are not loaded come from when they are needed. */
  hasRepository: boolean;
}

export interface LogEntry extends LogLine {
  at: string;
  server: string;
}

export interface ServerDetail {
  id: string;
  facts: [name: string, value: string][];
  modules: ModuleRow[];
  /** Versions that a rollback can go down to, newest first. */
  rollback: string[];
  reasons: Reason[];
  error: { code: string; message: string; hint: string | null } | null;
  /** Its part in the newest rollout that had it. */
  part: { rollout: string; action: Action; server: RolloutServer } | null;
  log: LogEntry[];
}

/** A rollout as its journal on this computer sums it up. */
export interface PastRollout {
  id: string;
  action: Action;
  /** The one version that its servers go to. */
  to?: string | null;
  by: string;
  startedAt: string;
  finishedAt: string | null;
  /** interrupted: nobody works on it any more and it has not ended. */
  state: 'running' | 'interrupted' | 'done' | 'failed' | 'cancelled';
  servers: { id: string; outcome: string | null }[];
  /** It left servers behind that no later rollout has seen to. */
  resumable: boolean;
}

/** The page asks, the extension answers. What acts names its fleet, for two fleets may have servers of the same name. */
export interface Requests {
  /** The whole picture; `fleet` null: the fleet that this panel stands for. */
  snapshot: { ask: { fleet: string | null }; answer: Snapshot };
  /** Begins a command on servers. Its questions, progress and end are VS Code's own. */
  run: {
    ask: {
      fleet: string | null;
      verb: Verb;
      servers: string[];
      /** The rollout that is meant, where it is one. */
      rollout?: string;
    };
    answer: null;
  };
  plan: { ask: { fleet: string | null; action: Action; servers: string[] }; answer: Plan };
  stopPlanning: { ask: null; answer: null };
  systems: { ask: null; answer: SystemCard[] };
  /** Newest first. */
  rollouts: { ask: null; answer: PastRollout[] };
  rollout: { ask: { id: string }; answer: RolloutView };
  /** Shows the report of a rollout as a document of its own. */
  report: { ask: { id: string }; answer: null };
  /** All about one server, whose log lines are sent on from then; null: about none any more. */
  server: { ask: { id: string | null }; answer: ServerDetail | null };
}
export type RequestName = keyof Requests;

/** What the extension tells unasked. */
export type HostEvent =
  | {
      type: 'changes';
      seq: number;
      rows: ServerRow[];
      rollouts: RolloutChange[];
      /** Of the server that the page looks at. */
      log: LogEntry[];
    }
  /** Other fleet files, or something else in them: ask for everything again. */
  | { type: 'stale' }
  /** A package may have been loaded or removed, by whomever. */
  | { type: 'packages' };

/** A rollout that began, ended or went on: its head, and those of its servers that changed. */
export interface RolloutChange {
  head: Omit<RolloutView, 'servers'>;
  servers: RolloutServer[];
}

export type ToHost = { [Name in RequestName]: Request<Name> }[RequestName];
interface Request<Name extends RequestName> {
  kind: 'request';
  id: number;
  name: Name;
  body: Requests[Name]['ask'];
}

export type ToPage =
  | { kind: 'answer'; id: number; body: unknown }
  | { kind: 'refusal'; id: number; message: string }
  | { kind: 'event'; event: HostEvent };

/** A request that was refused, or not answered in time. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}

/** ms; asking servers for a plan takes as long as the slowest of them. */
const patience = (name: RequestName): number => (name === 'plan' ? 600_000 : 30_000);

export interface Clock {
  after(ms: number, run: () => void): { cancel(): void };
}

/** The asking side. Every promise settles: with the answer, the refusal, or the end of the patience. */
export class Asker {
  private readonly open = new Map<number, { answer(body: unknown): void; refuse(error: Error): void }>();
  private last = 0;

  constructor(
    private readonly post: (message: ToHost) => void,
    private readonly clock: Clock,
  ) {}

  ask<Name extends RequestName>(name: Name, body: Requests[Name]['ask']): Promise<Requests[Name]['answer']> {
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      const ms = patience(name);
      const late = this.clock.after(ms, () => end(() => reject(tooLate(name, ms))));
      const end = (settle: () => void): void => {
        late.cancel();
        this.open.delete(id);
        settle();
      };
      this.open.set(id, {
        answer: (answer) => end(() => resolve(answer as Requests[Name]['answer'])),
        refuse: (error) => end(() => reject(error)),
      });
      try {
        this.post({ kind: 'request', id, name, body } as ToHost);
      } catch (error) {
        this.open.get(id)?.refuse(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  /** Takes an answer; one that nobody waits for any more is passed over. */
  settle(message: Exclude<ToPage, { kind: 'event' }>): void {
    const waiting = this.open.get(message.id);
    if (message.kind === 'answer') waiting?.answer(message.body);
    else waiting?.refuse(new RequestError(message.message));
  }
}

const tooLate = (name: string, ms: number): RequestError =>
  new RequestError(t('VMS Fleet did not answer within {0} s ({1}).', Math.round(ms / 1000), name));

export type Answers = {
  [Name in RequestName]: (
    body: Requests[Name]['ask'],
  ) => Promise<Requests[Name]['answer']> | Requests[Name]['answer'];
};

/**
 * The answering side: every request gets an answer or a refusal.
 * @param onError hears of what went wrong, and says it in a sentence
 */
export async function answerTo(
  message: unknown,
  answers: Answers,
  post: (message: ToPage) => unknown,
  onError: (error: unknown) => string,
): Promise<void> {
  if (!isRequest(message)) return;
  const { id, name, body } = message;
  try {
    const answer = answers[name] as (body: unknown) => unknown;
    await post({ kind: 'answer', id, body: await answer(body) });
  } catch (error) {
    await post({ kind: 'refusal', id, message: onError(error) });
  }
}

const requestNames: Record<RequestName, true> = {
  snapshot: true,
  run: true,
  plan: true,
  stopPlanning: true,
  systems: true,
  rollouts: true,
  rollout: true,
  report: true,
  server: true,
};

function isRequest(message: unknown): message is ToHost {
  if (typeof message !== 'object' || message === null) return false;
  const { kind, id, name } = message as Partial<ToHost>;
  return (
    kind === 'request' &&
    typeof id === 'number' &&
    typeof name === 'string' &&
    Object.hasOwn(requestNames, name)
  );
}
