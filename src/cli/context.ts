import { resolve } from 'node:path';
import { defaultDataDir } from '../updater/data-dir';
import { FleetError } from '../updater/errors';
import { servers as serversOf, type Fleet, type Server, type System } from '../updater/fleet/model';
import type { Updater } from '../updater/updater';
import { usage, type Arguments } from './arguments';
import type { Core } from './core';
import type { Interrupt } from './interrupt';
import { Questions } from './questions';
import { didYouMean } from './similar';
import type { Terminal } from './terminal';

/** What every verb works with. */
export interface Context {
  args: Arguments;
  terminal: Terminal;
  interrupt: Interrupt;
  questions: Questions;
  core: Core;
  cwd: string;
  dataDir: string;
}

/** A fleet file and the core over it; a fleet without servers where the verb can do without a file. */
export interface Opened {
  updater: Updater;
  fleet: Fleet;
  /** What `--server` and `--system` select; all without them. */
  selected: Server[];
  /** What `--system` names; none without it. */
  systems: System[];
}

export function makeContext(
  given: Pick<Context, 'args' | 'terminal' | 'interrupt' | 'core' | 'cwd'>,
): Context {
  const { args, terminal, interrupt } = given;
  const { env } = terminal.streams;
  const name = args.passwordEnv;
  const password = name === undefined ? undefined : env[name];
  if (name !== undefined && !password)
    throw usage(
      `--password-env: the variable ${name} is not set.`,
      'It names the variable, not the password.',
    );
  const questions = new Questions(terminal, {
    trustNewHostKeys: args.trustNewHostKeys,
    password,
    interrupted: () => interrupt.interrupt(),
  });
  return { ...given, questions, dataDir: defaultDataDir(env) };
}

/** Opens the fleet file and the core, runs the work, and closes the core whatever happens. */
export async function withUpdater<T>(
  context: Context,
  fleetFile: 'needed' | 'optional',
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const { core, terminal, args, questions, interrupt, dataDir } = context;
  const narrowed = args.servers.length + args.systems.length > 0;
  const file = await fleetFileOf(context, fleetFile === 'needed' || narrowed);
  const fleet =
    file === undefined ? { name: '', file: '', systems: [] } : await readFleet(core, terminal, file);
  const selected = select(fleet, args);
  // What the core hands to other programs holds no password.
  const env = { ...terminal.streams.env };
  if (args.passwordEnv !== undefined) delete env[args.passwordEnv];
  const updater = await core.createUpdater(fleet, {
    dataDir,
    prompts: questions,
    env,
    debug: (message) => {
      if (env.VMS_FLEET_DEBUG === '1') terminal.note(terminal.paint('dim', message));
    },
  });
  try {
    const systems = fleet.systems.filter(({ id }) => args.systems.includes(id));
    return await Promise.race([work({ updater, fleet, selected, systems }), interrupt.gone]);
  } finally {
    await updater.dispose();
  }
}

/** Absolute path of the fleet file named or found; undefined where it can be done without. */
async function fleetFileOf({ core, args, cwd }: Context, needed: boolean): Promise<string | undefined> {
  if (args.file !== undefined) return resolve(cwd, args.file);
  try {
    return await core.findFleetFile(cwd);
  } catch (error) {
    if (!needed && error instanceof FleetError && error.code === 'usage') return undefined;
    throw error;
  }
}

async function readFleet(core: Core, terminal: Terminal, file: string): Promise<Fleet> {
  const { fleet, problems } = await core.readFleet(file);
  for (const { line, column, message } of problems) terminal.note(`${file}:${line}:${column}: ${message}`);
  return fleet;
}

/** The servers named, and those of the systems named, each once, in the order of the fleet file. */
function select(fleet: Fleet, args: Arguments): Server[] {
  const all = serversOf(fleet);
  refuseUnknown(
    'server',
    args.servers,
    all.map(({ id }) => id),
  );
  refuseUnknown(
    'system',
    args.systems,
    fleet.systems.map(({ id }) => id),
  );
  if (args.servers.length + args.systems.length === 0) return all;
  return all.filter(({ id, system }) => args.servers.includes(id) || args.systems.includes(system));
}

function refuseUnknown(what: string, asked: readonly string[], known: readonly string[]): void {
  const unknown = asked.find((id) => !known.includes(id));
  if (unknown === undefined) return;
  const shown = known.slice(0, 20).join(', ') + (known.length > 20 ? ` … and ${known.length - 20} more` : '');
  const near = didYouMean(unknown, known);
  throw usage(
    `There is no ${what} "${unknown}" in the fleet file.`,
    `${near === undefined ? '' : `${near} `}The ${what}s are ${shown}.`,
  );
}
