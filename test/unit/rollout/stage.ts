import { FleetError } from '../../../src/updater/errors';
import { servers, type Fleet } from '../../../src/updater/fleet/model';
import type { Library } from '../../../src/updater/packages/library';
import type { Plan } from '../../../src/updater/plan/plan';
import type { Control } from '../../../src/updater/rollout/control';
import type { FleetEvent } from '../../../src/updater/rollout/events';
import type { Journal } from '../../../src/updater/rollout/journal';
import { carryOut, type Before, type Crew, type Ended } from '../../../src/updater/rollout/rollout';
import type { Supplies } from '../../../src/updater/rollout/supply';
import type { Waits, WorkContext, WorkResult } from '../../../src/updater/rollout/work';
import type { Links } from '../../../src/updater/targets/link';
import { Clock } from './clock';

export const minute = 60_000;
export const done: WorkResult = { outcome: 'done', status: 'installed', error: null };
export const failed = (server: string): WorkResult => ({
  outcome: 'failed',
  status: 'failed',
  error: new FleetError('job.failed', `${server} failed.`, { server }),
});

export interface Happening {
  server: string;
  what: 'begin' | 'end' | 'look' | 'roll-back';
  /** Minutes since the start. */
  at: number;
}

export interface Script {
  start?: string;
  resumed?: boolean;
  before?: Before;
  control?: Control;
  cancel?: AbortController;
  detach?: AbortController;
  /** Minutes that a server's part takes; 10 by default. */
  takes?: (server: string) => number;
  /** How a server's part ends; well by default. */
  work?: (own: WorkContext) => WorkResult | Waits | Promise<WorkResult | Waits>;
  /** What is wrong with a server that is looked at; nothing by default. */
  look?: (server: string, minutes: number, arming?: string) => FleetError | null;
  rollBack?: (server: string, failure: WorkResult, unseen: boolean) => WorkResult;
  /** Turns of the event loop's smallest wheel that a line takes to the disk. */
  journalTakes?: number;
  onEvent?: (event: FleetEvent, minutes: number) => void;
  /** Something done at a moment (minutes since the start). */
  at?: [minutes: number, act: () => void][];
}

export interface Played {
  ended: Ended;
  events: FleetEvent[];
  happened: Happening[];
  /** "s-0@0": when each server's part began. */
  begun: string[];
  outcomes: Record<string, string>;
  /** What a server was told that it waits for. */
  told: (server: string) => (string | null)[];
  /** Minutes until the rollout had ended. */
  minutes: number;
}

/** A rollout over servers that a test plays, on a clock that passes only while somebody waits. */
export async function play(fleet: Fleet, plan: Plan, script: Script = {}): Promise<Played> {
  const start = Date.parse(script.start ?? '2026-11-21T08:00:00Z');
  const clock = new Clock(start);
  const since = (): number => (clock.now().getTime() - start) / minute;
  const events: FleetEvent[] = [];
  const happened: Happening[] = [];
  const note = (server: string, what: Happening['what']): void =>
    void happened.push({ server, what, at: since() });
  const takes = script.takes ?? (() => 10);
  const crew: Crew = {
    work: async (own) => {
      const { id } = own.server;
      note(id, 'begin');
      await clock.sleep(takes(id) * minute);
      note(id, 'end');
      return script.work === undefined ? done : script.work(own);
    },
    look: async ({ server, signal, arming }) => {
      note(server.id, 'look');
      await clock.sleep(1);
      signal.throwIfAborted();
      const wrong = script.look?.(server.id, since(), arming) ?? null;
      return { wrong, facts: null };
    },
    rollBack: async ({ server }, failure, unseen) => {
      note(server.id, 'roll-back');
      await clock.sleep(takes(server.id) * minute);
      return script.rollBack?.(server.id, failure, unseen) ?? failure;
    },
  };
  for (const [minutes, act] of script.at ?? [])
    void clock.sleep(minutes * minute).then(() => {
      act();
    });
  let over = false;
  const rollout = carryOut(
    {
      id: 'r',
      fleet,
      plan,
      by: 'tester@desk',
      resumed: script.resumed ?? false,
      links: {} as Links,
      library: {} as Library,
      supplies: {} as Supplies,
      // One on a disk takes real time, in which this clock would run on.
      journal: { append: () => moments(script.journalTakes ?? 0) } as unknown as Journal,
      emit: (event) => {
        events.push(event);
        script.onEvent?.(event, since());
      },
      now: clock.now,
      sleep: clock.sleep,
      cancel: (script.cancel ?? new AbortController()).signal,
      detach: (script.detach ?? new AbortController()).signal,
      ...(script.control && { control: script.control }),
      ...(script.before && { before: script.before }),
    },
    crew,
  ).finally(() => (over = true));
  await Promise.all([rollout, clock.run(() => over)]);
  return {
    ended: await rollout,
    events,
    happened,
    begun: happened.flatMap(({ server, what, at }) => (what === 'begin' ? [`${server}@${at}`] : [])),
    outcomes: Object.fromEntries(
      events.flatMap((event) => (event.type === 'server-finished' ? [[event.server, event.outcome]] : [])),
    ),
    told: (server) =>
      events.flatMap((event) =>
        event.type === 'status' && event.server === server && event.status === 'queued' ? [event.detail] : [],
      ),
    minutes: since(),
  };
}

export async function moments(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve();
}

/** The fleet with fields of single servers set: `{ 's-1': { site: 'pier' } }`. */
export function withServers(fleet: Fleet, fields: Record<string, object>): Fleet {
  for (const server of servers(fleet)) Object.assign(server, fields[server.id] ?? {});
  return fleet;
}
