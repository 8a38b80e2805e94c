import { mkdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { FleetError } from '../../updater/errors';
import type { Check } from '../../updater/updater';
import { withUpdater, type Context } from '../context';
import { exit, exitCodeOf, type ExitCode } from '../errors';

/** Oldest Node that the bundle is built for. */
const NODE = 20;
/** ms for the agent to take a connection. */
const AGENT_DEADLINE = 2_000;

/** Checks this workstation, then the servers. Exit 1 if something is not as it must be. */
export async function doctor(context: Context): Promise<ExitCode> {
  const { terminal, interrupt } = context;
  interrupt.means('Stopped checking.');
  const checks = await localChecks(context);
  checks.push(...(await fleetChecks(context)));
  if (terminal.json) terminal.document({ schema: 1, checks });
  else {
    for (const { server, name, ok, message, hint } of checks) {
      const mark = ok ? terminal.paint('green', 'ok  ') : terminal.paint('red', 'FAIL');
      terminal.say(`${mark}  ${server === null ? '' : `${server}: `}${name}: ${message}`);
      if (!ok && hint !== null) terminal.say(`      ${hint}`);
    }
  }
  return checks.every(({ ok }) => ok) ? exit.done : exit.failed;
}

/** What the core finds out about servers; a fleet file that cannot be used is a finding too. */
async function fleetChecks(context: Context): Promise<Check[]> {
  const { signal } = context.interrupt;
  try {
    return await withUpdater(context, 'needed', ({ updater, selected }) =>
      updater.doctor(selected, { signal }),
    );
  } catch (error) {
    const named =
      context.args.file !== undefined || context.args.servers.length + context.args.systems.length > 0;
    if (named || !(error instanceof FleetError) || exitCodeOf(error) !== exit.usage) throw error;
    return [check('fleet file', false, error.message, error.hint)];
  }
}

async function localChecks({ terminal, dataDir }: Context): Promise<Check[]> {
  return [
    check(
      'Node',
      Number(process.versions.node.split('.')[0]) >= NODE,
      `Version ${process.versions.node}.`,
      `Install Node ${NODE} or newer.`,
    ),
    await writable(dataDir),
    await agent(terminal.streams.env),
  ];
}

async function writable(dataDir: string): Promise<Check> {
  const probe = join(dataDir, `.probe-${process.pid}`);
  try {
    await mkdir(dataDir, { recursive: true });
    await writeFile(probe, '');
    await rm(probe);
    return check('data folder', true, `${dataDir} can be written.`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return check(
      'data folder',
      false,
      `${dataDir} cannot be written: ${why}`,
      'Make it writable, or name another one in VMS_FLEET_HOME.',
    );
  }
}

async function agent(env: NodeJS.ProcessEnv): Promise<Check> {
  const path =
    env.SSH_AUTH_SOCK ?? (process.platform === 'win32' ? '\\\\.\\pipe\\openssh-ssh-agent' : undefined);
  if (path === undefined)
    return check('SSH agent', true, 'None is set (SSH_AUTH_SOCK); keys are read from files.');
  const problem = await new Promise<string | undefined>((resolve) => {
    const socket = connect(path);
    const end = (why: string | undefined) => {
      socket.destroy();
      resolve(why);
    };
    socket.setTimeout(AGENT_DEADLINE, () => end('it does not answer'));
    socket.once('connect', () => end(undefined));
    socket.once('error', (error) => end(error.message));
  });
  if (problem === undefined) return check('SSH agent', true, `It answers at ${path}.`);
  // Windows' own agent is off by default; only a named one is missed.
  if (env.SSH_AUTH_SOCK === undefined)
    return check('SSH agent', true, 'None runs; keys are read from files.');
  return check(
    'SSH agent',
    false,
    `${path}: ${problem}.`,
    'Start the agent (ssh-agent), or unset SSH_AUTH_SOCK.',
  );
}

function check(name: string, ok: boolean, message: string, hint?: string): Check {
  return { server: null, name, ok, message, hint: ok ? null : (hint ?? null) };
}
