import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterAll } from 'vitest';
import type { Core } from '../../../src/cli/core';
import { main } from '../../../src/cli/main';
import type { Input, Output } from '../../../src/cli/terminal';
import { FleetError } from '../../../src/updater/errors';
import { parseFleet } from '../../../src/updater/fleet/read';
import { openLibrary } from '../../../src/updater/packages/library';
import type { Plan, PlanServer } from '../../../src/updater/plan/plan';
import { EventStream, type FleetEvent, type NewEvent } from '../../../src/updater/rollout/events';
import { applyEvent, initialState } from '../../../src/updater/rollout/state';
import type { Check, RolloutSummary, Updater } from '../../../src/updater/updater';
import { factsOf } from '../samples';

const scratchFolders: string[] = [];
afterAll(() => scratchFolders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A new folder, gone when the test file is done. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vms-fleet-cli-'));
  scratchFolders.push(folder);
  return folder;
}

export const at = '2026-11-21T08:00:00.000Z';
export const sha = 'ab'.repeat(32);

export const facts = factsOf({
  installed: { version: '1.2.0' },
  loaded: [{ version: '1.4.2', sha256: sha }],
  history: ['1.0.0', '1.1.0', '1.2.0'],
});

export function planned(id: string, over: Partial<PlanServer> = {}): PlanServer {
  return {
    id,
    system: 'boxes',
    verdict: 'ready',
    from: '1.2.0',
    to: '1.4.2',
    path: ['1.4.2'],
    reasons: [],
    wave: 0,
    steps: [{ step: 'stop', service: 'banalytics-box.service' }, { step: 'restart' }],
    ...over,
  };
}

export const blockedReason = {
  rule: 'banalytics.registered',
  severity: 'block' as const,
  message: 'The environment has no registered identifier.',
};

/** What the core would do, decided by the test. */
export interface Script {
  fleetText?: string;
  refresh?: (emit: (event: NewEvent) => void) => void | Promise<void>;
  plan?: (facts: unknown) => PlanServer[];
  /** Resolves with the outcome of the rollout; events of it are stamped with its id. */
  run?: (
    emit: (event: NewEvent) => void,
    signal: AbortSignal | undefined,
  ) => Promise<'done' | 'failed' | 'cancelled'>;
  rollouts?: RolloutSummary[];
  journal?: FleetEvent[];
  checks?: Check[];
}

export interface Stage {
  stdin?: Input;
  tty?: { stdin?: boolean; stdout?: boolean; stderr?: boolean };
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** What stdout does with what is written; default: keeps it. */
  stdout?: Output;
  /** Called with the collected stderr after each write. */
  onStderr?: (text: string) => void;
}

export interface Played {
  code: number;
  stdout: string;
  stderr: string;
  calls: string[];
  left: boolean;
}

const fleetText = `{ "name": "Harbour", "systems": { "boxes": { "product": "banalytics", "home": "/opt/box",
  "repository": "repo", "modules": { "com.banalytics.box:core": "1.4.2" }, "servers": {
  "box-1": { "host": "10.0.0.1", "os": "linux", "environment": "e1" },
  "box-2": { "host": "10.0.0.2", "os": "linux", "environment": "e2" } } } } }`;

/** Runs a command line against a core that does what the script says, and collects all that it wrote. */
export async function play(
  argv: string[],
  script: Script = {},
  stage: Stage = {},
  signals = new EventEmitter(),
): Promise<Played> {
  const dataDir = scratch();
  const calls: string[] = [];
  let left = false;
  const [stdout, stderr] = [collector(), collector(stage.onStderr)];
  const stdin: Input = stage.stdin ?? new PassThrough();
  stdin.isTTY = stage.tty?.stdin ?? false;
  const out = Object.assign(stage.stdout ?? stdout.stream, { isTTY: stage.tty?.stdout ?? false });
  const err = Object.assign(stderr.stream, { isTTY: stage.tty?.stderr ?? false, columns: 80, rows: 24 });
  const code = await main(argv, {
    stdin,
    stdout: out,
    stderr: err,
    env: { VMS_FLEET_HOME: dataDir, ...stage.env },
    cwd: stage.cwd ?? dataDir,
    signals,
    leave: () => (left = true),
    loadCore: () => Promise.resolve(coreOf(script, calls)),
  });
  return { code, stdout: stdout.text(), stderr: stderr.text(), calls, left };
}

function coreOf(script: Script, calls: string[]): Core {
  return {
    findFleetFile: (folder) =>
      script.fleetText === ''
        ? Promise.reject(
            new FleetError('usage', `There is no fleet file in ${folder}.`, { hint: 'Name it.' }),
          )
        : Promise.resolve(join(folder, 'demo.fleet.jsonc')),
    readFleet: (path) => {
      const parsed = parseFleet(script.fleetText ?? fleetText, path);
      if (parsed.fleet === undefined)
        throw new FleetError('fleet.invalid', parsed.problems.map(({ message }) => message).join('\n'));
      return Promise.resolve(parsed);
    },
    createUpdater: (fleet, host) => {
      const events = new EventStream((error) => {
        throw error;
      });
      const states = initialState(fleet, at);
      const emit = (event: FleetEvent) => {
        for (const [id, state] of states) states.set(id, applyEvent(state, event));
        events.emit(event);
      };
      const stamped = (rollout?: string) => (event: NewEvent) =>
        emit({ at, ...(rollout === undefined ? {} : { rollout }), ...event });
      const unused = (name: string) => () => Promise.reject(new Error(`${name} was not expected`));
      const roll = async (id: string, signal: AbortSignal | undefined) => ({
        id,
        outcome: await (script.run ?? (() => Promise.resolve('done' as const)))(stamped(id), signal),
        failures: [],
        letGo: false,
      });
      const updater: Updater = {
        fleet,
        events,
        library: openLibrary(join(host.dataDir, 'packages')),
        state: () => states,
        setFleet: () => calls.push('setFleet'),
        refresh: async (servers) => {
          calls.push(`refresh ${servers?.map(({ id }) => id).join(' ')}`);
          await script.refresh?.(stamped());
        },
        plan: ({ action, servers, to, facts }) => {
          calls.push(`plan ${action} ${to ?? '-'} ${servers.map(({ id }) => id).join(' ')}`);
          const plan: Plan = {
            schema: 1,
            action,
            to,
            servers: (script.plan ?? (() => servers.map(({ id }) => planned(id))))(facts),
            parallel: { boxes: 2 },
          };
          return Promise.resolve(plan);
        },
        run: (plan, { confirmed, signal }) => {
          calls.push(`run ${plan.action} confirmed=${confirmed}`);
          return roll('r-1', signal);
        },
        followOthers: () => undefined,
        rollouts: () => Promise.resolve(script.rollouts ?? []),
        resume: (id, options) => {
          calls.push(`resume ${id}${options?.servers ? ` only ${options.servers.join(' ')}` : ''}`);
          return roll(id, options?.signal);
        },
        cancel: (id) => {
          calls.push(`cancel ${id}`);
          return Promise.resolve();
        },
        pause: (id) => Promise.resolve(void calls.push(`pause ${id}`)),
        proceed: (id) => Promise.resolve(void calls.push(`proceed ${id}`)),
        skip: (id, server, why) => Promise.resolve(void calls.push(`skip ${id} ${server} ${why}`)),
        probe: unused('probe'),
        sshArguments: unused('sshArguments'),
        doctor: () => Promise.resolve(script.checks ?? []),
        journal:
          script.journal === undefined ? unused('journal') : () => Promise.resolve(script.journal ?? []),
        dispose: () => {
          calls.push('dispose');
          return Promise.resolve();
        },
      };
      return Promise.resolve(updater);
    },
  };
}

function collector(listener?: (text: string) => void): { stream: Output; text: () => string } {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      listener?.(text);
      done();
    },
  });
  return { stream, text: () => text };
}
