import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { applyEdits, modify, parse } from 'jsonc-parser';
import { FleetError } from '../src/updater/errors';
import { DEMO_SYSTEMS, fleetFileText, type DemoSystemPlan } from './fleet-file';
import { makeDemoRepository, makeHome } from './modules';
import { processTable } from './processes';
import { DemoServer } from './server';
import { ensureKey, ensureRunFolder, findSshd, freePort, isFree } from './sshd';
import {
  makeWindowsFleet,
  startWindowsServer,
  windowsSystemLines,
  WINDOWS_SYSTEM,
  type WindowsFleetParts,
} from './windows/fleet';
import type { WindowsMachine } from './windows/machine';

export interface DemoOptions {
  /** Ids of the servers to bring up; default: all of the demo fleet. */
  servers?: string[];
  /** Systems and their servers; default: the demo fleet. */
  systems?: Record<string, DemoSystemPlan>;
  /** Seconds that a restart takes a server away; default 4. */
  downSeconds?: number;
  /** Windows-like servers too, where wine is installed; `cache` is a folder for what takes long to make. Default: none. */
  windows?: { cache: string };
  /** Seconds from a failure of the product to its next start; default 10, as in the unit. */
  restartSeconds?: number;
}

export interface Demo {
  dir: string;
  fleetFile: string;
  /** Data folder of the product, with `known_hosts` in it. */
  dataDir: string;
  knownHosts: string;
  identityFile: string;
  repository: string;
  servers: DemoServer[];
  /** Empty where they were not asked for, or cannot be. */
  windows: WindowsMachine[];
  /** Lines for people: what was left out, and what to install for it. */
  notes: string[];
  /** The server with this id. @throws if there is none. */
  server: (id: string) => DemoServer;
  /** Ends everything that the demo started. The folder stays. */
  stop: () => Promise<void>;
  /** As `stop`, at once and without waiting; for the end of the process. */
  kill: () => void;
}

interface State {
  /** Process id of the demo that runs in this folder; 0: none. */
  pid: number;
  /** Id of a server → its port. */
  ports: Record<string, number>;
}

const STATE = 'demo.json';

/** Brings the demo up in a folder, new or as it was left. Needs sshd and ssh-keygen on this computer. */
export async function startDemo(folder: string, options: DemoOptions = {}): Promise<Demo> {
  const dir = resolve(folder);
  const sshd = findSshd();
  await ensureRunFolder();
  const state = await open(dir);
  await save(dir, state);

  const systems = options.systems ?? DEMO_SYSTEMS;
  const plans = Object.values(systems)
    .flatMap((system) => Object.entries(system.servers))
    .filter(([id]) => options.servers?.includes(id) ?? true);
  const identityFile = join(dir, 'ssh', 'id_ed25519');
  const authorizedKeys = join(dir, 'ssh', 'authorized_keys');
  const repository = join(dir, 'repository');
  const dataDir = join(dir, 'data');
  const fleetFile = join(dir, 'demo.fleet.jsonc');
  const knownHosts = join(dataDir, 'known_hosts');
  const servers: DemoServer[] = [];
  const windows: WindowsMachine[] = [];
  const notes: string[] = [];

  const kill = () => {
    for (const server of [...servers, ...windows]) server.kill();
  };
  const stop = async () => {
    await Promise.all([...servers, ...windows].map((server) => server.stop()));
    await save(dir, { ...state, pid: 0 });
  };
  try {
    await writeFile(authorizedKeys, (await ensureKey(identityFile, 'vms-fleet-demo')) + '\n', {
      mode: 0o600,
    });
    await makeDemoRepository(repository);
    for (const [id] of plans) {
      const server = (port: number) =>
        new DemoServer({
          id,
          root: join(dir, 'servers', id),
          port,
          sshd,
          authorizedKeys,
          downMs: (options.downSeconds ?? 4) * 1000,
          restartMs: (options.restartSeconds ?? 10) * 1000,
        });
      servers.push(await onFreePort(id, state, server));
    }
    const windowsParts: WindowsFleetParts = {
      dir,
      cache: options.windows?.cache ?? dir,
      authorizedKeys,
      downMs: (options.downSeconds ?? 4) * 1000,
      portOf: (name) => portOf(name, state),
    };
    if (options.windows !== undefined)
      if (await hasOtherFleet(fleetFile))
        notes.push(`The fleet file is older than ${WINDOWS_SYSTEM}: start afresh for Windows-like servers.`);
      else {
        const { machines, missing } = await makeWindowsFleet(windowsParts);
        windows.push(...machines);
        if (missing !== undefined) notes.push(missing);
      }
    await save(dir, state);
    const hosts = await Promise.all([
      ...servers.map(async (server) => {
        await install(server, repository, plans.find(([id]) => id === server.id)?.[1].installed ?? {});
        return `[127.0.0.1]:${server.port} ${await server.prepare()}`;
      }),
      ...windows.map(async (machine) => `[127.0.0.1]:${machine.port} ${await machine.prepare()}`),
    ]);
    await addLines(knownHosts, hosts);
    if (existsSync(fleetFile)) await correctPorts(fleetFile, [...servers, ...windows]);
    else {
      const user = userInfo().username;
      const further = windows.length === 0 ? [] : [windowsSystemLines(windows, identityFile)];
      await writeFile(
        fleetFile,
        fleetFileText({ systems, servers, user, identityFile, repository, further }),
      );
    }
    await Promise.all([
      ...servers.map((server) => server.start()),
      ...windows.map((machine) => startWindowsServer(machine, windowsParts)),
    ]);
    await save(dir, state);
  } catch (error) {
    kill();
    await save(dir, { ...state, pid: 0 });
    throw error;
  }
  const server = (id: string) => {
    const found = servers.find((each) => each.id === id);
    if (!found) throw new Error(`The demo has no server "${id}".`);
    return found;
  };
  return {
    ...{ dir, fleetFile, dataDir, knownHosts, identityFile, repository },
    ...{ servers, windows, notes, server, stop, kill },
  };
}

/** Throws the whole demo of a folder away. Refuses a folder that is no demo's, and a demo that runs. */
export async function removeDemo(folder: string): Promise<void> {
  const dir = resolve(folder);
  if (!existsSync(dir)) return;
  await open(dir);
  await rm(dir, { recursive: true, force: true });
}

/** Reads the folder's state, with this process as its owner; makes the folder if there is none. */
async function open(dir: string): Promise<State> {
  await mkdir(dir, { recursive: true });
  const file = join(dir, STATE);
  const found = existsSync(file);
  if (!found && (await readdir(dir)).length > 0)
    throw new FleetError('usage', `${dir} is not empty and holds no demo.`, {
      hint: 'Give a new or an empty folder.',
    });
  const { pid, ports } = found ? (JSON.parse(await readFile(file, 'utf8')) as State) : { pid: 0, ports: {} };
  // After a crash the id may belong to some other program by now.
  const runs = processTable().some((each) => each.pid === pid && each.command.includes('node'));
  if (runs && pid !== process.pid)
    throw new FleetError('usage', `A demo already runs in ${dir} (process ${pid}).`, {
      hint: 'End it first, or give another folder.',
    });
  return { pid: process.pid, ports };
}

async function save(dir: string, state: State): Promise<void> {
  const file = join(dir, STATE);
  await writeFile(`${file}.part`, JSON.stringify(state, null, 2) + '\n');
  await rename(`${file}.part`, file);
}

/** The server on the port it had, or on another one if somebody else took that. */
async function onFreePort(id: string, state: State, make: (port: number) => DemoServer): Promise<DemoServer> {
  const taken = new Set(Object.values(state.ports));
  const server = make((state.ports[id] ??= await freePort(taken)));
  server.kill(); // what a demo that crashed left behind holds the port
  if (await isFree(server.port)) return server;
  return make((state.ports[id] = await freePort(taken)));
}

/** The port of this name as before, or another one if somebody else took that. */
async function portOf(name: string, state: State): Promise<number> {
  const before = state.ports[name];
  if (before !== undefined && (await isFree(before))) return before;
  return (state.ports[name] = await freePort(new Set(Object.values(state.ports))));
}

/** A fleet file of a demo that had no Windows-like servers; it is the person's, nothing is added to it. */
async function hasOtherFleet(file: string): Promise<boolean> {
  return existsSync(file) && !(await readFile(file, 'utf8')).includes(`"${WINDOWS_SYSTEM}"`);
}

async function install(
  server: DemoServer,
  repository: string,
  modules: Record<string, string>,
): Promise<void> {
  if (existsSync(server.home)) return;
  const part = `${server.home}.part`;
  await rm(part, { recursive: true, force: true });
  await makeHome(part, { repository, modules });
  await rename(part, server.home);
}

async function addLines(file: string, lines: string[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const before = existsSync(file) ? await readFile(file, 'utf8') : '';
  const missing = lines.filter((line) => !before.split('\n').includes(line));
  await writeFile(file, before + missing.map((line) => line + '\n').join(''));
}

/** The file is the user's: nothing but a port that had to change is touched. */
async function correctPorts(file: string, servers: { id: string; port: number }[]): Promise<void> {
  let text = await readFile(file, 'utf8');
  const fleet = parse(text) as { systems?: Record<string, { servers?: Record<string, { port?: number }> }> };
  for (const [systemId, system] of Object.entries(fleet.systems ?? {}))
    for (const { id, port } of servers) {
      const entry = system.servers?.[id];
      if (!entry || entry.port === port) continue;
      text = applyEdits(text, modify(text, ['systems', systemId, 'servers', id, 'port'], port, {}));
    }
  await writeFile(file, text);
}
