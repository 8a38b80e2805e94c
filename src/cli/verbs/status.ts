import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Server } from '../../updater/fleet/model';
import type { ServerState } from '../../updater/rollout/state';
import type { ServerStatus } from '../../updater/rollout/events';
import type { Updater } from '../../updater/updater';
import { usage } from '../arguments';
import { withUpdater, type Context } from '../context';
import { exit, serverError, type ExitCode } from '../errors';
import { table, type Cell } from '../table';
import type { Style, Terminal } from '../terminal';

/** Asks the servers and shows what they say. */
export function status(context: Context): Promise<ExitCode> {
  const { terminal, args, interrupt, cwd } = context;
  return withUpdater(context, 'needed', async ({ updater, fleet, selected }) => {
    interrupt.means('Stopped asking the servers.');
    await refresh(updater, selected, terminal, interrupt.signal);
    if (interrupt.signal.aborted) return exit.interrupted;
    const states = selected.flatMap(({ id }) => updater.state().get(id) ?? []);
    if (args.factsOut !== undefined) await writeFacts(resolve(cwd, args.factsOut), states);
    if (terminal.json) terminal.document({ schema: 1, fleet: fleet.name, servers: states.map(document) });
    else show(terminal, states);
    return states.some((state) => state.status === 'unreachable') ? exit.failed : exit.done;
  });
}

/** Asks servers for their facts, with a count of the answers on a terminal. */
async function refresh(
  updater: Updater,
  servers: Server[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  let answered = 0;
  const draw = () => terminal.draw([`Asking the servers: ${answered} of ${servers.length} answered`]);
  const subscription = updater.events.on((event) => {
    if (event.type !== 'facts' && event.type !== 'unreachable' && event.type !== 'status') return;
    answered += 1;
    draw();
  });
  try {
    draw();
    await updater.refresh(servers, { signal });
  } finally {
    subscription.dispose();
    terminal.draw([]);
  }
}

/** A server of `status --json`: the fields of the contract in its order, then what else is known. */
function document(state: ServerState) {
  const { id, system, product, app, os, arch, status, version, loaded, rollback, reasons, error } = state;
  const { since, step, detail } = state;
  return {
    id,
    system,
    product,
    app,
    os,
    arch,
    status,
    version,
    loaded,
    rollback,
    reasons,
    error,
    since,
    step,
    detail,
  };
}

async function writeFacts(file: string, states: ServerState[]): Promise<void> {
  const facts = Object.fromEntries(states.flatMap(({ id, facts }) => (facts === null ? [] : [[id, facts]])));
  try {
    await writeFile(file, `${JSON.stringify(facts, null, 2)}\n`);
  } catch (cause) {
    throw usage(
      `--facts-out: ${file} cannot be written.`,
      cause instanceof Error ? cause.message : undefined,
    );
  }
}

function show(terminal: Terminal, states: ServerState[]): void {
  const rows = states.map((state) => {
    const style = styleOf(state.status);
    const shown: Cell = { text: state.status, ...(style === undefined ? {} : { style }) };
    return [state.id, state.system, state.version ?? '–', shown, remark(state)];
  });
  const paint = (style: Style, text: string) => terminal.paint(style, text);
  for (const line of table(['SERVER', 'SYSTEM', 'VERSION', 'STATUS', 'WHY, AND WHAT NEXT'], rows, paint))
    terminal.say(line);
}

/** Why the status is what it is, or what to do next. */
function remark(state: ServerState): string {
  if (state.error !== null) return serverError(state.error).join(' ');
  const blocking = state.reasons.find(({ severity }) => severity === 'block');
  if (blocking !== undefined) return `${blocking.rule}: ${blocking.message}`;
  return state.detail ?? next[state.status] ?? '';
}

const next: Partial<Record<ServerStatus, string>> = {
  'not-downloaded': 'vms-fleet download',
  loaded: 'vms-fleet install',
};

export function styleOf(status: ServerStatus): Style | undefined {
  switch (status) {
    case 'installed':
      return 'green';
    case 'failed':
    case 'rollback-failed':
    case 'unreachable':
    case 'unsupported':
      return 'red';
    case 'stalled':
      return 'yellow';
    case 'queued':
    case 'downloading':
    case 'installing':
    case 'restarting':
    case 'verifying':
    case 'rolling-back':
      return 'cyan';
    case 'unknown':
    case 'not-downloaded':
    case 'loaded':
      return undefined;
  }
}
