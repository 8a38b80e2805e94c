import type { Expected } from '../updater/plan/expected';
import { oneVersion, willAct, type Action, type PlanServer, type Verdict } from '../updater/plan/plan';
import type { FleetEvent, Outcome, ServerStatus } from '../updater/rollout/events';
import { t } from '../vscode/l10n';
import { askedWords, rolloutWords } from '../vscode/words';

/** What a server did when: it lasts until the next one begins, or its part ends. */
export interface Phase {
  status: ServerStatus;
  step: string | null;
  /** Behind what it waits, and other words on it. */
  detail: string | null;
  /** ISO. */
  at: string;
}

export interface RolloutServer {
  id: string;
  system: string;
  wave: number;
  from: string | null;
  to: string | null;
  verdict: Verdict;
  /** The words of the steps that were planned. */
  steps: string[];
  /** How long it was expected to take, by its plan. */
  expected: Expected | null;
  /** A maintenance window holds it up. */
  windowed: boolean;
  phases: Phase[];
  outcome: Outcome | null;
  endedAt: string | null;
  error: { message: string; hint: string | null } | null;
}

/** One rollout as it went so far: a fold over its events, live or from its journal. */
export interface RolloutView {
  id: string;
  action: Action;
  by: string;
  /** Of the first start, and of the newest one where it was resumed. */
  startedAt: string;
  resumedAt: string | null;
  finishedAt: string | null;
  outcome: 'done' | 'failed' | 'cancelled' | null;
  /** It was paused, or is to be cancelled, and has not ended. */
  asked: 'pause' | 'cancel' | null;
  /** System id → servers at the same time. */
  parallel: Record<string, number>;
  servers: RolloutServer[];
}

/** The fold over a rollout's events. */
export class RolloutFold {
  private readonly servers = new Map<string, RolloutServer>();
  private top: Omit<RolloutView, 'servers'> | undefined;

  /** The server that changed; null where only the head did, undefined where nothing did. */
  apply(event: FleetEvent): string | null | undefined {
    if (event.type === 'rollout-started') {
      this.start(event);
      return null;
    }
    if (this.top === undefined || event.rollout !== this.top.id) return undefined;
    if (event.type === 'rollout-finished') {
      this.top = { ...this.top, finishedAt: event.at, outcome: event.outcome, asked: null };
      return null;
    }
    if (event.type === 'rollout-asked') {
      this.top = { ...this.top, asked: event.ask === 'continue' ? null : event.ask };
      return null;
    }
    if (event.type !== 'status' && event.type !== 'server-finished') return undefined;
    const server = this.servers.get(event.server);
    const next = server && after(server, event);
    if (next === undefined || next === server) return undefined;
    this.servers.set(event.server, next);
    return event.server;
  }

  get head(): Omit<RolloutView, 'servers'> | undefined {
    return this.top;
  }

  server(id: string): RolloutServer | undefined {
    return this.servers.get(id);
  }

  view(): RolloutView | undefined {
    return this.top && { ...this.top, servers: [...this.servers.values()] };
  }

  /** A rollout that goes on has a plan of what is left; what is done stays in the picture. */
  private start(event: Started): void {
    const { action, by, plan, at, rollout = '' } = event;
    const before = this.top;
    this.top = {
      id: rollout,
      action,
      by: before?.by ?? by,
      startedAt: before?.startedAt ?? at,
      resumedAt: event.resumed ? at : null,
      finishedAt: null,
      outcome: null,
      asked: null,
      parallel: { ...before?.parallel, ...plan.parallel },
    };
    for (const planned of plan.servers) {
      const phases = this.servers.get(planned.id)?.phases ?? [];
      this.servers.set(planned.id, { ...fresh(planned), phases });
    }
  }
}

type Started = Extract<FleetEvent, { type: 'rollout-started' }>;
type ServerEvent = Extract<FleetEvent, { type: 'status' | 'server-finished' }>;

function after(server: RolloutServer, event: ServerEvent): RolloutServer {
  if (event.type === 'status') {
    const { status, step, detail, at } = event;
    const last = server.phases.at(-1);
    if (last?.status === status && last.step === step && last.detail === detail) return server;
    return { ...server, phases: [...server.phases, { status, step, detail, at }] };
  }
  const { outcome, error, at } = event;
  return { ...server, outcome, endedAt: at, error: error && { message: error.message, hint: error.hint } };
}

function fresh(planned: PlanServer): RolloutServer {
  const { id, system, wave, from, to, verdict, steps, reasons, expected = null } = planned;
  return {
    id,
    system,
    wave,
    from,
    to,
    verdict,
    steps: steps.map(({ step }) => step),
    expected,
    windowed: reasons.some(({ rule }) => rule.startsWith('window.')),
    phases: [],
    outcome: null,
    endedAt: null,
    error: null,
  };
}

export function foldJournal(events: readonly FleetEvent[]): RolloutView | undefined {
  const fold = new RolloutFold();
  for (const event of events) fold.apply(event);
  return fold.view();
}

/** "Install 1.5.0", "Installing 1.5.0". */
export const wordsOf = ({ action, servers }: RolloutView): ReturnType<typeof rolloutWords> =>
  rolloutWords({ action, to: oneVersion(servers) });

/** Those that the rollout acts on, wave by wave. */
export function wavesOf({ servers }: RolloutView): { wave: number; servers: RolloutServer[] }[] {
  const waves = groupBy(servers.filter(willAct), ({ wave }) => wave);
  return [...waves].sort(([a], [b]) => a - b).map(([wave, own]) => ({ wave, servers: own }));
}

function groupBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

export interface Span extends Phase {
  /** ms since 1970. */
  from: number;
  to: number;
}

/** Phases with their ends; `now` ends the one that still lasts. */
export function spansOf({ phases, endedAt }: RolloutServer, now: number): Span[] {
  const end = endedAt === null ? now : Date.parse(endedAt);
  return phases.map((phase, index) => {
    const from = Date.parse(phase.at);
    const next = phases[index + 1];
    return { ...phase, from, to: Math.max(from, next === undefined ? end : Date.parse(next.at)) };
  });
}

/** Spans that follow each other in the same step, or the same status, as one. */
export function stretchesOf(spans: readonly Span[], by: 'step' | 'status'): Span[] {
  const stretches: Span[] = [];
  for (const span of spans) {
    const last = stretches.at(-1);
    if (last?.[by] === span[by]) stretches[stretches.length - 1] = { ...last, to: span.to };
    else stretches.push(span);
  }
  return stretches;
}

/** ms in which the server, or its product, was away: from being told to restart until it was being looked at again. */
export function downtimeOf(server: RolloutServer, now: number): number {
  return total(spansOf(server, now).filter(({ status }) => status === 'restarting'));
}

/** ms of work, the waiting left out. */
export function workTimeOf(server: RolloutServer, now: number): number {
  return total(spansOf(server, now).filter(({ status }) => status !== 'queued'));
}

/** ms of what a plan's expectation speaks of: its download does not count, unless there is nothing else. */
function expectedTimeOf(server: RolloutServer, action: Action, now: number): number {
  const counts = (status: ServerStatus): boolean =>
    status !== 'queued' && (status !== 'downloading' || action === 'download');
  return total(spansOf(server, now).filter(({ status }) => counts(status)));
}

const total = (spans: Span[]): number => spans.reduce((sum, { from, to }) => sum + (to - from), 0);

export interface Forecast {
  /** ms since 1970; null where it cannot be told. */
  endsAt: number | null;
  /** Why it cannot be told, or what it rests on. */
  note: string;
}

/**
 * When it will be over: each server is taken to last as long as those that are done, or as its plan expects by earlier rollouts.
 * Waves wait for each other, systems do not.
 */
export function forecast(view: RolloutView, now: number): Forecast {
  const acting = view.servers.filter(willAct);
  const open = acting.filter(({ outcome }) => outcome === null);
  if (view.finishedAt !== null || open.length === 0) return { endsAt: null, note: '' };
  if (view.asked !== null) return { endsAt: null, note: askedWords()[view.asked] };
  const waits = open.filter(
    ({ windowed, phases }) => windowed && phases.every(({ status }) => status === 'queued'),
  );
  if (waits.length > 0) return { endsAt: null, note: t('end waits for a maintenance window') };
  const done = acting.filter(({ outcome }) => outcome === 'done');
  const typical = typicalOf(view);
  const left = (server: RolloutServer): number =>
    typical === null
      ? (server.expected?.seconds ?? 0) * 1000 - expectedTimeOf(server, view.action, now)
      : typical - workTimeOf(server, now);
  if (typical === null && open.some(({ expected }) => expected === null || expected.basis === 'none'))
    return { endsAt: null, note: t('end known once the first server is done') };
  const ends = [...groupBy(open, ({ system }) => system)].map(([system, own]) => {
    const width = Math.max(1, view.parallel[system] ?? 1);
    const waves = [...groupBy(own, ({ wave }) => wave).values()];
    return waves.reduce((sum, servers) => sum + waveTime(servers.map(left), width), 0);
  });
  const note =
    done.length === 0
      ? t('as in earlier rollouts')
      : done.length === 1
        ? t('as the server before')
        : t('as the {0} servers before', done.length);
  return { endsAt: now + Math.max(...ends), note };
}

/** ms that the rest of a wave takes: those at work finish what is left of their time, the others follow in turn. */
function waveTime(times: readonly number[], width: number): number {
  const left = times.map((time) => Math.max(0, time)).sort((a, b) => a - b);
  const lanes = Array.from({ length: Math.min(width, left.length) }, () => 0);
  for (const time of left) {
    const next = lanes.indexOf(Math.min(...lanes));
    lanes[next] = (lanes[next] ?? 0) + time;
  }
  return Math.max(...lanes);
}

/** ms of work that a server of a rollout took that was done; null where none was. */
export function typicalOf(view: RolloutView): number | null {
  const end = Date.parse(view.finishedAt ?? view.startedAt);
  return median(
    view.servers.filter(({ outcome }) => outcome === 'done').map((server) => workTimeOf(server, end)),
  );
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
