import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createUpdater } from '../../src/updater';
import type { Fleet, Server } from '../../src/updater/fleet/model';
import { parseFleet } from '../../src/updater/fleet/read';
import type { Action, Plan } from '../../src/updater/plan/plan';
import type { EventOf, EventType, FleetEvent } from '../../src/updater/rollout/events';
import type { ServerState } from '../../src/updater/rollout/state';
import type { RolloutResult, Updater } from '../../src/updater/updater';
import { BASIC_MEDIA, CORE, makeModule } from '../../demo/modules';
import type { Box, Lab } from '../lab/box';

/** One operator's workstation: a data folder, a fleet file, and the core on it. */
export class Operator {
  readonly events: FleetEvent[] = [];

  private constructor(
    readonly updater: Updater,
    readonly dataDir: string,
    readonly fleetFile: string,
  ) {
    updater.events.on((event) => {
      this.events.push(event);
      if (process.env.DEBUG_EVENTS) console.log(JSON.stringify(event).slice(0, 300));
    });
  }

  static async at(folder: string, fleet: Fleet, knownHosts: string): Promise<Operator> {
    const dataDir = join(folder, 'data');
    await mkdir(dataDir, { recursive: true });
    await writeFile(join(dataDir, 'known_hosts'), knownHosts);
    const updater = await createUpdater(fleet, {
      dataDir,
      home: join(folder, 'home'),
      env: {},
      prompts: {
        trustHostKey: () => Promise.resolve(false),
        secret: () => Promise.resolve(undefined),
      },
    });
    return new Operator(updater, dataDir, fleet.file);
  }

  server(id: string): Server {
    const server = this.updater.fleet.systems
      .flatMap((system) => system.servers)
      .find((one) => one.id === id);
    if (server === undefined) throw new Error(`no server ${id}`);
    return server;
  }

  async state(id: string): Promise<ServerState> {
    await this.updater.refresh([this.server(id)]);
    const state = this.updater.state().get(id);
    if (state === undefined) throw new Error(`no state of ${id}`);
    return state;
  }

  plan(action: Action, ids: string[], to: string | null = null): Promise<Plan> {
    return this.updater.plan({ action, servers: ids.map((id) => this.server(id)), to });
  }

  async act(
    action: Action,
    ids: string[],
    to: string | null = null,
    signal?: AbortSignal,
  ): Promise<RolloutResult> {
    const plan = await this.plan(action, ids, to);
    return this.updater.run(plan, { confirmed: true, ...(signal && { signal }) });
  }

  /** The next event that fits; for acting in the middle of something. One that never comes says what came instead. */
  next<T extends EventType>(type: T, fits: (event: EventOf<T>) => boolean): Promise<EventOf<T>> {
    const from = this.events.length;
    return new Promise((resolve, reject) => {
      const settle = () => {
        subscription.dispose();
        clearTimeout(timer);
      };
      const timer = setTimeout(() => {
        settle();
        const came = this.events.slice(from).slice(-20);
        reject(
          new Error(
            `no event ${type} came that fits:\n${came.map((event) => JSON.stringify(event)).join('\n')}`,
          ),
        );
      }, 100_000);
      const subscription = this.updater.events.on((event) => {
        if (event.type !== type || !fits(event as EventOf<T>)) return;
        settle();
        resolve(event as EventOf<T>);
      });
    });
  }

  statuses(id: string): string[] {
    const seen = this.events.flatMap((event) =>
      event.type === 'status' && event.server === id ? [event.status] : [],
    );
    return seen.filter((status, index) => status !== seen[index - 1]);
  }
}

export async function scratch(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'vms-fleet-targets-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** What the boxes of most tests run, and what they are to run. */
export const before = { [CORE]: '1.4.1', [BASIC_MEDIA]: '1.4.0' };
export const after = { [CORE]: '1.5.0', [BASIC_MEDIA]: '1.4.0' };

/** A repository with these; returns its folder. @param newBytes size of the core that is to be installed: time for something to happen */
export async function repositoryOf(folder: string, newBytes = 100_000): Promise<string> {
  const repository = join(folder, 'repository');
  await makeModule(repository, { module: CORE, version: before[CORE] ?? '', sizeBytes: 100_000 });
  await makeModule(repository, { module: CORE, version: after[CORE] ?? '', sizeBytes: newBytes });
  const dependsOn = [`${CORE}:${before[CORE]}`];
  await makeModule(repository, {
    ...{ module: BASIC_MEDIA, version: before[BASIC_MEDIA] ?? '', dependsOn, sizeBytes: 100_000 },
  });
  return repository;
}

export interface SystemRecipe {
  folder: string;
  lab: Lab;
  boxes: Record<string, Box | { box: Box; host: string; port: number }>;
  repository: string;
  modules: Record<string, string>;
  restart?: 'reboot' | 'service';
  /** Further fields of the system. */
  more?: Record<string, unknown>;
}

/** The fleet file of some boxes, written and read as a user's would be. */
export async function fleetOf(recipe: SystemRecipe): Promise<Fleet> {
  const { folder, lab, boxes, repository, modules, restart = 'reboot', more = {} } = recipe;
  const file = join(folder, 'lab.fleet.jsonc');
  const text = JSON.stringify(
    {
      name: 'Lab',
      systems: {
        boxes: {
          product: 'banalytics',
          user: 'root',
          identityFile: lab.identityFile,
          repository,
          restart,
          outOfBand: 'the console in the lab',
          health: { settleSeconds: 2, timeoutSeconds: 30 },
          modules,
          ...more,
          servers: Object.fromEntries(
            Object.entries(boxes).map(([id, place]) => {
              const { host, port } = 'box' in place ? place : { host: place.host, port: place.port };
              return [id, { host, port, environment: `env-${id}` }];
            }),
          ),
        },
      },
    },
    null,
    2,
  );
  await writeFile(file, text);
  const parsed = parseFleet(text, file);
  if (parsed.fleet === undefined)
    throw new Error(parsed.problems.map((problem) => problem.message).join('\n'));
  return parsed.fleet;
}

/** Lines for the known hosts of a workstation, for boxes reached directly and through a proxy. */
export function knownHosts(boxes: SystemRecipe['boxes']): string {
  return Object.values(boxes)
    .map((place) => {
      const box = 'box' in place ? place.box : place;
      const key = box.knownHostsLine.split(' ').slice(1).join(' ');
      const name = place.port === 22 ? place.host : `[${place.host}]:${place.port}`;
      return `${name} ${key}\n`;
    })
    .join('');
}
